package io.pilothouse.testing.simulation.cluster;

/** What runs did, so that one can see that they did anything. */
public final class Summary {
  long runs;
  long entries;
  long operations;
  long elections;
  long messages;
  long crashes;
  long pauses;
  long cuts;
  long jumps;
  long lostDisks;
  long replaced;
  long transfers;
  long installs;
  long powerCycles;

  /** Adds what other runs did. */
  public void add(Summary other) {
    runs += other.runs;
    entries += other.entries;
    operations += other.operations;
    elections += other.elections;
    messages += other.messages;
    crashes += other.crashes;
    pauses += other.pauses;
    cuts += other.cuts;
    jumps += other.jumps;
    lostDisks += other.lostDisks;
    replaced += other.replaced;
    transfers += other.transfers;
    installs += other.installs;
    powerCycles += other.powerCycles;
  }

  @Override
  public String toString() {
    return ("%s runs: %s entries, %s calls of operators, %s messages, %s elections, %s crashes,"
            + " %s pauses, %s cuts, %s clock jumps, %s disks lost, %s replicas replaced,"
            + " %s leaders asked to hand over, %s snapshots installed, %s power cycles")
        .formatted(
            runs,
            entries,
            operations,
            messages,
            elections,
            crashes,
            pauses,
            cuts,
            jumps,
            lostDisks,
            replaced,
            transfers,
            installs,
            powerCycles);
  }
}
