package io.pilothouse.tasks.fetch;

import io.pilothouse.filesync.DurableFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One command's URIs while they are fetched, and until they are where they are to be. */
public final class Fetching {
  private static final Logger log = LoggerFactory.getLogger(Fetching.class);

  /** How it ended. */
  private record Outcome(Optional<String> failure) {}

  /** Where it puts things together. */
  record Room(Path work, Tree tree) {}

  private final Helper helper;
  private final Thread thread;
  private final AtomicReference<Optional<Outcome>> outcome =
      new AtomicReference<>(Optional.empty());
  private final AtomicReference<Optional<Room>> room = new AtomicReference<>(Optional.empty());

  /**
   * Of a task.
   *
   * @param helper ended when it is given up
   * @param thread does the work, is interrupted when it need not be done
   */
  Fetching(Helper helper, Thread thread) {
    this.helper = helper;
    this.thread = thread;
  }

  void done(Room at) {
    room.set(Optional.of(at));
    outcome.set(Optional.of(new Outcome(Optional.empty())));
  }

  void failed(String why) {
    outcome.set(Optional.of(new Outcome(Optional.of(why))));
  }

  /** Whether it is over, well or not. */
  public boolean isDone() {
    return outcome.get().isPresent();
  }

  /** Why not all could be fetched, in words for the framework. */
  public Optional<String> failure() {
    return outcome.get().flatMap(Outcome::failure);
  }

  /** Moves all of it into the sandbox: nothing of it was there before. */
  public void moveInto(Path sandbox) throws IOException {
    Room from = room.get().orElseThrow();
    from.tree().moveInto(sandbox);
    DurableFiles.deleteTree(from.work());
  }

  /** Gives it up; what it has begun is removed in a while. */
  public void cancel() {
    thread.interrupt();
    helper.close();
    Optional<Room> left = room.getAndSet(Optional.empty());
    if (left.isPresent()) {
      try {
        DurableFiles.deleteTree(left.get().work());
      } catch (IOException e) {
        log.warn("{} is removed when the agent starts again: {}", left.get().work(), e.toString());
      }
    }
  }

  /** Whether it is over, waited for. */
  boolean isOverWithin(Duration most) {
    try {
      return thread.join(most);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }
}
