package io.pilothouse.tasks.fetch;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/** Unpacks a tar archive: ustar, pax and GNU's long names. Only files, directories and links. */
public final class TarReader {
  /** What pax says of one member with all its attributes, in bytes. */
  private static final int MOST_EXTENDED = 256 << 10;

  /** PATH_MAX: no longer name can be opened. */
  private static final int LONGEST_NAME = 4096;

  /** What is read of pax; nothing else is kept in memory. */
  private static final Set<String> READ = Set.of("path", "linkpath", "size", "uid", "gid", "mtime");

  /** Instead of all keys that begin so: a file with holes. */
  private static final String SPARSE = "GNU.sparse.";

  private static final int LONGEST_KEY = 100;

  private final InputStream in;
  private final TarMembers to;
  private final Budget budget;

  /** What pax says of all members from now on, and of the next. */
  private final Map<String, String> all = new TreeMap<>();

  private final Map<String, String> next = new TreeMap<>();

  /**
   * Reads one.
   *
   * @param in is not closed
   */
  public TarReader(InputStream in, TarMembers to, Budget budget) {
    this.in = in;
    this.to = to;
    this.budget = budget;
  }

  /** Hands on all members, and reads to the end. */
  public void unpack() throws IOException {
    for (Optional<TarHeader> each = header(); each.isPresent(); each = header()) {
      member(each.get());
    }
    in.transferTo(OutputStream.nullOutputStream()); // whoever decompresses looks at its checksum
  }

  /** Empty at the end. */
  private Optional<TarHeader> header() throws IOException {
    byte[] block = in.readNBytes(TarHeader.LENGTH);
    if (block.length == 0) {
      return Optional.empty();
    }
    if (block.length < TarHeader.LENGTH) {
      throw new EOFException("it ends in the middle");
    }
    boolean zero = true;
    for (byte each : block) {
      zero &= each == 0;
    }
    return zero ? Optional.empty() : Optional.of(TarHeader.of(block));
  }

  private void member(TarHeader header) throws IOException {
    if ("xgLK".indexOf(header.type()) >= 0) {
      budget.header();
    }
    switch (header.type()) {
      case 'x' -> pax(extended(header), next);
      case 'g' -> pax(extended(header), all);
      case 'L' -> next.put("path", longName(header));
      case 'K' -> next.put("linkpath", longName(header));
      default -> {
        budget.member();
        unpack(header);
        next.clear();
      }
    }
  }

  private String said(String key, String otherwise) {
    return next.getOrDefault(key, all.getOrDefault(key, otherwise));
  }

  private void unpack(TarHeader header) throws IOException {
    String name = said("path", header.name());
    if (!said(SPARSE, "").isEmpty() || header.type() == 'S') {
      throw sparse(name);
    }
    long size = size(header);
    TarMember member =
        new TarMember(
            name,
            said("linkpath", header.target()),
            header.mode(),
            (int) number("uid", header.uid()),
            (int) number("gid", header.gid()),
            number("mtime", header.seconds()));
    switch (header.type()) {
      case '0' -> {
        to.file(member, new Member(size));
        pad(size);
      }
      case '5' -> {
        to.directory(member);
        skip(size);
      }
      case '2' -> to.link(member);
      case '1' -> to.hardLink(member);
      case '3', '4', '6' -> to.special(member);
      default ->
          throw new FetchException(
              "it holds \"%s\" of a kind (%s) that is not known here"
                  .formatted(name, Integer.toHexString(header.type())));
    }
  }

  /** Of an id or a time, whose fraction is left out. */
  private long number(String key, long otherwise) throws FetchException {
    String text = said(key, "");
    int dot = text.indexOf('.');
    try {
      return text.isEmpty()
          ? otherwise
          : Long.parseLong(dot < 0 ? text : text.substring(0, Math.max(1, dot)));
    } catch (NumberFormatException e) {
      throw new FetchException("it is a damaged tar archive: %s is \"%s\"".formatted(key, text));
    }
  }

