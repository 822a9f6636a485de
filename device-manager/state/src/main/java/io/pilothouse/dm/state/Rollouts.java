package io.pilothouse.dm.state;

import com.google.protobuf.Message;
import io.pilothouse.api.log.v1.ControlRollout;
import io.pilothouse.api.log.v1.StartRollout;
import io.pilothouse.api.v1.Lifecycle;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.Manifest;
import io.pilothouse.api.v1.Rollout;
import io.pilothouse.api.v1.RolloutOrBuilder;
import io.pilothouse.api.v1.RolloutPolicy;
import io.pilothouse.api.v1.RolloutUnit;
import io.pilothouse.api.v1.ScaleUnit;
import io.pilothouse.api.v1.Thing;
import io.pilothouse.api.v1.VersionRef;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Rollouts: a version reaches a machine type scale unit by scale unit, each through Probation, and
 * goes back by itself. This class is the door; {@link RolloutSteps} moves an open rollout on,
 * {@link RolloutSwitch} switches machines, {@link RolloutOrders} does what people tell a rollout,
 * {@link Reconcile} brings the rest to their unit's version.
 */
final class Rollouts {
  private static final int CLOSED_KEPT = 200;

  private Rollouts() {}

  /**
   * Starts one.
   *
   * @return its id
   */
  static String start(Draft draft, StartRollout command) throws RefusedException {
    Manifest version =
        RolloutPlanner.check(draft, command.getType(), command.getName(), command.getVersion());
    VersionRef to = version.getRef();
    Thing thing = Things.of(version);
    RolloutPlanner.requireUnchanged(draft, command);
    RolloutPolicy.Builder policy = Policies.rollout(draft, command.getType()).toBuilder();
    boolean asked = command.getFirstCount() > 0;
    if (asked) {
      policy.clearFirst().addAllFirst(command.getFirstList());
    }
    List<String> canary =
        RolloutCanary.select(draft, command.getType(), policy.getFirstList(), asked);
    long number = draft.meta().getNextRollout() + 1;
    draft.put(draft.meta().toBuilder().setNextRollout(number).build());
    Rollout.Builder rollout =
        Rollout.newBuilder()
            .setId("O-" + number)
            .setType(command.getType())
            .setTo(to)
            .setState(Rollout.State.PLANNED)
            .setCreatedAt(draft.nowMillis())
            .setPolicy(policy)
            .setPrincipal(draft.request().getPrincipal())
            .setOrder(number)
            .setThing(thing);
    RolloutCanary.unit(draft, command.getType(), canary).ifPresent(rollout::addUnits);
    for (String unit : units(draft, command.getType())) {
      RolloutUnit.Builder each =
          RolloutUnit.newBuilder().setName(unit).setState(RolloutUnit.State.PENDING);
      VersionRef before = UnitVersions.before(draft, command.getType(), unit, thing);
      if (!before.getName().isEmpty()) {
        each.setBefore(before);
      }
      rollout.addUnits(
          each.setMachines(draft.indexes().machines.of(command.getType(), unit).size()));
    }
    RolloutSteps.move(
        draft,
        rollout,
        Rollout.State.STAGING,
        "%s for %s: units %s"
            .formatted(
                Texts.ref(to),
                command.getType(),
                rollout.getUnitsList().stream()
                    .map(RolloutUnit::getName)
                    .collect(Collectors.joining(", "))));
    rollout.setDeadline(draft.nowMillis() + rollout.getPolicy().getDeadlineMs());
    RolloutSteps.put(draft, rollout);
    forget(draft);
    return rollout.getId();
  }

  /** What a person tells a rollout. */
  static void control(Draft draft, ControlRollout command) throws RefusedException {
    RolloutOrders.control(draft, command);
  }

  /** Moves every open rollout on as far as it goes, oldest first. */
  static void settle(Draft draft) {
    Agenda.Work work = draft.agenda().takeRollouts();
    SortedMap<String, Message> due = draft.due(Table.ROLLOUT);
    List<Rollout> open = draft.indexes().rollouts.open(draft);
    for (Rollout each : RolloutShare.inTurn(draft, open)) {
      Rollout rollout = draft.rollout(each.getId()).orElseThrow();
      boolean again =
          work.everything()
              || work.room()
              || work.names().contains(rollout.getId())
              || due.containsKey(rollout.getId())
              || hasChangedMachines(rollout, work);
      if (again) {
        RolloutSteps.step(draft, rollout);
      }
    }
    Reconcile.run(draft);
  }

  private static boolean hasChangedMachines(Rollout rollout, Agenda.Work work) {
    return work.groups().stream().anyMatch(group -> group.type().equals(rollout.getType()));
  }

