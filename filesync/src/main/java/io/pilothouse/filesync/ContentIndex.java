package io.pilothouse.filesync;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
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
 * @param entries sorted by path
 */
public record ContentIndex(List<Entry> entries) {
  /** Format number in the JSON; readers refuse others. */
  public static final int FORMAT = 1;

  /** Files are cut into chunks of this many bytes; the last one of a file is shorter. */
  public static final int CHUNK = 1 << 20;

  /** Longest JSON that is read. */
  public static final int MOST_BYTES = 64 << 20;

  private static final JsonFactory JSON = new JsonFactory();

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
      chunks = List.copyOf(chunks);
    }
  }

  /** A symbolic link; its target stays inside the directory. */
  public record LinkEntry(String path, String target) implements Entry {}

  /** A piece of a file: its hash and its size in bytes. */
  public record Chunk(String sha256, int size) {}

  /** Sorts. Only {@link #parse} and {@link Packer} check. */
  public ContentIndex {
    entries = entries.stream().sorted(Comparator.comparing(Entry::path)).toList();
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
    try (JsonGenerator json = JSON.createGenerator(bytes)) {
      json.writeStartObject();
      json.writeNumberField("format", FORMAT);
      json.writeArrayFieldStart("files");
      for (Entry entry : entries) {
        write(json, entry);
      }
      json.writeEndArray();
      json.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException("writing to memory", e);
    }
    return bytes.toByteArray();
  }

  private static void write(JsonGenerator json, Entry entry) throws IOException {
    json.writeStartObject();
    json.writeStringField("path", entry.path());
    switch (entry) {
      case LinkEntry link -> json.writeStringField("link", link.target());
      case FileEntry file -> {
        json.writeStringField("mode", Integer.toOctalString(file.mode()));
        json.writeNumberField("size", file.size());
        json.writeArrayFieldStart("chunks");
        for (Chunk chunk : file.chunks()) {
          json.writeStartObject();
          json.writeStringField("sha256", chunk.sha256());
          json.writeNumberField("size", chunk.size());
          json.writeEndObject();
        }
        json.writeEndArray();
      }
    }
    json.writeEndObject();
  }

  /** Reads an index and refuses whatever is not exactly the canonical form of a sound one. */
  public static ContentIndex parse(byte[] bytes) throws ContentException {
    if (bytes.length > MOST_BYTES) {
      throw new ContentException(
          "an index of %d bytes; expected at most %d".formatted(bytes.length, MOST_BYTES));
    }
    List<Entry> entries = IndexReader.read(bytes);
    IndexCheck.check(entries);
    ContentIndex index = new ContentIndex(entries);
    if (!Arrays.equals(index.toBytes(), bytes)) {
      // the digest of what was read would be another than that of what was sent
      throw new ContentException(
          "not a canonical content index: entries must be sorted by path, without white space");
    }
    return index;
  }
}
