package io.pilothouse.dm.server;

import io.grpc.Context;
import io.grpc.Deadline;
import io.grpc.Status;
import io.pilothouse.api.v1.Fleet;
import io.pilothouse.api.v1.FleetRequest;
import io.pilothouse.dm.state.PackedFleet;
import io.pilothouse.dm.state.RefusedException;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Fleets of a request that are packed, or ought to be. They are looked at one after the other: one
 * of a million machines takes half a gigabyte of memory while it is. Few may wait meanwhile, and
 * not for long: each that does keeps up to 64 MiB.
 */
final class LargeFleets {

  private static final int MOST_WAITING = 2;
  private static final Duration LONGEST_WAIT = Duration.ofSeconds(60);

  /** How soon a caller that has gone leaves its place to another. */
  private static final Duration LOOK_EVERY = Duration.ofMillis(500);

  /** About as long as one of a million machines is looked at. */
  private static final Duration RETRY = Duration.ofSeconds(10);

  private final Semaphore turn = new Semaphore(1, true);
  private final AtomicInteger waiting = new AtomicInteger();
  private final Duration longestWait;

  LargeFleets() {
    this(LONGEST_WAIT);
  }

  LargeFleets(Duration longestWait) {
    this.longestWait = longestWait;
  }

  static boolean is(FleetRequest request) {
    return !request.getPacked().isEmpty() || Packing.isLarge(request.getFleet());
  }

  /** Calls that wait for their turn. */
  int waiting() {
    return waiting.get();
  }

  /**
   * Runs it when the one that came before is done.
   *
   * @throws io.grpc.StatusRuntimeException RESOURCE_EXHAUSTED when too many wait or it waited for
   *     too long, CANCELLED when its caller has gone; nothing was run then
   */
  <T> T oneByOne(Supplier<T> work) {
    if (waiting() > 0 || !turn.tryAcquire()) {
      waitForTurn();
    }
    try {
      requireCaller(); // nobody would hear the answer
      return work.get();
    } finally {
      turn.release();
    }
  }

  private void waitForTurn() {
    try {
      if (waiting.incrementAndGet() > MOST_WAITING) {
        throw later("%d large fleets wait for their turn here already".formatted(MOST_WAITING));
      }
      long end = System.nanoTime() + patience();
      while (!turn.tryAcquire(slice(end), TimeUnit.NANOSECONDS)) {
        requireCaller();
        if (end - System.nanoTime() <= 0) {
          throw later("another large fleet was not done with in the time that this one could wait");
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw Refusals.shuttingDown();
    } finally {
      waiting.decrementAndGet();
    }
  }

  /** In nanoseconds: until the call's deadline, if that is sooner. */
  private long patience() {
    @Nullable Deadline deadline = Context.current().getDeadline();
    return deadline == null
        ? longestWait.toNanos()
        : Math.min(longestWait.toNanos(), deadline.timeRemaining(TimeUnit.NANOSECONDS));
  }

  private static long slice(long end) {
    return Math.min(LOOK_EVERY.toNanos(), end - System.nanoTime());
  }

  private static void requireCaller() {
    if (Context.current().isCancelled()) {
      throw Refusals.of(
          Status.Code.CANCELLED,
          "the caller gave up before its fleet was looked at",
          "send it again, with a longer deadline");
    }
  }

  private static RuntimeException later(String message) {
    return Refusals.later(
        message + "; they are looked at one after the other",
        "send it again when the others are done",
        RETRY);
  }

  /** Refuses what cannot be a fleet, before any of it comes into the log. */
  static void requireBounds(FleetRequest request) {
    if (!request.getPacked().isEmpty() && request.hasFleet()) {
      throw Refusals.of(
          Status.Code.INVALID_ARGUMENT,
          "the request has a fleet and a packed one",
          "send one of them");
    }
    int size = request.getPackedSize();
    if (size < 0 || size > PackedFleet.MOST) {
      throw Refusals.of(
          Status.Code.INVALID_ARGUMENT,
          "packed_size is %s bytes; expected at most %d, which is some 1.5 million machines"
              .formatted(Integer.toUnsignedString(size), PackedFleet.MOST),
          "a larger fleet needs a Device Manager for each part of it");
    }
  }

  /** What a request asks for, unpacked. */
  static Fleet of(FleetRequest request) {
    if (request.getPacked().isEmpty()) {
      return request.getFleet();
    }
    requireBounds(request);
    try {
      return PackedFleet.unpack(request.getPacked(), request.getPackedSize());
    } catch (RefusedException e) {
      throw Refusals.of(e.refusal());
    }
  }
}
