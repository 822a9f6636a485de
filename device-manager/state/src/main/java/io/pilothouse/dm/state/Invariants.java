package io.pilothouse.dm.state;

import io.pilothouse.api.log.v1.Event;
import io.pilothouse.api.v1.Condition;
import io.pilothouse.api.v1.Consent;
import io.pilothouse.api.v1.Lifecycle;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.Repair;
import io.pilothouse.manifests.offers.OfferCheck;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * What must hold at every index, by name. Checked after each step of the simulation; those about
 * more than one state (audit, replay, tokens) are checked there.
 */
public final class Invariants {
  private final Entities state;
  private final Map<String, Budget.Usage> before;
  private final Offerability offerability;
  private final List<String> broken = new ArrayList<>();

  private Invariants(Entities state, Map<String, Budget.Usage> before) {
    this.state = state;
    this.offerability = new Offerability(state);
    this.before = before;
  }

  /** Names and details of what is violated; empty when all hold. */
  public static List<String> check(Entities state) {
    return check(state, Map.of());
  }

  /**
   * As {@link #check(Entities)}, but a domain may have more taken than its limit when it had no
   * fewer {@code before} (by {@link Budget#usage}): an apply lowered the limit, or a decommission
   * the number that it is a share of. What is taken then stays so; nothing is added.
   */
  public static List<String> check(Entities state, Map<String, Budget.Usage> before) {
    return new Invariants(state, before).check();
  }

  /**
   * As {@link #check(Entities)}, but only of what these events changed, so that an entry costs as
   * much as it changes. The budget is not among it: a caller that comes after every entry counts it
   * as it goes.
   *
   * @param machines those that changed, and those that refer to what changed
   */
  public static List<String> checkChanged(
      Entities state, Set<String> machines, List<Event> events) {
    Invariants check = new Invariants(state, Map.of());
    Set<String> repairs = new TreeSet<>();
    Set<String> rollouts = new TreeSet<>();
    Set<String> incidents = new TreeSet<>();
    Set<String> watchdogs = new TreeSet<>();
    for (Event event : events) {
      switch (event.getKindCase()) {
        case REPAIR -> repairs.add(event.getRepair().getId());
        case ROLLOUT -> rollouts.add(event.getRollout().getId());
        case INCIDENT -> incidents.add(event.getIncident().getId());
        case WATCHDOG -> watchdogs.add(event.getWatchdog().getName());
        case OFFER_FRAMEWORK, OFFER_AGENT -> check.offers();
        default -> {
          // no invariant is about one of these alone
        }
      }
    }
    for (String name : machines) {
      state.machine(name).ifPresent(check::machine);
      state.machine(name).map(Machine::getRepairId).ifPresent(repairs::add);
    }
    repairs.forEach(each -> state.repair(each).ifPresent(check::repair));
    check.broken.addAll(RolloutInvariants.checkChanged(state, machines, rollouts));
    check.broken.addAll(
        IncidentInvariants.checkChanged(state, machines, rollouts, incidents, watchdogs));
    return check.broken;
  }

  /**
   * Whether what is kept beside the tables follows from them. Costs as much as loading the state.
   */
  public static List<String> checkIndexes(Entities state) {
    State rebuilt = new State();
    for (Table table : Table.values()) {
      state.table(table).forEach((key, value) -> rebuilt.put(new Change(table, key, value)));
    }
    List<String> broken = new ArrayList<>();
    rebuilt
        .indexes()
        .contents()
        .forEach(
            (index, parts) ->
                parts.forEach(
                    (part, expected) -> {
                      Object kept = state.indexes().contents().get(index).get(part);
                      if (!expected.equals(kept)) {
                        broken.add(
                            "%s, %s: holds %s, the tables say %s"
                                .formatted(index, part, kept, expected));
                      }
                    }));
    return broken;
  }

  private List<String> check() {
    budget();
    state.machines().forEach(this::machine);
    state.repairs().forEach(this::repair);
    offers();
    broken.addAll(RolloutInvariants.check(state));
    broken.addAll(IncidentInvariants.check(state));
    return broken;
  }

