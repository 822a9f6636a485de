package io.pilothouse.dm.raft;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * Bounded waiting; long enough for a cold JVM on a busy machine, and for a snapshot that Ratis
 * sends again after it gave one up.
 */
final class Await {

  static final Duration LIMIT = Duration.ofSeconds(60);

  private Await() {}

  static void until(String what, BooleanSupplier condition) {
    until(() -> what, condition);
  }

  static void until(Supplier<String> what, BooleanSupplier condition) {
    long end = System.nanoTime() + LIMIT.toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > end) {
        throw new AssertionError("not within " + LIMIT.toSeconds() + " s: " + what.get());
      }
      LockSupport.parkNanos(5_000_000);
    }
  }

  static <T> T get(CompletableFuture<T> future) throws InterruptedException, ExecutionException {
    try {
      return future.get(LIMIT.toSeconds(), TimeUnit.SECONDS);
    } catch (TimeoutException e) {
      throw new AssertionError("not answered within " + LIMIT.toSeconds() + " s", e);
    }
  }

  /** Why the future failed. */
  static Throwable failure(CompletableFuture<?> future) throws InterruptedException {
    try {
      Object value = get(future);
      throw new AssertionError("expected a failure, got " + value);
    } catch (ExecutionException e) {
      return e.getCause();
    }
  }
}
