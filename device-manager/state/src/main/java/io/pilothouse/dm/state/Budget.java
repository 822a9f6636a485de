package io.pilothouse.dm.state;

import io.pilothouse.api.v1.Action;
import io.pilothouse.api.v1.BudgetStanding;
import io.pilothouse.api.v1.Budgets;
import io.pilothouse.api.v1.Condition;
import io.pilothouse.api.v1.Lifecycle;
import io.pilothouse.api.v1.Limit;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.ProbationCause;
import io.pilothouse.api.v1.Repair;
import io.pilothouse.api.v1.Veto;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The one ledger that repairs, rollouts and maintenance draw on: a ceiling per domain, never a
 * mandate, and all of a machine's domains bind at once. Nothing is stored: what is taken follows
 * from the machines and their repairs ({@link LedgerIndex}), so the ledger cannot disagree with
 * them.
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

  private Budget() {}

  /** Whether the Device Manager made the machine unavailable, or lets it be. */
  public static boolean taken(Entities state, Machine machine) {
    return taken(machine, LedgerIndex.openRepair(state, machine));
  }

  static boolean taken(Machine machine, @Nullable Repair repair) {
    if (machine.getLifecycle() == Lifecycle.DRAINING
        || machine.getLifecycle() == Lifecycle.MAINTENANCE) {
      return true;
    }
    if (repair != null && takes(repair)) {
      return true;
    }
    boolean inService = machine.getLifecycle() == Lifecycle.IN_SERVICE;
    return (inService || ImageSwitch.isOut(machine))
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
    return lost(machine, taken(state, machine));
  }

  static boolean lost(Machine machine, boolean taken) {
    boolean inService = machine.getLifecycle() == Lifecycle.IN_SERVICE;
    if (taken || (!inService && !ImageSwitch.isOut(machine))) {
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

  /** Every domain's standing, by name. */
  public static SortedMap<String, Usage> usage(Entities state) {
    SortedMap<String, Usage> usage = new TreeMap<>();
    usage.put(Domains.FLEET, usage(state, Domains.FLEET));
    state
        .fleet()
        .getUnitsList()
        .forEach(
            each -> usage.put("unit/" + each.getName(), usage(state, "unit/" + each.getName())));
    state
        .indexes()
        .ledger
        .domains()
        .keySet()
        .forEach(domain -> usage.put(domain, usage(state, domain)));
    return usage;
  }

  /** One domain's standing. */
  public static Usage usage(Entities state, String domain) {
    LedgerIndex.Count count = state.indexes().ledger.count(domain);
    return new Usage(
        Policies.limit(limitOf(state, domain), count.members()), count.taken(), count.lost());
  }

  /** How a machine's domains stand, in their order. */
  public static List<BudgetStanding> standing(Entities state, Machine machine) {
    List<BudgetStanding> standing = new ArrayList<>();
    for (String domain : Domains.of(machine)) {
      Usage usage = usage(state, domain);
      standing.add(
          BudgetStanding.newBuilder()
              .setDomain(domain)
              .setLimit(usage.limit())
              .setTaken(usage.taken())
              .setLost(usage.lost())
              .build());
    }
    return standing;
  }

  /** Why the machine may not be taken now: one veto. Empty when it may, or is taken already. */
  public static Optional<Veto> veto(Entities state, Machine machine, Purpose purpose) {
    return vetoes(state, machine, purpose).stream().findFirst();
  }

  /** As {@link #veto}, for each domain that has no room; in the order of {@link Domains#of}. */
  public static List<Veto> vetoes(Entities state, Machine machine, Purpose purpose) {
    if (taken(state, machine)) {
      return List.of();
    }
    List<Veto> vetoes = new ArrayList<>();
    for (String domain : Domains.of(machine)) {
      Usage usage = usage(state, domain);
      if (!hasRoom(usage, purpose)) {
        vetoes.add(
            Veto.newBuilder()
                .setKind("budget")
                .setDomain(domain)
                .setLimit(usage.limit())
                .setTaken(usage.taken())
                .setLost(usage.lost())
                .setSentence(sentence(domain, usage, purpose))
                .build());
      }
    }
    return vetoes;
  }

  /** Whether nothing in {@link #vetoes} would keep the machine from being repaired. */
  static boolean hasRoom(Entities state, Machine machine) {
    if (taken(state, machine)) {
      return true;
    }
    for (String domain : Domains.of(machine)) {
      if (!hasRoom(usage(state, domain), Purpose.REPAIR)) {
        return false;
      }
    }
    return true;
  }

  /** Whether no machine at all may be taken for this purpose. */
  static boolean isFleetSpent(Entities state, Purpose purpose) {
    return !hasRoom(usage(state, Domains.FLEET), purpose);
  }

  private static boolean hasRoom(Usage usage, Purpose purpose) {
    // a repair's own machine is lost already: taking it does not add to what is down
    int lost = purpose == Purpose.REPAIR ? 0 : usage.lost();
    return usage.taken() + lost + 1 <= usage.limit();
  }

  /**
   * What is lost keeps no repair waiting, so its veto does not name it: it would have to be written
   * anew for every machine that fails meanwhile.
   */
  private static String sentence(String domain, Usage usage, Purpose purpose) {
    return "the budget of %s is spent: %s of %s machines are taken%s"
        .formatted(
            domain,
            usage.taken(),
            usage.limit(),
            usage.lost() == 0 || purpose == Purpose.REPAIR ? "" : " and " + usage.lost() + " lost");
  }

  private static Limit limitOf(Entities state, String domain) {
    Budgets given = state.fleet().getBudgets();
    return switch (Domains.dimension(domain)) {
      case "fleet" -> or(given.getFleet(), 5);
      case "unit" -> or(given.getUnit(), 10);
      case "rack" -> or(given.getRack(), 20);
      case "switch" -> or(given.getSwitch(), 10);
      case "feed" -> or(given.getFeed(), 10);
      case "type" -> or(given.getType(), 5);
      default -> throw new IllegalStateException("not a domain: " + domain);
    };
  }

  private static Limit or(Limit given, int percent) {
    return Policies.isUnset(given) ? Limit.newBuilder().setPercent(percent).build() : given;
  }

  /** Machines that are, or were, capacity: the base of percentages. */
  static boolean isMember(Machine machine) {
    return switch (machine.getLifecycle()) {
      case IN_SERVICE, DRAINING, MAINTENANCE, AWAITING_REPLACEMENT, PROVISIONING, BURN_IN -> true;
      case EXPECTED, DISCOVERED, DECOMMISSIONED, LIFECYCLE_UNSPECIFIED, UNRECOGNIZED -> false;
    };
  }
}