  private void budget() {
    Budget.usage(state)
        .forEach(
            (domain, usage) -> {
              Budget.Usage was = before.get(domain);
              boolean inherited = was != null && usage.taken() <= was.taken();
              if (usage.taken() > usage.limit() && !inherited) {
                broken.add(
                    "1 taken <= limit: %s has %s taken of %s"
                        .formatted(domain, usage.taken(), usage.limit()));
              }
            });
  }

  /** Neither kind of frameworks grows without end, nor does what is reserved. */
  private void offers() {
    int live = state.indexes().offers.live();
    int ended = state.indexes().offers.ended().size();
    if (live > OfferFrameworks.MOST || ended > OfferFrameworks.ENDED_KEPT) {
      broken.add("frameworks are bounded: %s, and %s that ended".formatted(live, ended));
    }
    long held = state.indexes().offers.heldBytes();
    if (held < 0 || held > OfferAgents.MOST_BYTES) {
      broken.add("what is reserved is bounded: %s bytes".formatted(held));
    }
  }

  private void machine(Machine machine) {
    boolean inService = machine.getLifecycle() == Lifecycle.IN_SERVICE;
    if (inService == (machine.getCondition() == Condition.CONDITION_UNSPECIFIED) && inService) {
      broken.add("lifecycle and condition: %s is IN_SERVICE without".formatted(machine.getName()));
    }
    boolean installing =
        machine.getLifecycle() == Lifecycle.PROVISIONING
            || machine.getLifecycle() == Lifecycle.BURN_IN;
    if (installing != machine.hasProvisioning()) {
      broken.add(
          "provisioning: %s is %s %s an assignment"
              .formatted(
                  machine.getName(),
                  machine.getLifecycle(),
                  machine.hasProvisioning() ? "with" : "without"));
    }
    boolean well =
        inService
            && machine.getCondition() == Condition.HEALTHY
            && machine.getRepairId().isEmpty()
            && !machine.getDrainRequested();
    if (!well && offerability.of(machine).filter(each -> each.whyNot().isEmpty()).isPresent()) {
      broken.add("3 only HEALTHY machines are offered: " + machine.getName());
    }
    Optional<Repair> repair = state.repair(machine.getRepairId());
    boolean dangling =
        !machine.getRepairId().isEmpty()
            && repair.filter(each -> each.getMachine().equals(machine.getName())).isEmpty();
    if (dangling) {
      broken.add(
          "repair reference: %s names %s".formatted(machine.getName(), machine.getRepairId()));
    }
    boolean unattended =
        inService
            && machine.getCondition() == Condition.FAILURE
            && machine.getRepairId().isEmpty()
            && !Rollouts.explains(state, machine);
    if (unattended) {
      broken.add(
          "no failure is forgotten: " + machine.getName() + " has neither repair nor rollout");
    }
    Consent consent = machine.getConsent();
    long delay = consent.getDelayedUntil() - consent.getDelayedFrom();
    if (delay < 0 || delay > OfferCheck.LONGEST_DELAY.toMillis()) {
      broken.add(
          "nobody blocks a drain: %s is delayed by %s ms".formatted(machine.getName(), delay));
    }
    boolean unstaged =
        inService
            && !machine.getObserved().getActive().getName().isEmpty()
            && !machine.getObserved().getStagedList().contains(machine.getObserved().getActive());
    if (unstaged) {
      broken.add("6 active is fully staged: " + machine.getName());
    }
  }

  private void repair(Repair repair) {
    boolean open =
        switch (repair.getState()) {
          case ASSIGNED, WAITING, READY, CLAIMED, REPAIR_DRAINING, EXECUTING, VERIFYING -> true;
          case DONE, FAILED, EXPIRED, STATE_UNSPECIFIED, UNRECOGNIZED -> false;
        };
    boolean owned =
        state
            .machine(repair.getMachine())
            .filter(each -> each.getRepairId().equals(repair.getId()))
            .isPresent();
    if (repair.getState() == Repair.State.REPAIR_DRAINING && repair.getDeadline() == 0) {
      broken.add("nobody blocks a drain: %s has no deadline".formatted(repair.getId()));
    }
    if (open != owned) {
      broken.add(
          "one open repair a machine: %s of %s is %s"
              .formatted(repair.getId(), repair.getMachine(), repair.getState()));
    }
  }
}
