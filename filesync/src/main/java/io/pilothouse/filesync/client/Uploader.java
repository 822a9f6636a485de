package io.pilothouse.filesync.client;

import io.pilothouse.filesync.ContentException;
import io.pilothouse.filesync.ContentIndex.Chunk;
import io.pilothouse.filesync.Packer.Packed;
import io.pilothouse.filesync.Throttle;
import io.pilothouse.filesync.TransferClass;
import io.pilothouse.filesync.client.ContentSource.Answer;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** Sends a packed directory to one replica: only the chunks that it lacks, then the index. */
public final class Uploader {
  private static final int ATTEMPTS = 3;

  /** Told how far an upload is, in bytes. */
  public interface Progress {
    void sent(long done, long total);
  }

  private final Network network;

  public Uploader(Throttle throttle) {
    this(Network.usual(throttle, new SplittableRandom()));
  }

  Uploader(Network network) {
    this.network = network;
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
        uploadTo(network.source(Route.Source.of(replica), TransferClass.BULK), packed, progress);
        return replica;
      } catch (LocalTrouble e) {
        throw e;
      } catch (IOException e) {
        why.add(replica + ": " + e.getMessage());
      }
    }
    throw new ContentException(
        "no deployment replica took the content ("
            + (why.isEmpty() ? "none is up" : String.join("; ", why))
            + ")");
  }

  private void uploadTo(ContentSource source, Packed packed, Progress progress)
      throws IOException, InterruptedException {
    List<Chunk> chunks = packed.index().chunks();
    long total = chunks.stream().mapToLong(Chunk::size).sum();
    String index = "/v1/index/" + packed.index().digest();
    Answer answer = new Answer(HttpURLConnection.HTTP_CONFLICT, "");
    // it may find a chunk damaged between our question and its answer: then once more
    for (int pass = 0; pass < 2 && answer.code() == HttpURLConnection.HTTP_CONFLICT; pass++) {
      long done = 0;
      for (Chunk chunk : chunks) {
        String path = "/v1/chunks/" + chunk.sha256();
        if (!source.has(path)) {
          byte[] bytes = LocalTrouble.marked(() -> packed.read(chunk));
          requireStored(path, put(source, path, bytes));
        }
        done += chunk.size();
        progress.sent(done, total);
      }
      answer = put(source, index, packed.index().toBytes());
    }
    requireStored(index, answer);
  }

  private Answer put(ContentSource source, String path, byte[] bytes)
      throws IOException, InterruptedException {
    Answer answer = source.put(path, bytes);
    for (int attempt = 1;
        answer.code() == HttpURLConnection.HTTP_UNAVAILABLE && attempt < ATTEMPTS;
        attempt++) {
      network.sleeper().sleep(network.patience().busy().multipliedBy(attempt));
      answer = source.put(path, bytes);
    }
    return answer;
  }

  private static void requireStored(String path, Answer answer) throws ContentException {
    if (answer.code() != HttpURLConnection.HTTP_CREATED) {
      throw new ContentException(
          "it answered %d to PUT %s: %s".formatted(answer.code(), path, answer.text()));
    }
  }
}
