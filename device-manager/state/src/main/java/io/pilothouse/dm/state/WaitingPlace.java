package io.pilothouse.dm.state;

import io.pilothouse.api.v1.Repair;
import io.pilothouse.api.v1.Severity;

/**
 * A repair's place in the queue: fatal faults first, then time waited less back-off, then machine.
 * Nothing of it changes while the repair waits.
 *
 * @param mild whether the fault is not fatal
 * @param from when its wait began, moved back by a minute for each attempt before it
 */
record WaitingPlace(boolean mild, long from, String machine, String repair)
    implements Comparable<WaitingPlace> {
  private static final long BACK_OFF_MS = 60_000;

  static WaitingPlace of(Repair repair) {
    return new WaitingPlace(
        repair.getSeverity() != Severity.FATAL,
        repair.getCreatedAt() + repair.getAttempts() * BACK_OFF_MS,
        repair.getMachine(),
        repair.getId());
  }

  @Override
  public int compareTo(WaitingPlace other) {
    int bySeverity = Boolean.compare(mild, other.mild);
    int byTime = bySeverity != 0 ? bySeverity : Long.compare(from, other.from);
    int byMachine = byTime != 0 ? byTime : machine.compareTo(other.machine);
    return byMachine != 0 ? byMachine : repair.compareTo(other.repair);
  }
}
