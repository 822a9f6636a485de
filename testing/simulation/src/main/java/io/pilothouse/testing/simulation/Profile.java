package io.pilothouse.testing.simulation;

import java.util.Random;

/**
 * What kind of run a seed is: how large the fleet, how bad the network, how frequent the faults.
 *
 * @param machines in the fleet
 * @param loss share of messages, and of answers, that never arrive
 * @param duplicates share of messages that arrive twice
 * @param delayed share of messages that are late, and so overtaken
 * @param longestDelay of those, in milliseconds
 * @param stormMillis how long faults go on
 * @param faultEveryMillis mean time between two faults
 * @param actEveryMillis mean time between two acts of the operators
 * @param largestEntry most requests in a log entry
 */
record Profile(
    int machines,
    double loss,
    double duplicates,
    double delayed,
    long longestDelay,
    long stormMillis,
    long faultEveryMillis,
    long actEveryMillis,
    int largestEntry) {
  private static final long MINUTE = 60_000;

  static Profile of(Random random) {
    boolean bad = random.nextInt(3) == 0;
    return new Profile(
        4 + random.nextInt(13),
        bad ? random.nextDouble() * 0.2 : 0.01,
        bad ? 0.1 : 0.02,
        bad ? 0.3 : 0.05,
        bad ? 45_000 : 5_000,
        (60 + random.nextInt(90)) * MINUTE,
        (1 + random.nextInt(6)) * MINUTE,
        (4 + random.nextInt(10)) * MINUTE,
        1 + random.nextInt(12));
  }

  /** The same fleet when nothing goes wrong any more. */
  Profile calm() {
    return new Profile(
        machines, 0, 0, 0, 0, stormMillis, faultEveryMillis, actEveryMillis, largestEntry);
  }
}
