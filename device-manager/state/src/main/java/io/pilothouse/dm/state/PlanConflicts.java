package io.pilothouse.dm.state;

import io.pilothouse.api.v1.Condition;
import io.pilothouse.api.v1.Freeze;
import io.pilothouse.api.v1.Incident;
import io.pilothouse.api.v1.Lifecycle;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.Repair;
import io.pilothouse.api.v1.Rollout;
import io.pilothouse.api.v1.RolloutUnit;
import io.pilothouse.api.v1.Thing;
import io.pilothouse.api.v1.Veto;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;

/** What would be in a rollout's way: a sentence each, the fleet's before those of machines. */
final class PlanConflicts {
  // of a large fleet there are always some; who wants all of them lists machines by condition
  private static final int MACHINES_NAMED = 20;

  private final Entities state;
  private final Thing thing;
  private final List<String> fleet = new ArrayList<>();
  private final List<String> machines = new ArrayList<>();
  private final SortedSet<String> held = new TreeSet<>();
  private final SortedSet<String> incidents = new TreeSet<>();
  private int unnamed;

  PlanConflicts(Entities state, Thing thing) {
    this.state = state;
    this.thing = thing;
    Freeze freeze = state.freeze();
    if (freeze.getFrozen()) {
      fleet.add(
          "repairs are frozen by %s: %s; machines that fail meanwhile stay so"
              .formatted(freeze.getPrincipal(), freeze.getReason()));
    }
  }

  /** Other open rollouts that draw on the budget of the same units. */
  void rollouts(Collection<String> units) {
    for (Rollout other : state.indexes().rollouts.open(state)) {
      List<String> shared =
          other.getUnitsList().stream()
              .filter(each -> each.getState() != RolloutUnit.State.SKIPPED)
              .map(RolloutUnit::getName)
              .filter(units::contains)
              .toList();
      if (!shared.isEmpty()) {
        fleet.add(
            "rollout %s of %s to %s is %s: it shares the budget of %s"
                .formatted(
                    other.getId(),
                    other.getType(),
                    Texts.ref(other.getTo()),
                    other.getState(),
                    String.join(", ", shared)));
      }
    }
  }

  void late(String unit, long spanMs, long deadlineMs) {
    fleet.add(
        "%s needs about %s, its deadline is %s"
            .formatted(unit, Texts.elapsed(spanMs), Texts.span(deadlineMs)));
  }

  /** What the estimate of an image rests on when nobody knows better. */
  void install(String type, InstallSpan span) {
    if (!span.measured()) {
      fleet.add(
          "no install of a machine of %s is on record: each is reckoned with %s, the most that its"
                  .formatted(type, Texts.elapsed(span.ms()))
              + " steps may take");
    }
  }

  void machine(Machine machine) {
    Optional<Incident> incident = state.incident(machine.getIncidentId());
    if (incident.isPresent() && incidents.add(incident.get().getId())) {
      fleet.add("incident %s: %s".formatted(incident.get().getId(), incident.get().getSentence()));
    }
    Optional<Veto> domain = DomainHolds.veto(state, machine);
    if (domain.isPresent() && held.add(domain.get().getDomain())) {
      fleet.add(domain.get().getSentence());
    }
    Optional<String> own = own(machine);
    if (own.isPresent() && machines.size() < MACHINES_NAMED) {
      machines.add(machine.getName() + own.get());
    } else if (own.isPresent()) {
      unnamed++;
    }
  }

  private Optional<String> own(Machine machine) {
    Optional<Repair> repair =
        Optional.ofNullable(LedgerIndex.openRepair(state, machine))
            .filter(each -> machine.getCondition() != Condition.PROBATION);
    if (machine.hasHold()) {
      return Optional.of(" is held: " + machine.getHold().getReason());
    }
    if (repair.isPresent()) {
      return Optional.of(
          " is under repair: %s %s is %s"
              .formatted(
                  repair.get().getId(),
                  Texts.action(repair.get().getAction()),
                  Texts.state(repair.get().getState())));
    }
    if (machine.getLifecycle() != Lifecycle.IN_SERVICE) {
      return Optional.of(" is " + machine.getLifecycle());
    }
    if (machine.getCondition() == Condition.FAILURE) {
      return Optional.of(" is in FAILURE: " + RolloutSwitch.blocker(state, machine, thing));
    }
    if (machine.getCondition() == Condition.PROBATION) {
      return Optional.of(" is in PROBATION (" + Words.cause(machine.getCause()) + ")");
    }
    return machine.getDrainRequested() ? Optional.of(" is to be drained") : Optional.empty();
  }

  List<String> sentences() {
    List<String> all = new ArrayList<>(fleet);
    all.addAll(machines);
    if (unnamed > 0) {
      all.add("and %s more machines that cannot be switched now".formatted(unnamed));
    }
    return all;
  }
}
