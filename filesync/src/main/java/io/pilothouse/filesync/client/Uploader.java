package io.pilothouse.filesync.client;

import io.pilothouse.filesync.ContentException;
import io.pilothouse.filesync.ContentIndex.Chunk;
import io.pilothouse.filesync.Packer.Packed;
import io.pilothouse.filesync.Throttle;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** Sends a packed directory to one replica: only the chunks that it lacks, then the index. */
public final class Uploader {
  private static final int ATTEMPTS = 3;

  /** Told how far an upload is, in bytes. */
  public interface Progress {
    void sent(long done, long total);
  }

  private final Throttle throttle;

  public Uploader(Throttle throttle) {
    this.throttle = throttle;
  }

  /**
   * Uploads to the first replica that takes all of it.
   *
   * @return that replica's address
   */
  public String upload(Packed packed, List<String> replicas, Progress progress)
      throws IOException, InterruptedException {
    List<String> why = new ArrayList<>();
    for (String replica : replicas) {
      try {
        uploadTo(new ContentSource(replica, throttle), packed, progress);
        return replica;
      } catch (IOException e) {
        why.add(replica + ": " + e.getMessage());
      }
    }
    throw new ContentException(
        "no deployment replica took the content ("
            + (why.isEmpty() ? "none is up" : String.join("; ", why))
            + ")");
  }

  private static void uploadTo(ContentSource source, Packed packed, Progress progress)
      throws IOException, InterruptedException {
    long total = packed.index().chunks().stream().mapToLong(Chunk::size).sum();
    long done = 0;
    for (Chunk chunk : packed.index().chunks()) {
      String path = "/v1/chunks/" + chunk.sha256();
      if (!source.has(path)) {
        put(source, path, packed.read(chunk));
      }
      done += chunk.size();
      progress.sent(done, total);
    }
    String digest = packed.index().digest();
    put(source, "/v1/index/" + digest, packed.index().toBytes());
  }

  private static void put(ContentSource source, String path, byte[] bytes)
      throws IOException, InterruptedException {
    ContentSource.Answer answer = source.put(path, bytes);
    for (int attempt = 1; answer.code() == 503 && attempt < ATTEMPTS; attempt++) {
      Thread.sleep(1000L * attempt);
      answer = source.put(path, bytes);
    }
    if (answer.code() != 201) {
      throw new ContentException(
          "%s answered %d to PUT %s: %s"
              .formatted(source.address(), answer.code(), path, answer.text()));
    }
  }
}
