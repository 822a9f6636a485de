package io.pilothouse.tasks.oci;

import io.pilothouse.tasks.fetch.Budget;
import io.pilothouse.tasks.fetch.TarMember;
import io.pilothouse.tasks.fetch.TarMembers;
import io.pilothouse.tasks.fetch.TarReader;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * A tar archive that is not compressed: where each of its files begins is looked up once, and none
 * is copied. It stays open, so that what was looked up is of the file that is read.
 */
final class TarContents implements Contents {
  /** An image has some hundred layers at most, each in a few files. */
  private static final int MOST_FILES = 10_000;

  /** Characters of all their names: they are held in memory, and an agent has little. */
  private static final long LONGEST_NAMES = 1 << 20;

  /** As docker save writes one layer of two images: a link to the other's. */
  private static final int MOST_LINKS = 8;

  private record Place(long at, long size) {}

  private final Path source;
  private final FileChannel channel;
  private final Map<String, Place> files = new HashMap<>();
  private final Map<String, String> links = new HashMap<>();

  /**
   * Opens one.
   *
   * @param source what it is called
   * @param file that is read, the same or what was decompressed of it
   */
  TarContents(Path source, Path file) throws IOException {
    this.source = source;
    this.channel = FileChannel.open(file, StandardOpenOption.READ);
    boolean opened = false;
    try {
      Window all = new Window(0, channel.size());
      new TarReader(all, new Index(all), new Budget(Long.MAX_VALUE, MOST_FILES)).unpack();
      opened = true;
    } catch (EOFException e) {
      throw new ImageException("it is damaged: " + e.getMessage());
    } finally {
      if (!opened) {
        channel.close();
      }
    }
  }

  /** Without what leads nowhere; never above the archive. */
  private static String plain(String name) {
    Deque<String> parts = new ArrayDeque<>();
    for (String each : name.split("/", -1)) {
      if (each.equals("..")) {
        parts.pollLast();
      } else if (!each.isEmpty() && !each.equals(".")) {
        parts.addLast(each);
      }
    }
    return String.join("/", parts);
  }

  /** Notes where the content of each is. */
  private final class Index implements TarMembers {
    private final Window all;
    private long names;

    Index(Window all) {
      this.all = all;
    }

    private void count(TarMember member) throws ImageException {
      names += member.name().length() + member.target().length();
      if (names > LONGEST_NAMES) {
        throw new ImageException(
            "its files have names of more than %d characters together, which is the most"
                .formatted(LONGEST_NAMES));
      }
    }

    @Override
    public void file(TarMember member, InputStream content) throws IOException {
      count(member);
      long at = all.at;
      while (content.skip(Long.MAX_VALUE) > 0) {
        // jumps to its end
      }
      files.put(plain(member.name()), new Place(at, all.at - at));
    }

    @Override
    public void directory(TarMember member) {
      // only files are asked for
    }

    @Override
    public void link(TarMember member) throws IOException {
      count(member);
      String target = member.target();
      links.put(
          plain(member.name()),
          plain(target.startsWith("/") ? target : member.name() + "/../" + target));
    }

    @Override
    public void hardLink(TarMember member) throws IOException {
      count(member);
      links.put(plain(member.name()), plain(member.target()));
    }

    @Override
    public void special(TarMember member) {
      // nobody will ask for it
    }
  }

  private Optional<Place> place(String name) {
    String at = plain(name);
    for (int i = 0; i < MOST_LINKS && links.containsKey(at); i++) {
      at = links.getOrDefault(at, "");
    }
    return Optional.ofNullable(files.get(at));
  }

  @Override
  public Path source() {
    return source;
  }

  @Override
  public boolean has(String name) {
    return place(name).isPresent();
  }

  @Override
  public InputStream open(String name) throws IOException {
    Place place = place(name).orElseThrow(() -> Contents.missing(name));
    return new Window(place.at(), place.at() + place.size());
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }

  /** A part of the file. */
  private final class Window extends InputStream {
    private long at;
    private final long end;

    Window(long at, long end) {
      this.at = at;
      this.end = end;
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] to, int offset, int length) throws IOException {
      if (length == 0) {
        return 0;
      }
      if (at >= end) {
        return -1;
      }
      int read = channel.read(ByteBuffer.wrap(to, offset, (int) Math.min(length, end - at)), at);
      at += Math.max(0, read);
      return read;
    }

    @Override
    public long skip(long count) {
      long skipped = Math.max(0, Math.min(count, end - at));
      at += skipped;
      return skipped;
    }
  }
}
