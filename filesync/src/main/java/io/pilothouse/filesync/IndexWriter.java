package io.pilothouse.filesync;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.pilothouse.filesync.ContentIndex.Chunk;
import io.pilothouse.filesync.ContentIndex.Entry;
import io.pilothouse.filesync.ContentIndex.FileEntry;
import io.pilothouse.filesync.ContentIndex.LinkEntry;
import java.io.IOException;
import java.io.OutputStream;

/** Writes the canonical JSON of an index: no white space, keys in a fixed order. */
final class IndexWriter implements AutoCloseable {
  private static final JsonFactory JSON = new JsonFactory();

  private final JsonGenerator json;
  private final int format;

  IndexWriter(OutputStream out, int format) throws IOException {
    this.json = JSON.createGenerator(out);
    this.format = format;
    json.writeStartObject();
    json.writeNumberField("format", format);
    json.writeArrayFieldStart("files");
  }

  void write(Entry entry) throws IOException {
    json.writeStartObject();
    json.writeStringField("path", entry.path());
    switch (entry) {
      case LinkEntry link -> json.writeStringField("link", link.target());
      case FileEntry file -> {
        json.writeStringField("mode", Integer.toOctalString(file.mode()));
        json.writeNumberField("size", file.size());
        if (format == 1) {
          chunksOfFormat1(file);
        } else {
          chunks(file);
        }
      }
    }
    json.writeEndObject();
  }

  private void chunks(FileEntry file) throws IOException {
    if (file.chunks().size() == 1) {
      json.writeStringField("sha256", file.chunks().getFirst().sha256());
    } else if (!file.chunks().isEmpty()) {
      json.writeArrayFieldStart("chunks");
      for (Chunk chunk : file.chunks()) {
        json.writeString(chunk.sha256());
        json.writeNumber(chunk.size());
      }
      json.writeEndArray();
    }
  }

  private void chunksOfFormat1(FileEntry file) throws IOException {
    json.writeArrayFieldStart("chunks");
    for (Chunk chunk : file.chunks()) {
      json.writeStartObject();
      json.writeStringField("sha256", chunk.sha256());
      json.writeNumberField("size", chunk.size());
      json.writeEndObject();
    }
    json.writeEndArray();
  }

  /** Ends the JSON, too. */
  @Override
  public void close() throws IOException {
    json.writeEndArray();
    json.writeEndObject();
    json.close();
  }
}
