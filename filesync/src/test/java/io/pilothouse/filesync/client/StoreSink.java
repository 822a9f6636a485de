package io.pilothouse.filesync.client;

import io.pilothouse.filesync.server.ContentStore;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** Into a store on this machine. */
record StoreSink(ContentStore store) implements Replicator.Sink {
  @Override
  public boolean hasChunk(String sha256) {
    return store.hasChunk(sha256);
  }

  @Override
  public void putChunk(String sha256, byte[] bytes) throws IOException {
    store.putChunk(sha256, bytes);
  }

  @Override
  public void putChunks(Map<String, byte[]> bytes) throws IOException {
    store.putChunks(bytes);
  }

  @Override
  public List<String> putIndex(String digest, byte[] bytes) throws IOException {
    return store.putIndex(digest, bytes);
  }

  @Override
  public List<String> putIndex(String digest, Path file) throws IOException {
    return store.putIndex(digest, file);
  }
}
