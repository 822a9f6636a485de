package io.pilothouse.testing.simulation.cluster;

/**
 * What kind of run a seed is.
 *
 * @param replicas 3 or 5
 * @param loss share of messages that never arrive
 * @param duplicates share of messages that arrive twice
 * @param delayed share of messages that are late, and so overtaken
 * @param longestDelay of those, in milliseconds
 * @param slowestSync of a disk, in milliseconds
 * @param slowSyncs one in so many syncs is that slow
 * @param electionSpread the longest election timeout less the shortest, in milliseconds
 * @param largestAppend most entries in one message
 * @param stormMillis how long faults go on
 * @param faultEveryMillis mean time between two
 * @param writeEveryMillis mean pause of an operator
 * @param snapshotEvery applied entries between snapshots
 * @param keepEntries entries kept behind a snapshot
 */
record Profile(
    int replicas,
    double loss,
    double duplicates,
    double delayed,
    long longestDelay,
    long slowestSync,
    int slowSyncs,
    long electionSpread,
    int largestAppend,
    long stormMillis,
    long faultEveryMillis,
    long writeEveryMillis,
    int snapshotEvery,
    int keepEntries) {

  static Profile of(Dice dice) {
    boolean bad = dice.oneIn(3);
    return new Profile(
        dice.oneIn(4) ? 5 : 3,
        bad ? dice.share() * 0.15 : 0.005,
        bad ? 0.1 : 0.02,
        bad ? 0.3 : 0.05,
        bad ? 3_000 : 300,
        dice.oneIn(3) ? 200 : 8,
        dice.oneIn(2) ? 3 : 20,
        dice.oneIn(3) ? 40 : 1_000,
        dice.oneIn(3) ? 1 : 20,
        6_000 + dice.below(20_000),
        600 + dice.below(3_000),
        150 + dice.below(700),
        8 + dice.below(40),
        dice.below(12));
  }

  /** The same cluster when nothing goes wrong any more. */
  Profile calm() {
    return new Profile(
        replicas,
        0,
        0,
        0,
        0,
        8,
        slowSyncs,
        1_000,
        20,
        stormMillis,
        faultEveryMillis,
        writeEveryMillis,
        snapshotEvery,
        keepEntries);
  }
}
