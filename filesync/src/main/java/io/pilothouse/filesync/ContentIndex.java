package io.pilothouse.filesync;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
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

  private static final int MOST_BYTES = 64 << 20;

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
  public record FileEntry(String path, int mode, long size, List<Chunk> chunks) implements Entry {}

  /** A symbolic link; its target stays inside the directory. */
  public record LinkEntry(String path, String target) implements Entry {}

  /** A piece of a file: its hash and its size in bytes. */
  public record Chunk(String sha256, int size) {}

  /** Sorts and checks. */
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
    try (JsonGenerator json = new JsonFactory().createGenerator(bytes)) {
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

  /** Reads an index and refuses whatever is not exactly one. */
  public static ContentIndex parse(byte[] bytes) throws ContentException {
    if (bytes.length > MOST_BYTES) {
      throw new ContentException("an index of " + bytes.length + " bytes is too large");
    }
    JsonNode root;
    try {
      root = new ObjectMapper().readTree(bytes);
    } catch (IOException e) {
      throw new ContentException("not a content index: it is not JSON", e);
    }
    int format = root == null ? 0 : root.path("format").asInt(0);
    if (root == null || format != FORMAT) {
      throw new ContentException(
          "content index of format %d; this version reads %d".formatted(format, FORMAT));
    }
    List<Entry> entries = new ArrayList<>();
    for (JsonNode node : root.path("files")) {
      entries.add(entry(node));
    }
    ContentIndex index = new ContentIndex(entries);
    IndexCheck.check(index);
    return index;
  }

  private static Entry entry(JsonNode node) throws ContentException {
    String path = node.path("path").asText();
    if (node.has("link")) {
      return new LinkEntry(path, node.path("link").asText());
    }
    List<Chunk> chunks = new ArrayList<>();
    for (JsonNode chunk : node.path("chunks")) {
      chunks.add(new Chunk(chunk.path("sha256").asText(), chunk.path("size").asInt(-1)));
    }
    int mode;
    try {
      mode = Integer.parseInt(node.path("mode").asText(), 8);
    } catch (NumberFormatException e) {
      throw new ContentException(
          path + ": mode \"" + node.path("mode").asText() + "\" is not octal", e);
    }
    return new FileEntry(path, mode, node.path("size").asLong(-1), List.copyOf(chunks));
  }
}
