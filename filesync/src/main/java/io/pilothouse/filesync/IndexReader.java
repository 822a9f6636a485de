package io.pilothouse.filesync;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import io.pilothouse.filesync.ContentIndex.Chunk;
import io.pilothouse.filesync.ContentIndex.Entry;
import io.pilothouse.filesync.ContentIndex.FileEntry;
import io.pilothouse.filesync.ContentIndex.LinkEntry;
import java.io.CharConversionException;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reads the JSON of an index, in the one order of keys that it is written in. It reads as a stream:
 * an agent with little memory must take the index of a million files.
 */
final class IndexReader implements AutoCloseable {
  private static final JsonFactory JSON = new JsonFactory();
  private static final Pattern MODE = Pattern.compile("[0-7]{1,3}");

  private final JsonParser json;
  private final int format;
  private long position;

  IndexReader(InputStream in) throws IOException {
    try {
      // it looks at the first bytes, and may refuse them
      this.json = JSON.createParser(in);
    } catch (IOException e) {
      throw readable(e);
    }
    try {
      this.format = header();
    } catch (IOException e) {
      json.close();
      throw readable(e);
    }
  }

  int format() {
    return format;
  }

  /** The next entry, or null at the end. */
  @Nullable Entry next() throws IOException {
    try {
      if (json.nextToken() != JsonToken.END_ARRAY) {
        expect(json.currentToken(), JsonToken.START_OBJECT);
        position = json.currentTokenLocation().getByteOffset();
        return entry();
      }
      expect(json.nextToken(), JsonToken.END_OBJECT);
      if (json.nextToken() != null) {
        throw unexpected("the end");
      }
      return null;
    } catch (IOException e) {
      throw readable(e);
    }
  }

  /** The first byte of the entry that was read last. */
  long position() {
    return position;
  }

  /**
   * The path of an entry.
   *
   * @param bytes of the index from the entry's first byte on, enough of them for a path
   */
  static String path(byte[] bytes, int length) throws IOException {
    try (JsonParser json = JSON.createParser(bytes, 0, length)) {
      boolean found =
          json.nextToken() == JsonToken.START_OBJECT
              && json.nextToken() == JsonToken.FIELD_NAME
              && json.currentName().equals("path")
              && json.nextToken() == JsonToken.VALUE_STRING;
      if (!found) {
        throw new ContentException("no entry begins there");
      }
      return json.getText();
    } catch (IOException e) {
      throw readable(e);
    }
  }

  /** The parser's own trouble is the text's; that of the disk is not. */
  private static IOException readable(IOException e) {
    return e instanceof JsonProcessingException || e instanceof CharConversionException
        ? new ContentException(
            "not a content index: " + String.valueOf(e.getMessage()).lines().findFirst().orElse(""),
            e)
        : e;
  }

  private int header() throws IOException {
    expect(json.nextToken(), JsonToken.START_OBJECT);
    key("format");
    long number = number();
    if (number < 1 || number > ContentIndex.FORMAT) {
      throw new ContentException(
          "content index of format %d; this version reads 1 to %d: upgrade this program"
              .formatted(number, ContentIndex.FORMAT));
    }
    key("files");
    expect(json.nextToken(), JsonToken.START_ARRAY);
    return (int) number;
  }

  @Override
  public void close() throws IOException {
    json.close();
  }

  private Entry entry() throws IOException {
    key("path");
    String path = text();
    expect(json.nextToken(), JsonToken.FIELD_NAME);
    return switch (json.currentName()) {
      case "link" -> link(path);
      case "mode" -> file(path);
      default -> throw unexpected("\"mode\" or \"link\"");
    };
  }

  private LinkEntry link(String path) throws IOException {
    String target = text();
    expect(json.nextToken(), JsonToken.END_OBJECT);
    return new LinkEntry(path, target);
  }

  private FileEntry file(String path) throws IOException {
    String mode = text();
    if (!MODE.matcher(mode).matches()) {
      throw new ContentException(
          "%s: mode \"%s\" is not up to three octal digits".formatted(path, mode));
    }
    key("size");
    long size = number();
    List<Chunk> chunks = format == 1 ? chunks(path) : cutChunks(path, size);
    return new FileEntry(path, Integer.parseInt(mode, 8), size, chunks);
  }

  /** Of format 1. */
  private List<Chunk> chunks(String path) throws IOException {
    key("chunks");
    expect(json.nextToken(), JsonToken.START_ARRAY);
    List<Chunk> chunks = new ArrayList<>();
    while (json.nextToken() != JsonToken.END_ARRAY) {
      expect(json.currentToken(), JsonToken.START_OBJECT);
      key("sha256");
      String sha256 = text();
      key("size");
      chunks.add(new Chunk(sha256, size(path, number())));
      expect(json.nextToken(), JsonToken.END_OBJECT);
    }
    expect(json.nextToken(), JsonToken.END_OBJECT);
    return chunks;
  }

  /** Of format 2: hashes and sizes; a file of one chunk has its size already. */
  private List<Chunk> cutChunks(String path, long size) throws IOException {
    if (json.nextToken() == JsonToken.END_OBJECT) {
      return List.of();
    }
    expect(json.currentToken(), JsonToken.FIELD_NAME);
    if (json.currentName().equals("sha256")) {
      Chunk only = new Chunk(text(), size(path, size));
      expect(json.nextToken(), JsonToken.END_OBJECT);
      return List.of(only);
    }
    if (!json.currentName().equals("chunks")) {
      throw unexpected("\"sha256\" or \"chunks\"");
    }
    expect(json.nextToken(), JsonToken.START_ARRAY);
    Chunks chunks = new Chunks();
    while (json.nextToken() != JsonToken.END_ARRAY) {
      expect(json.currentToken(), JsonToken.VALUE_STRING);
      String sha256 = json.getText();
      int bytes = size(path, number());
      if (!chunks.append(sha256, bytes)) {
        throw IndexCheck.noChunk(path, new Chunk(sha256, bytes));
      }
    }
    expect(json.nextToken(), JsonToken.END_OBJECT);
    return chunks;
  }

  private static int size(String path, long bytes) throws ContentException {
    if (bytes <= 0 || bytes > ContentIndex.LARGEST_CHUNK) {
      throw new ContentException(
          "%s: a chunk of %d bytes; expected 1 to %d"
              .formatted(path, bytes, ContentIndex.LARGEST_CHUNK));
    }
    return (int) bytes;
  }

  private void key(String name) throws IOException {
    if (json.nextToken() != JsonToken.FIELD_NAME || !json.currentName().equals(name)) {
      throw unexpected("\"" + name + "\"");
    }
  }

  private String text() throws IOException {
    expect(json.nextToken(), JsonToken.VALUE_STRING);
    return json.getText();
  }

  private long number() throws IOException {
    expect(json.nextToken(), JsonToken.VALUE_NUMBER_INT);
    return json.getLongValue();
  }

  private void expect(JsonToken found, JsonToken expected) throws IOException {
    if (found != expected) {
      throw unexpected(expected.name().replace('_', ' '));
    }
  }

  private ContentException unexpected(String expected) {
    return new ContentException(
        "not a content index: expected %s at byte %d"
            .formatted(expected, json.currentTokenLocation().getByteOffset()));
  }
}
