package io.pilothouse.testing.simulation.cluster;

import java.util.List;
import java.util.SplittableRandom;

/** A source of chance of its own for each part, so that one that asks more often moves no other. */
final class Dice {
  private final SplittableRandom random;

  Dice(long seed) {
    this(new SplittableRandom(seed * 0x9E3779B97F4A7C15L));
  }

  private Dice(SplittableRandom random) {
    this.random = random;
  }

  Dice split() {
    return new Dice(random.split());
  }

  boolean oneIn(int sides) {
    return random.nextInt(sides) == 0;
  }

  boolean chance(double share) {
    return share > 0 && random.nextDouble() < share;
  }

  int below(int bound) {
    return random.nextInt(bound);
  }

  /** At least {@code from} and below {@code to}. */
  long between(long from, long to) {
    return from >= to ? from : random.nextLong(from, to);
  }

  double share() {
    return random.nextDouble();
  }

  <T> T pick(List<T> from) {
    return from.get(random.nextInt(from.size()));
  }

  byte[] bytes(int count) {
    byte[] bytes = new byte[count];
    random.nextBytes(bytes);
    return bytes;
  }
}
