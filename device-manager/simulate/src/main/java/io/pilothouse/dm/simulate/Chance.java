package io.pilothouse.dm.simulate;

import java.util.Random;

/**
 * All randomness of a run. Each subject draws from a stream of its own, so that what happens to one
 * machine does not depend on what a policy did to another: rivals meet the same faults.
 */
final class Chance {
  private final long seed;

  Chance(long seed) {
    this.seed = seed;
  }

  /** The stream of a subject; the same name gives the same numbers. */
  Random stream(String name) {
    long mixed = seed * 0x9E3779B97F4A7C15L + name.hashCode() * 0xBF58476D1CE4E5B9L;
    mixed = (mixed ^ (mixed >>> 30)) * 0x94D049BB133111EBL;
    return new Random(mixed ^ (mixed >>> 31));
  }

  /** Milliseconds, at least {@code from} and below {@code to}. */
  static long between(Random random, long from, long to) {
    return from + (long) (random.nextDouble() * (to - from));
  }

  /** Time to the next event of a Poisson process with so many a millisecond. */
  static double gap(Random random, double perMilli) {
    return -Math.log(1 - random.nextDouble()) / perMilli;
  }
}
