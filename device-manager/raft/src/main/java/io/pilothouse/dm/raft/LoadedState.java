package io.pilothouse.dm.raft;

import com.google.protobuf.Message;
import io.pilothouse.dm.state.Change;
import io.pilothouse.dm.state.State;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * A state that was read from a disk, with its digest. One thread reads and hashes while another one
 * puts together the tables and their indexes: a start waits for this, and of a million machines
 * each takes seconds.
 */
record LoadedState(State state, RunningDigest digest) {

  /** Entities that are handed over at once, and how often that is done ahead. */
  private static final int PIECE = 2_000;

  private static final int AHEAD = 8;

  /** What a database holds, entity by entity. */
  interface Source {
    void forEach(Sink sink) throws IOException, InterruptedException;
  }

  /** Where the entities go. */
  interface Sink {
    void take(Change entity) throws InterruptedException;
  }

  /** What one thread hands to the other: entities; the last one is empty, or says what failed. */
  private record Piece(List<Change> entities, @Nullable Throwable failure) {}

  /**
   * Reads all of it.
   *
   * @throws IOException what the source throws
   */
  static LoadedState of(Source source) throws IOException {
    RunningDigest.Sum sum = new RunningDigest.Sum();
    BlockingQueue<Piece> pieces = new ArrayBlockingQueue<>(AHEAD);
    CompletableFuture<Void> ended = new CompletableFuture<>();
    Thread reader =
        Thread.ofPlatform()
            .daemon()
            .name("dm-state-reader")
            .start(
                () -> {
                  read(source, sum, pieces);
                  ended.complete(null);
                });
    try {
      State state = new State();
      for (Piece piece = pieces.take(); ; piece = pieces.take()) {
        if (piece.failure() != null) {
          throw failure(piece.failure());
        }
        if (piece.entities().isEmpty()) {
          break;
        }
        piece.entities().forEach(state::put);
      }
      return new LoadedState(state, RunningDigest.following(state, sum));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while the state was read", e);
    } finally {
      // it must be gone before its database is closed
      reader.interrupt();
      ended.join();
    }
  }

  private static void read(Source source, RunningDigest.Sum sum, BlockingQueue<Piece> pieces) {
    try {
      Piece[] filling = {new Piece(new ArrayList<>(PIECE), null)};
      source.forEach(
          entity -> {
            @Nullable Message value = entity.value();
            if (value != null) {
              sum.flip(entity.table(), entity.key(), value);
            }
            filling[0].entities().add(entity);
            if (filling[0].entities().size() == PIECE) {
              pieces.put(filling[0]);
              filling[0] = new Piece(new ArrayList<>(PIECE), null);
            }
          });
      if (!filling[0].entities().isEmpty()) {
        pieces.put(filling[0]);
      }
      pieces.put(new Piece(List.of(), null));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // whom it was for has given up
    } catch (IOException | RuntimeException | Error e) {
      try {
        pieces.put(new Piece(List.of(), e));
      } catch (InterruptedException interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private static IOException failure(Throwable failure) throws IOException {
    switch (failure) {
      case IOException e -> throw e;
      case RuntimeException e -> throw e;
      case Error e -> throw e;
      default -> throw new IllegalStateException(failure);
    }
  }
}
