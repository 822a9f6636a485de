package io.pilothouse.filesync.client;

import io.pilothouse.filesync.ContentException;
import io.pilothouse.filesync.DiskFull;
import io.pilothouse.filesync.DurableFiles;
import io.pilothouse.filesync.IndexFile;
import io.pilothouse.filesync.Throttle;
import io.pilothouse.tls.HttpConnections;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;

/** Copies content from other replicas into a store of one's own. */
public final class Replicator {

  /** Where replicated content goes. */
  public interface Sink {
    boolean hasChunk(String sha256);

    void putChunk(String sha256, byte[] bytes) throws IOException;

    /** Takes several, with one flush for all if it can. */
    default void putChunks(Map<String, byte[]> bytes) throws IOException {
      for (Map.Entry<String, byte[]> each : bytes.entrySet()) {
        putChunk(each.getKey(), each.getValue());
      }
    }

    /** Returns the chunks still missing. */
    List<String> putIndex(String digest, byte[] bytes) throws IOException;

    /** The same of a file. */
    default List<String> putIndex(String digest, Path file) throws IOException {
      return putIndex(digest, Files.readAllBytes(file));
    }
  }

  private static final int WINDOW = 1 << 13;

  /** Chunks that are put together. */
  private static final class Batch {
    private static final int MOST_BYTES = 8 << 20;

    private final Sink sink;
    private Map<String, byte[]> chunks = new LinkedHashMap<>();
    private int bytes;

    Batch(Sink sink) {
      this.sink = sink;
    }

    void add(String sha256, ByteBuffer from) throws IOException {
      Map<String, byte[]> full = Map.of();
      byte[] chunk = new byte[from.remaining()];
      from.get(from.position(), chunk);
      synchronized (this) {
        chunks.put(sha256, chunk);
        bytes += chunk.length;
        if (bytes >= MOST_BYTES) {
          full = next();
        }
      }
      sink.putChunks(full);
    }

    void flush() throws IOException {
      sink.putChunks(next());
    }

    private synchronized Map<String, byte[]> next() {
      Map<String, byte[]> all = chunks;
      chunks = new LinkedHashMap<>();
      bytes = 0;
      return all;
    }
  }

  private final Network network;
  private final Path work;

  /**
   * Makes a replicator.
   *
   * @param work directory for partial transfers
   * @param connections to the sources
   */
  public Replicator(
      Throttle throttle, RandomGenerator random, Path work, HttpConnections connections) {
    this(Network.usual(throttle, random, connections), work);
  }

  Replicator(Network network, Path work) {
    this.network = network;
    this.work = work;
  }

  /** Brings one content in full; an earlier, interrupted call is gone on with. */
  public void replicate(String digest, List<String> sources, Sink sink)
      throws IOException, InterruptedException {
    try {
      Files.createDirectories(work);
      Transfer transfer = network.among(sources);
      Path file = work.resolve("index");
      IndexFile index = network.sources(transfer).index(digest, file);
      Batch batch = new Batch(sink);
      Gathering gathering =
          network.gathering(
              transfer,
              new PartialChunks(work.resolve("chunks")),
              (want, bytes) -> batch.add(want.chunk.sha256(), bytes));
      Map<String, Want> window = new LinkedHashMap<>();
      index.<InterruptedException>forEachChunk(
          (each, offset, chunk) -> {
            if (!sink.hasChunk(chunk.sha256())) {
              window.putIfAbsent(chunk.sha256(), new Want(chunk));
            }
            if (window.size() >= WINDOW) {
              gathering.bring(List.copyOf(window.values()));
              window.clear();
            }
          });
      gathering.bring(List.copyOf(window.values()));
      batch.flush();
      List<String> missing = sink.putIndex(digest, file);
      Files.delete(file);
      if (!missing.isEmpty()) {
        throw new ContentException(
            "content %s still lacks chunks, %d or more, the first %s"
                .formatted(digest, missing.size(), missing.getFirst()));
      }
    } catch (IOException e) {
      if (DiskFull.is(e)) {
        DurableFiles.deleteTree(work);
        throw new ContentException("the disk of " + work + " is full: free some space", e);
      }
      throw e;
    }
  }
}
