package io.pilothouse.filesync;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The files of a directory and the chunks they are made of. Its canonical JSON bytes are the wire
 * and disk format; their SHA-256 is the content's digest, so whoever knows the digest can verify
 * everything below it.
 *
 * @param format of the JSON
 * @param entries sorted by path, name by name: what is in a directory follows the directory
 */
public record ContentIndex(int format, List<Entry> entries) {
  /** Format number that is written; all up to it are read. */
  public static final int FORMAT = 2;

  /** Files of format 1 are cut into chunks of this many bytes; no chunk is larger. */
  public static final int LARGEST_CHUNK = 1 << 20;

  /** Longest JSON that is read; the index of a million files has some 130 MiB. */
  public static final int MOST_BYTES = 512 << 20;

  /** A file or a symbolic link. */
  public sealed interface Entry permits FileEntry, LinkEntry {
    /** Relative, with {@code /} between names. */
    String path();
  }

  /**
   * A regular file.
   *
   * @param mode permission bits, at most 0777
   * @param size bytes
   */
  public record FileEntry(String path, int mode, long size, List<Chunk> chunks) implements Entry {

    public FileEntry {
      chunks = Chunks.compact(chunks);
    }
  }

  /** A symbolic link; its target stays inside the directory. */
  public record LinkEntry(String path, String target) implements Entry {}

  /** A piece of a file: its hash and its size in bytes. */
  public record Chunk(String sha256, int size) {}

  /** Sorts. Only {@link #parse} and {@link Packer} check. */
  public ContentIndex {
    entries = entries.stream().sorted(order(format)).toList();
  }

  /** Of the newest format. */
  public ContentIndex(List<Entry> entries) {
    this(FORMAT, entries);
  }

  /**
   * In format 2 a slash comes before all other characters. So all that is in a directory follows
   * its name, and a reader needs the entry before to see that a file is no directory.
   */
  static Comparator<Entry> order(int format) {
    return format == 1
        ? Comparator.comparing(Entry::path)
        : (one, other) -> comparePaths(one.path(), other.path());
  }

  static int comparePaths(String one, String other) {
    int common = Math.min(one.length(), other.length());
    for (int i = 0; i < common; i++) {
      char a = one.charAt(i);
      char b = other.charAt(i);
      if (a != b) {
        return Character.compare(a == '/' ? 0 : a, b == '/' ? 0 : b);
      }
    }
    return Integer.compare(one.length(), other.length());
  }

  /** Regular files only. */
  public List<FileEntry> files() {
    return entries.stream().filter(FileEntry.class::isInstance).map(FileEntry.class::cast).toList();
  }

  /** Sum of all files' sizes, in bytes. */
  public long bytes() {
    return files().stream().mapToLong(FileEntry::size).sum();
  }

  /** Every chunk once, in order of first use. */
  public List<Chunk> chunks() {
    Map<String, Chunk> chunks = new LinkedHashMap<>();
    files().forEach(file -> file.chunks().forEach(each -> chunks.putIfAbsent(each.sha256(), each)));
    return List.copyOf(chunks.values());
  }

  /** SHA-256 of {@link #toBytes}. */
  public String digest() {
    return Sha256.hex(toBytes());
  }

  /** The canonical JSON: no white space, keys and entries in a fixed order. */
  public byte[] toBytes() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (IndexWriter writer = new IndexWriter(bytes, format)) {
      for (Entry entry : entries) {
        writer.write(entry);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("writing to memory", e);
    }
    return bytes.toByteArray();
  }

  /** Reads an index and refuses whatever is not exactly the canonical form of a sound one. */
  public static ContentIndex parse(byte[] bytes) throws ContentException {
    if (bytes.length > MOST_BYTES) {
      throw new ContentException(
          "an index of %d bytes; expected at most %d".formatted(bytes.length, MOST_BYTES));
    }
    List<Entry> entries = new ArrayList<>();
    int format;
    try (IndexReader reader = new IndexReader(new ByteArrayInputStream(bytes))) {
      format = reader.format();
      IndexCheck check = new IndexCheck(format);
      for (Entry entry = reader.next(); entry != null; entry = reader.next()) {
        check.entry(entry);
        entries.add(entry);
      }
    } catch (ContentException e) {
      throw e;
    } catch (IOException e) {
      throw new ContentException("not a content index: " + e.getMessage(), e);
    }
    ContentIndex index = new ContentIndex(format, entries);
    if (!Arrays.equals(index.toBytes(), bytes)) {
      throw notCanonical();
    }
    return index;
  }

  /** The digest of what was read would be another than that of what was sent. */
  static ContentException notCanonical() {
    return new ContentException(
        "not a canonical content index: entries must be sorted by path, without white space");
  }
}