  private static FetchException sparse(String name) {
    return new FetchException(
        "it holds \"%s\" with holes (sparse): pack it without --sparse".formatted(name));
  }

  private long size(TarHeader header) throws FetchException {
    String text = said("size", "");
    try {
      long size = text.isEmpty() ? header.size() : Long.parseLong(text);
      if (size >= 0) {
        return size;
      }
    } catch (NumberFormatException e) {
      // said below
    }
    throw new FetchException("it is a damaged tar archive: a size is \"%s\"".formatted(text));
  }

  private byte[] extended(TarHeader header) throws IOException {
    if (header.size() > MOST_EXTENDED) {
      throw new FetchException(
          "it holds a header of %d bytes, and %d are the most: pack it without --xattrs"
              .formatted(header.size(), MOST_EXTENDED));
    }
    byte[] bytes = in.readNBytes((int) header.size());
    if (bytes.length < header.size()) {
      throw new EOFException("it ends in the middle");
    }
    pad(header.size());
    return bytes;
  }

  private String longName(TarHeader header) throws IOException {
    if (header.size() > LONGEST_NAME + 1) {
      throw tooLong();
    }
    String text = new String(extended(header), StandardCharsets.UTF_8);
    int end = text.indexOf('\0');
    return end < 0 ? text : text.substring(0, end);
  }

  private static FetchException tooLong() {
    return new FetchException(
        "it holds a name of more than %d bytes, which no file can have".formatted(LONGEST_NAME));
  }

  /** Records of {@code LENGTH KEY=VALUE\n}, where the length is that of all the record. */
  private static void pax(byte[] records, Map<String, String> to) throws FetchException {
    int at = 0;
    while (at < records.length) {
      int space = at;
      while (space < records.length && records[space] != ' ') {
        space++;
      }
      int length = length(new String(records, at, space - at, StandardCharsets.US_ASCII));
      int end = at + length;
      if (length <= space - at + 1 || length > records.length - at) {
        throw new FetchException("it is a damaged tar archive: a record is too long");
      }
      int equals = space + 1;
      while (equals < end - 1 && records[equals] != '=') {
        equals++;
      }
      if (equals < end - 1) {
        keep(records, space + 1, equals, end - 1, to);
      }
      at = end;
    }
  }

  private static void keep(byte[] from, int key, int equals, int end, Map<String, String> to)
      throws FetchException {
    if (equals - key > LONGEST_KEY) {
      return;
    }
    String name = new String(from, key, equals - key, StandardCharsets.UTF_8);
    if (name.startsWith(SPARSE)) {
      to.put(SPARSE, "yes");
    } else if (READ.contains(name)) {
      if (end - equals - 1 > LONGEST_NAME) {
        throw tooLong();
      }
      to.put(name, new String(from, equals + 1, end - equals - 1, StandardCharsets.UTF_8));
    }
  }

  private static int length(String digits) {
    try {
      return Integer.parseInt(digits);
    } catch (NumberFormatException e) {
      return 0;
    }
  }

  private void pad(long size) throws IOException {
    long over = size % TarHeader.LENGTH;
    skip(over == 0 ? 0 : TarHeader.LENGTH - over);
  }

  private void skip(long count) throws IOException {
    try {
      in.skipNBytes(count);
    } catch (EOFException e) {
      throw new EOFException("it ends in the middle");
    }
  }

  /** The bytes of one member. */
  private final class Member extends InputStream {
    private long left;

    Member(long size) {
      this.left = size;
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] to, int offset, int length) throws IOException {
      if (left == 0) {
        return -1;
      }
      int read = in.read(to, offset, (int) Math.min(left, length));
      if (read < 0) {
        throw new EOFException("it ends in the middle");
      }
      left -= read;
      return read;
    }

    @Override
    public long skip(long count) throws IOException {
      long skipped = in.skip(Math.min(left, count));
      left -= skipped;
      return skipped;
    }
  }
}
