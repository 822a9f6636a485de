package io.pilothouse.filesync.client;

import io.pilothouse.filesync.ContentException;
import io.pilothouse.filesync.ContentIndex.Chunk;
import io.pilothouse.filesync.Pack;
import io.pilothouse.filesync.Packer.Packed;
import io.pilothouse.filesync.Throttle;
import io.pilothouse.filesync.TransferClass;
import io.pilothouse.filesync.client.ContentSource.Answer;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * Sends a packed directory to one replica: asks which chunks it lacks, sends these, many in a
 * request and several requests at a time, then the index.
 */
public final class Uploader {
  private static final int ATTEMPTS = 3;

  /** Requests at a time: while the replica flushes one, the next is read and hashed. */
  private static final int AT_ONCE = 3;

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
    String index = "/v1/index/" + packed.index().digest();
    Answer answer = new Answer(HttpURLConnection.HTTP_CONFLICT, "");
    // it may find a chunk damaged between our question and its answer: then once more
    for (int pass = 0; pass < 2 && answer.code() == HttpURLConnection.HTTP_CONFLICT; pass++) {
      new Sending(source, packed, progress).run();
      answer = untilTaken(() -> source.put(index, packed.index().toBytes()));
    }
    require(HttpURLConnection.HTTP_CREATED, "PUT " + index, answer);
  }

  /** One pass over all chunks. */
  private final class Sending {
    private final ContentSource source;
    private final Packed packed;
    private final Progress progress;
    private final Deque<Chunk> left;
    private final long total;
    private long done;

    private Sending(ContentSource source, Packed packed, Progress progress) {
      this.source = source;
      this.packed = packed;
      this.progress = progress;
      Map<String, Chunk> distinct = new LinkedHashMap<>();
      packed.index().chunks().forEach(each -> distinct.put(each.sha256(), each));
      this.left = new ArrayDeque<>(distinct.values());
      this.total = distinct.values().stream().mapToLong(Chunk::size).sum();
    }

    private void run() throws IOException, InterruptedException {
      Crew.run(
          AT_ONCE,
          () -> {
            for (List<Chunk> batch = next(); batch != null; batch = next()) {
              send(batch);
              done(batch);
            }
          });
    }

    private synchronized @Nullable List<Chunk> next() {
      List<Chunk> batch = new ArrayList<>();
      long bytes = 0;
      while (!left.isEmpty()
          && batch.size() < Pack.MOST_CHUNKS
          && bytes + left.peek().size() <= Pack.MOST_BYTES) {
        Chunk chunk = left.remove();
        batch.add(chunk);
        bytes += chunk.size();
      }
      return batch.isEmpty() ? null : batch;
    }

    private void send(List<Chunk> batch) throws IOException, InterruptedException {
      byte[] hashes = Pack.request(batch.stream().map(Chunk::sha256).toList());
      Answer answer = untilTaken(() -> source.post(Pack.MISSING_PATH, hashes));
      require(HttpURLConnection.HTTP_OK, "POST " + Pack.MISSING_PATH, answer);
      Set<String> missing = new HashSet<>(answer.text().lines().toList());
      List<byte[]> chunks = new ArrayList<>();
      for (Chunk each : batch) {
        if (missing.contains(each.sha256())) {
          chunks.add(LocalTrouble.marked(() -> packed.read(each)));
        }
      }
      if (!chunks.isEmpty()) {
        byte[] body = Pack.upload(chunks);
        Answer stored = untilTaken(() -> source.put(Pack.PATH, body));
        require(HttpURLConnection.HTTP_CREATED, "PUT " + Pack.PATH, stored);
      }
    }

    private synchronized void done(List<Chunk> batch) {
      done += batch.stream().mapToLong(Chunk::size).sum();
      progress.sent(done, total);
    }
  }

  private interface Asking {
    Answer ask() throws IOException, InterruptedException;
  }

  /** Waits for a busy replica, a few times. */
  private Answer untilTaken(Asking asking) throws IOException, InterruptedException {
    Answer answer = asking.ask();
    for (int attempt = 1;
        answer.code() == HttpURLConnection.HTTP_UNAVAILABLE && attempt < ATTEMPTS;
        attempt++) {
      network.sleeper().sleep(network.patience().busy().multipliedBy(attempt));
      answer = asking.ask();
    }
    return answer;
  }

  private static void require(int code, String what, Answer answer) throws ContentException {
    if (answer.code() != code) {
      throw new ContentException(
          "it answered %d to %s: %s".formatted(answer.code(), what, answer.text()));
    }
  }
}
