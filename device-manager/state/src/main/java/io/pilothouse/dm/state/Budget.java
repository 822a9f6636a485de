package io.pilothouse.dm.state;

import io.pilothouse.api.v1.Action;
import io.pilothouse.api.v1.Condition;
import io.pilothouse.api.v1.Lifecycle;
import io.pilothouse.api.v1.Limit;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.ProbationCause;
import io.pilothouse.api.v1.Repair;
import io.pilothouse.api.v1.Veto;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The one ledger that repairs, rollouts and maintenance draw on: a ceiling per domain, never a
 * mandate. Nothing is stored: what is taken follows from the machines themselves, so the ledger
 * cannot disagree with them.
 */
public final class Budget {

  /** Who asks. Repairs may go on while machines are lost, the others may not. */
  public enum Purpose {
    REPAIR,
    ROLLOUT,
    MAINTENANCE
  }

  /**
   * How a domain stands, in machines.
   *
   * @param limit ceiling for taken
   * @param taken made or let unavailable by the Device Manager
   * @param lost failed by themselves
   */
  public record Usage(int limit, int taken, int lost) {}

  private static final Limit FLEET_DEFAULT = Limit.newBuilder().setPercent(5).build();
  private static final Limit UNIT_DEFAULT = Limit.newBuilder().setPercent(10).build();

  private Budget() {}

  /** Whether the Device Manager made the machine unavailable, or lets it be. */
  public static boolean taken(Entities state, Machine machine) {
    if (machine.getLifecycle() == Lifecycle.DRAINING
        || machine.getLifecycle() == Lifecycle.MAINTENANCE) {
      return true;
    }
    if (state.repair(machine.getRepairId()).filter(Budget::takes).isPresent()) {
      return true;
    }
    return machine.getLifecycle() == Lifecycle.IN_SERVICE
        && machine.getCondition() == Condition.PROBATION
        && switch (machine.getCause()) {
          case CAUSE_REPAIR, CAUSE_ROLLOUT, CAUSE_MAINTENANCE -> true;
          case CAUSE_JOINING,
              CAUSE_DO_NOTHING,
              CAUSE_INSTALL,
              CAUSE_ROLLBACK,
              PROBATION_CAUSE_UNSPECIFIED,
              UNRECOGNIZED ->
              false;
        };
  }

  /** Whether the machine is down without the Device Manager having taken it. */
  public static boolean lost(Entities state, Machine machine) {
    if (machine.getLifecycle() != Lifecycle.IN_SERVICE || taken(state, machine)) {
      return false;
    }
    return machine.getCondition() == Condition.FAILURE
        || (machine.getCondition() == Condition.PROBATION
            && (machine.getCause() == ProbationCause.CAUSE_DO_NOTHING
                || machine.getCause() == ProbationCause.CAUSE_ROLLBACK));
  }

  private static boolean takes(Repair repair) {
    if (repair.getAction() == Action.DO_NOTHING || repair.getAction() == Action.ESCALATE) {
      return false;
    }
    return switch (repair.getState()) {
      case READY, CLAIMED, REPAIR_DRAINING, EXECUTING, VERIFYING -> true;
      case ASSIGNED, WAITING, DONE, FAILED, EXPIRED, STATE_UNSPECIFIED, UNRECOGNIZED -> false;
    };
  }

  /** Every domain's standing, by name: {@code fleet}, {@code unit/NAME}. */
  public static SortedMap<String, Usage> usage(Entities state) {
    SortedMap<String, int[]> counts = new TreeMap<>();
    counts.put("fleet", new int[3]);
    state.fleet().getUnitsList().forEach(each -> counts.put("unit/" + each.getName(), new int[3]));
    for (Machine machine : state.machines()) {
      if (!counts(machine)) {
        continue;
      }
      int taken = taken(state, machine) ? 1 : 0;
      int lost = taken == 0 && lost(state, machine) ? 1 : 0;
      add(counts.get("fleet"), taken, lost);
      add(counts.computeIfAbsent("unit/" + machine.getScaleUnit(), k -> new int[3]), taken, lost);
    }
    SortedMap<String, Usage> usage = new TreeMap<>();
    counts.forEach(
        (domain, count) ->
            usage.put(
                domain,
                new Usage(Policies.limit(limitOf(state, domain), count[0]), count[1], count[2])));
    return usage;
  }

  /** Why the machine may not be taken now; empty when it may, or is taken already. */
  public static Optional<Veto> veto(Entities state, Machine machine, Purpose purpose) {
    if (taken(state, machine)) {
      return Optional.empty();
    }
    SortedMap<String, Usage> usage = usage(state);
    for (String domain : new String[] {"fleet", "unit/" + machine.getScaleUnit()}) {
      Usage now = usage.getOrDefault(domain, new Usage(0, 0, 0));
      // a repair's own machine is lost already: taking it does not add to what is down
      int lost = purpose == Purpose.REPAIR ? 0 : now.lost();
      if (now.taken() + lost + 1 > now.limit()) {
        return Optional.of(
            Veto.newBuilder()
                .setKind("budget")
                .setDomain(domain)
                .setLimit(now.limit())
                .setTaken(now.taken())
                .setLost(now.lost())
                .setSentence(sentence(domain, now))
                .build());
      }
    }
    return Optional.empty();
  }

  private static String sentence(String domain, Usage usage) {
    return "the budget of %s is spent: %s of %s machines are taken%s"
        .formatted(
            domain,
            usage.taken(),
            usage.limit(),
            usage.lost() == 0 ? "" : " and " + usage.lost() + " lost");
  }

  private static Limit limitOf(Entities state, String domain) {
    boolean fleet = domain.equals("fleet");
    Limit given =
        fleet ? state.fleet().getBudgets().getFleet() : state.fleet().getBudgets().getUnit();
    if (!Policies.isUnset(given)) {
      return given;
    }
    return fleet ? FLEET_DEFAULT : UNIT_DEFAULT;
  }

  /** Machines that are, or were, capacity: the base of percentages. */
  private static boolean counts(Machine machine) {
    return switch (machine.getLifecycle()) {
      case IN_SERVICE, DRAINING, MAINTENANCE, AWAITING_REPLACEMENT, PROVISIONING, BURN_IN -> true;
      case EXPECTED, DISCOVERED, DECOMMISSIONED, LIFECYCLE_UNSPECIFIED, UNRECOGNIZED -> false;
    };
  }

  private static void add(int[] count, int taken, int lost) {
    count[0]++;
    count[1] += taken;
    count[2] += lost;
  }
}
