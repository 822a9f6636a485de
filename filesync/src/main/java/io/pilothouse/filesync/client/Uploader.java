package io.pilothouse.filesync.client;

import io.pilothouse.filesync.ContentException;
import io.pilothouse.filesync.ContentIndex.Chunk;
import io.pilothouse.filesync.Pack;
import io.pilothouse.filesync.PackedFile;
import io.pilothouse.filesync.PieceReader;
import io.pilothouse.filesync.PieceReader.Piece;
import io.pilothouse.filesync.Throttle;
import io.pilothouse.filesync.TransferClass;
import io.pilothouse.filesync.client.ContentSource.Answer;
import io.pilothouse.tls.HttpConnections;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * Sends a packed directory to one replica: asks which chunks it lacks, sends these, many in a
 * request and several requests at a time, then the index.
 */
public final class Uploader {
  private static final int ATTEMPTS = 6;

  /** Requests at a time: while the replica flushes one, the next is read and hashed. */
  private static final int AT_ONCE = 3;

  /** Told how far an upload is, in bytes. */
  public interface Progress {
    void sent(long done, long total);
  }

  private final Network network;

  public Uploader(Throttle throttle, HttpConnections connections) {
    this(Network.usual(throttle, new SplittableRandom(), connections));
  }

  Uploader(Network network) {
    this.network = network;
  }

  /**
   * Uploads to the first replica that takes all of it.
   *
   * @return that replica's address
   */
  public String upload(PackedFile packed, List<String> replicas, Progress progress)
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

  private void uploadTo(ContentSource source, PackedFile packed, Progress progress)
      throws IOException, InterruptedException {
    String index = "/v1/index/" + packed.index().digest();
    Answer answer = new Answer(HttpURLConnection.HTTP_CONFLICT, "");
    // it may find a chunk damaged between our question and its answer: then once more
    for (int pass = 0; pass < 2 && answer.code() == HttpURLConnection.HTTP_CONFLICT; pass++) {
      try (PieceReader pieces = LocalTrouble.marked(() -> new PieceReader(packed.index()))) {
        new Sending(source, packed, pieces, progress).run();
      }
      answer = untilTaken(() -> source.put(index, packed.index().file()));
    }
    require(HttpURLConnection.HTTP_CREATED, "PUT " + index, answer);
  }

  /** One pass over all chunks. */
  private final class Sending {
    /** As zeros in an image: what was sent a moment ago is not asked for again. */
    private static final int REMEMBERED = 4096;

    private final ContentSource source;
    private final PackedFile packed;
    private final PieceReader pieces;
    private final Progress progress;
    private final Set<String> recent = new LinkedHashSet<>();
    private @Nullable Piece left;
    private long done;

    private Sending(
        ContentSource source, PackedFile packed, PieceReader pieces, Progress progress) {
      this.source = source;
      this.packed = packed;
      this.pieces = pieces;
      this.progress = progress;
    }

    private void run() throws IOException, InterruptedException {
      Crew.run(
          AT_ONCE,
          () -> {
            for (Batch batch = next(); batch != null; batch = next()) {
              send(batch.pieces());
              done(batch);
            }
          });
    }

    private synchronized @Nullable Batch next() throws IOException {
      return LocalTrouble.marked(
          () -> {
            List<Piece> batch = new ArrayList<>();
            long size = 0;
            long covered = 0;
            Piece piece = left == null ? pieces.next() : left;
            while (piece != null
                && batch.size() < Pack.MOST_CHUNKS
                && size + piece.chunk().size() <= Pack.MOST_BYTES) {
              if (isNew(piece.chunk())) {
                batch.add(piece);
                size += piece.chunk().size();
              }
              covered += piece.chunk().size();
              piece = pieces.next();
            }
            left = piece;
            return covered == 0 ? null : new Batch(batch, covered);
          });
    }

    private boolean isNew(Chunk chunk) {
      boolean added = recent.add(chunk.sha256());
      if (recent.size() > REMEMBERED) {
        recent.remove(recent.iterator().next());
      }
      return added;
    }

    private void send(List<Piece> batch) throws IOException, InterruptedException {
      if (batch.isEmpty()) {
        return;
      }
      byte[] hashes = Pack.request(batch.stream().map(each -> each.chunk().sha256()).toList());
      Answer answer = untilTaken(() -> source.post(Pack.MISSING_PATH, hashes));
      require(HttpURLConnection.HTTP_OK, "POST " + Pack.MISSING_PATH, answer);
      Set<String> missing = new HashSet<>(answer.text().lines().toList());
      List<byte[]> chunks = new ArrayList<>();
      for (Piece each : batch) {
        if (missing.contains(each.chunk().sha256())) {
          chunks.add(LocalTrouble.marked(() -> packed.read(each)));
        }
      }
      if (!chunks.isEmpty()) {
        byte[] body = Pack.upload(chunks);
        Answer stored = untilTaken(() -> source.put(Pack.PATH, body));
        require(HttpURLConnection.HTTP_CREATED, "PUT " + Pack.PATH, stored);
      }
    }

    private synchronized void done(Batch batch) {
      done += batch.covered();
      progress.sent(done, packed.bytes());
    }
  }

  /**
   * What one request asks for.
   *
   * @param covered bytes of files that are sent with it, those that were sent before too
   */
  private record Batch(List<Piece> pieces, long covered) {}

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
