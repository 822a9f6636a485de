package io.pilothouse.dm.server;

import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicLong;

/** Both clocks of the edge, moved by hand. */
final class TestClock {

  private volatile Instant wall = Instant.parse("2026-03-01T08:00:00Z");
  private final AtomicLong nanos = new AtomicLong(1_000);

  Instant now() {
    return wall;
  }

  Clocks clocks() {
    return new Clocks(() -> wall, nanos::get);
  }

  void pass(Duration time) {
    wall = wall.plus(time);
    nanos.addAndGet(time.toNanos());
  }

  /** As an operator or NTP does it; no time has passed. */
  void jump(Duration by) {
    wall = wall.plus(by);
  }
}
