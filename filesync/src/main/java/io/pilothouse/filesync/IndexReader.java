package io.pilothouse.filesync;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.pilothouse.filesync.ContentIndex.Chunk;
import io.pilothouse.filesync.ContentIndex.Entry;
import io.pilothouse.filesync.ContentIndex.FileEntry;
import io.pilothouse.filesync.ContentIndex.LinkEntry;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads the JSON of an index, in the one order of keys that it is written in. It reads as a stream:
 * an agent with little memory must take the index of a large image.
 */
final class IndexReader {
  private static final JsonFactory JSON = new JsonFactory();

  private final JsonParser json;

  private IndexReader(JsonParser json) {
    this.json = json;
  }

  static List<Entry> read(byte[] bytes) throws ContentException {
    try (JsonParser json = JSON.createParser(bytes)) {
      return new IndexReader(json).index();
    } catch (ContentException e) {
      throw e;
    } catch (IOException e) {
      throw new ContentException("not a content index: " + firstLine(e), e);
    }
  }

  private static String firstLine(IOException e) {
    return String.valueOf(e.getMessage()).lines().findFirst().orElse("");
  }

  private List<Entry> index() throws IOException {
    expect(json.nextToken(), JsonToken.START_OBJECT);
    key("format");
    long format = number();
    if (format != ContentIndex.FORMAT) {
      throw new ContentException(
          "content index of format %d; this version reads %d: upgrade this program"
              .formatted(format, ContentIndex.FORMAT));
    }
    key("files");
    expect(json.nextToken(), JsonToken.START_ARRAY);
    List<Entry> entries = new ArrayList<>();
    while (json.nextToken() != JsonToken.END_ARRAY) {
      expect(json.currentToken(), JsonToken.START_OBJECT);
      entries.add(entry());
    }
    expect(json.nextToken(), JsonToken.END_OBJECT);
    if (json.nextToken() != null) {
      throw unexpected("the end");
    }
    return entries;
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
    if (!mode.matches("[0-7]{1,3}")) {
      throw new ContentException(
          "%s: mode \"%s\" is not up to three octal digits".formatted(path, mode));
    }
    key("size");
    long size = number();
    key("chunks");
    expect(json.nextToken(), JsonToken.START_ARRAY);
    List<Chunk> chunks = new ArrayList<>();
    while (json.nextToken() != JsonToken.END_ARRAY) {
      expect(json.currentToken(), JsonToken.START_OBJECT);
      key("sha256");
      String sha256 = text();
      key("size");
      long bytes = number();
      if (bytes <= 0 || bytes > ContentIndex.CHUNK) {
        throw new ContentException(
            "%s: a chunk of %d bytes; expected 1 to %d".formatted(path, bytes, ContentIndex.CHUNK));
      }
      chunks.add(new Chunk(sha256, (int) bytes));
      expect(json.nextToken(), JsonToken.END_OBJECT);
    }
    expect(json.nextToken(), JsonToken.END_OBJECT);
    return new FileEntry(path, Integer.parseInt(mode, 8), size, chunks);
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
