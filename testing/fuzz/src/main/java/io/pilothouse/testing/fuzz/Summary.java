package io.pilothouse.testing.fuzz;

import java.time.Duration;

/**
 * What a run came to.
 *
 * @param taken inputs that were read as sound
 * @param refused inputs that were refused in the declared way
 * @param allocated bytes of heap that the most expensive input took; 0 = not looked at
 */
public record Summary(
    String name, long seed, long taken, long refused, long allocated, Duration took) {

  public long inputs() {
    return taken + refused;
  }

  @Override
  public String toString() {
    return "fuzz %-28s %,11d inputs %,9d/s, %5.1f %% taken, at most %,d KiB for one, seed %d"
        .formatted(
            name,
            inputs(),
            inputs() * 1_000_000_000L / Math.max(1, took.toNanos()),
            100.0 * taken / Math.max(1, inputs()),
            allocated >> 10,
            seed);
  }
}
