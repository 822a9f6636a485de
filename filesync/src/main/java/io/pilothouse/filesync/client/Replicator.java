package io.pilothouse.filesync.client;

import io.pilothouse.filesync.ContentException;
import io.pilothouse.filesync.ContentIndex;
import io.pilothouse.filesync.ContentIndex.Chunk;
import io.pilothouse.filesync.DiskFull;
import io.pilothouse.filesync.DurableFiles;
import io.pilothouse.filesync.Throttle;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.random.RandomGenerator;

/** Copies content from other replicas into a store of one's own. */
public final class Replicator {

  /** Where replicated content goes. */
  public interface Sink {
    boolean hasChunk(String sha256);

    void putChunk(String sha256, byte[] bytes) throws IOException;

    /** Returns the chunks still missing. */
    List<String> putIndex(String digest, byte[] bytes) throws IOException;
  }

  private final Network network;
  private final Path work;

  /**
   * Makes a replicator.
   *
   * @param work directory for partial transfers
   */
  public Replicator(Throttle throttle, RandomGenerator random, Path work) {
    this(Network.usual(throttle, random), work);
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
      Sources from = network.sources(network.among(sources));
      ContentIndex index = from.index(digest);
      for (Chunk chunk : index.chunks()) {
        if (!sink.hasChunk(chunk.sha256())) {
          Path partial = work.resolve(chunk.sha256());
          from.chunk(chunk, partial);
          sink.putChunk(chunk.sha256(), Files.readAllBytes(partial));
          Files.delete(partial);
        }
      }
      List<String> missing = sink.putIndex(digest, index.toBytes());
      if (!missing.isEmpty()) {
        throw new ContentException("content " + digest + " still lacks " + missing);
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
