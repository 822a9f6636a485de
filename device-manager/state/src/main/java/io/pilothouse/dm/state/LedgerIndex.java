package io.pilothouse.dm.state;

import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.Repair;
import java.util.Collections;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The ledger's counts in every domain, from machines and their open repairs (decision 0009). */
final class LedgerIndex implements Index {

  /**
   * A domain's machines.
   *
   * @param members those that are, or were, capacity: the base of percentages
   * @param taken made or let unavailable by the Device Manager
   * @param lost failed by themselves
   * @param waiting with a repair that something holds back
   */
  record Count(int members, int taken, int lost, int waiting) {
    static final Count NONE = new Count(0, 0, 0, 0);

    Count plus(Count other, int sign) {
      return new Count(
          members + sign * other.members,
          taken + sign * other.taken,
          lost + sign * other.lost,
          waiting + sign * other.waiting);
    }
  }

  private final TreeMap<String, Count> domains = new TreeMap<>();

  /** How often room was made in some domain. Not part of the contents: it only ever rises. */
  private long freed;

  @Override
  public void update(Entities now, Update update) {
    switch (update.table()) {
      case MACHINE -> {
        @Nullable Machine before = (Machine) update.before();
        @Nullable Machine after = (Machine) update.after();
        Count was = before == null ? Count.NONE : of(before, openRepair(now, before));
        Count is = after == null ? Count.NONE : of(after, openRepair(now, after));
        boolean moved = before == null || after == null || !Domains.same(before, after);
        change(before, was, after, is, moved);
      }
      case REPAIR -> {
        @Nullable Repair before = (Repair) update.before();
        @Nullable Repair after = (Repair) update.after();
        String name =
            after != null ? after.getMachine() : before != null ? before.getMachine() : "";
        Optional<Machine> machine =
            now.machine(name).filter(each -> each.getRepairId().equals(update.key()));
        if (machine.isPresent()) {
          Machine of = machine.get();
          change(of, of(of, before), of, of(of, after), false);
        }
      }
      default -> {}
    }
  }

  private void change(
      @Nullable Machine before, Count was, @Nullable Machine after, Count is, boolean moved) {
    if (!moved && was.equals(is)) {
      return;
    }
    if (before != null && !was.equals(Count.NONE)) {
      add(before, was, -1);
    }
    if (after != null && !is.equals(Count.NONE)) {
      add(after, is, 1);
    }
    boolean room =
        is.taken() < was.taken() || is.lost() < was.lost() || is.members() > was.members();
    freed += moved || room ? 1 : 0;
  }

  private void add(Machine machine, Count count, int sign) {
    for (String domain : Domains.of(machine)) {
      Count sum = count(domain).plus(count, sign);
      if (sum.equals(Count.NONE)) {
        domains.remove(domain);
      } else {
        domains.put(domain, sum);
      }
    }
  }

  private static Count of(Machine machine, @Nullable Repair repair) {
    if (!Budget.isMember(machine)) {
      return Count.NONE;
    }
    boolean taken = Budget.taken(machine, repair);
    boolean waiting = repair != null && repair.getState() == Repair.State.WAITING;
    return new Count(1, taken ? 1 : 0, Budget.lost(machine, taken) ? 1 : 0, waiting ? 1 : 0);
  }

  static @Nullable Repair openRepair(Entities now, Machine machine) {
    return machine.getRepairId().isEmpty()
        ? null
        : now.repair(machine.getRepairId())
            .filter(each -> each.getMachine().equals(machine.getName()))
            .orElse(null);
  }

  Count count(String domain) {
    return domains.getOrDefault(domain, Count.NONE);
  }

  /** Every domain that has members. A view. */
  SortedMap<String, Count> domains() {
    return Collections.unmodifiableSortedMap(domains);
  }

  /** Rises when a domain may have more room than before: to be compared within one request. */
  long freed() {
    return freed;
  }

  @Override
  public SortedMap<String, Object> contents() {
    return new TreeMap<>(Map.of("domains", domains));
  }
}
