package io.pilothouse.examples.frameworks;

import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Does things again and again, on a thread of its own, until it is closed. */
public final class Ticks implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Ticks.class);

  private final ScheduledExecutorService thread =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("ticks").factory());

  /** One that fails is logged, and the next comes all the same. */
  public void every(Duration pause, Runnable what) {
    var unused =
        thread.scheduleWithFixedDelay(
            () -> {
              try {
                what.run();
              } catch (RuntimeException e) {
                LOG.warn("a tick failed", e);
              }
            },
            0,
            pause.toMillis(),
            TimeUnit.MILLISECONDS);
  }

  @Override
  public void close() {
    var unused = thread.shutdownNow();
  }
}