  /**
   * The version that a machine is to run when it comes back into service: the one that an open
   * rollout switched it to, or else its unit's; empty when none was rolled out yet.
   */
  static Optional<VersionRef> wantedVersion(Entities state, Machine machine, Thing thing) {
    Optional<VersionRef> switched =
        state
            .rollout(machine.getRolloutId())
            .filter(Rollouts::isOpen)
            .filter(each -> each.getThing() == thing)
            .filter(each -> each.getState() != Rollout.State.ROLLING_BACK)
            .filter(
                each ->
                    each.getUnitsList().stream()
                        .anyMatch(unit -> unit.getSwitchedList().contains(machine.getName())))
            .map(Rollout::getTo);
    Optional<VersionRef> ahead =
        RolloutCanary.ahead(state, machine, thing)
            .filter(each -> each.getState() != Rollout.State.ROLLING_BACK)
            .map(Rollout::getTo);
    return switched.or(() -> ahead).or(() -> UnitVersions.of(state, machine, thing));
  }

  /** Has a machine that comes back into service run what it should, of all that is staged. */
  static void wantVersions(Entities state, Machine.Builder machine) {
    for (Thing thing : Things.STAGED) {
      wantedVersion(state, machine.build(), thing)
          .ifPresent(each -> Things.want(machine, thing, each));
    }
  }

  /** Whether an open rollout switched the machine and decides about its failure. */
  static boolean explains(Entities state, Machine machine) {
    return state
        .rollout(machine.getRolloutId())
        .filter(Rollouts::isOpen)
        .filter(each -> Things.wants(machine, each))
        .filter(each -> !IncidentRollouts.isExcused(state, each, machine))
        .isPresent();
  }

  /** A machine that a rollout switched went into FAILURE. */
  static void machineFailed(Draft draft, Machine machine) {
    Rollout.Builder rollout = draft.rollout(machine.getRolloutId()).orElseThrow().toBuilder();
    for (int i = 0; i < rollout.getUnitsCount(); i++) {
      RolloutUnit unit = rollout.getUnits(i);
      if (unit.getSwitchedList().contains(machine.getName())) {
        rollout.setUnits(
            i,
            unit.toBuilder()
                .clearFailed()
                .addAllFailed(RolloutSwitch.with(unit.getFailedList(), machine.getName())));
      }
    }
    draft.put(rollout.build());
  }

  static boolean isOpen(Rollout rollout) {
    return switch (rollout.getState()) {
      case PLANNED, STAGING, ACTIVATING, VERIFYING, SOAKING, PAUSED, ROLLING_BACK -> true;
      case COMPLETED, ROLLED_BACK, ABORTED, STATE_UNSPECIFIED, UNRECOGNIZED -> false;
    };
  }

  /** Scale units that have machines of the type, in rollout order. */
  static List<String> units(Entities state, String type) {
    return state.fleet().getUnitsList().stream()
        .sorted(Comparator.comparingInt(ScaleUnit::getOrder).thenComparing(ScaleUnit::getName))
        .map(ScaleUnit::getName)
        .filter(each -> !state.indexes().machines.of(type, each).isEmpty())
        .toList();
  }

  /** Machines of a rollout's unit that are, or will be, in the fleet; by name. */
  static List<Machine> members(Entities state, RolloutOrBuilder rollout, RolloutUnit unit) {
    if (!RolloutCanary.is(unit)) {
      return members(state, rollout.getType(), unit.getName());
    }
    return unit.getMembersList().stream()
        .flatMap(each -> state.machine(each).stream())
        .filter(each -> isMember(each, rollout.getType()))
        .toList();
  }

  /** How many {@link #members} there are. */
  static int size(Entities state, RolloutOrBuilder rollout, RolloutUnit unit) {
    return RolloutCanary.is(unit)
        ? members(state, rollout, unit).size()
        : state.indexes().machines.of(rollout.getType(), unit.getName()).size();
  }

  static boolean isMember(Machine machine, String type) {
    return machine.getType().equals(type) && machine.getLifecycle() != Lifecycle.DECOMMISSIONED;
  }

  /** Machines of the type in the unit that are, or will be, in the fleet; by name. */
  static List<Machine> members(Entities state, String type, String unit) {
    return state.indexes().machines.of(type, unit).stream()
        .map(each -> state.machine(each).orElseThrow())
        .toList();
  }

  private static void forget(Draft draft) {
    List<Rollout> closed = draft.indexes().rollouts.closed(draft);
    closed.stream()
        .limit(Math.max(0, closed.size() - CLOSED_KEPT))
        .filter(each -> !isNeeded(draft, each))
        .forEach(each -> draft.removeRollout(each.getId()));
  }

  /** However old: it says whom an abort left where, or what machines go back to. */
  private static boolean isNeeded(Entities state, Rollout rollout) {
    RolloutIndex rollouts = state.indexes().rollouts;
    String type = rollout.getType();
    return Policies.type(state, type).isPresent()
        && Stream.of(
                rollouts.newest(state, type, rollout.getThing()),
                rollouts.lastCompleted(state, type, rollout.getThing()))
            .flatMap(Optional::stream)
            .anyMatch(each -> each.getId().equals(rollout.getId()));
  }
}
