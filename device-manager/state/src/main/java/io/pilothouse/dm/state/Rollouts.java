package io.pilothouse.dm.state;

import io.pilothouse.api.log.v1.ControlRollout;
import io.pilothouse.api.log.v1.Refusal;
import io.pilothouse.api.log.v1.StartRollout;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.Rollout;
import io.pilothouse.api.v1.RolloutUnit;
import io.pilothouse.api.v1.ScaleUnit;
import io.pilothouse.api.v1.UnitVersion;
import io.pilothouse.api.v1.VersionRef;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * Rollouts: a version reaches a machine type scale unit by scale unit, each through Probation, and
 * goes back by itself. This class is the door; {@link RolloutSteps} moves an open rollout on,
 * {@link RolloutSwitch} switches machines.
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
    VersionRef to =
        RolloutPlanner.check(draft, command.getType(), command.getName(), command.getVersion());
    if (!command.getPlanDigest().isEmpty()) {
      String now =
          RolloutPlanner.plan(draft, command.getType(), to.getName(), to.getVersion()).getDigest();
      if (!now.equals(command.getPlanDigest())) {
        throw new RefusedException(
            Refusal.Code.PRECONDITION,
            "the fleet has changed since the plan: its digest was %s, now it is %s"
                .formatted(command.getPlanDigest(), now),
            "plan again and start with the new digest");
      }
    }
    long number = draft.meta().getNextRollout() + 1;
    draft.put(draft.meta().toBuilder().setNextRollout(number).build());
    Rollout.Builder rollout =
        Rollout.newBuilder()
            .setId("O-" + number)
            .setType(command.getType())
            .setTo(to)
            .setState(Rollout.State.PLANNED)
            .setCreatedAt(draft.nowMillis())
            .setPolicy(Policies.rollout(draft, command.getType()))
            .setPrincipal(draft.request().getPrincipal())
            .setOrder(number);
    for (String unit : units(draft, command.getType())) {
      RolloutUnit.Builder each =
          RolloutUnit.newBuilder().setName(unit).setState(RolloutUnit.State.PENDING);
      draft
          .unitVersion(command.getType(), unit)
          .ifPresent(version -> each.setBefore(version.getVersion()));
      rollout.addUnits(each.setMachines(members(draft, command.getType(), unit).size()));
    }
    RolloutSteps.move(
        draft,
        rollout,
        Rollout.State.STAGING,
        "%s for %s: units %s"
            .formatted(
                Texts.ref(to),
                command.getType(),
                String.join(", ", units(draft, command.getType()))));
    rollout.setDeadline(draft.nowMillis() + rollout.getPolicy().getDeadlineMs());
    RolloutSteps.put(draft, rollout);
    forget(draft);
    return rollout.getId();
  }

  /** What a person tells a rollout. */
  static void control(Draft draft, ControlRollout command) throws RefusedException {
    Optional<Rollout> found = draft.rollout(command.getRollout());
    if (found.isEmpty()) {
      throw new RefusedException(
          Refusal.Code.NOT_FOUND,
          "no rollout \"" + command.getRollout() + "\"",
          "`pilot rollout list` shows those there are");
    }
    Operators.requireReason(draft, "this");
    Rollout rollout = found.get();
    String reason = draft.request().getReason();
    boolean paused = rollout.getState() == Rollout.State.PAUSED;
    boolean back = rollout.getState() == Rollout.State.ROLLING_BACK;
    boolean allowed =
        isOpen(rollout)
            && switch (command.getVerb()) {
              case PAUSE -> !paused && !back;
              case RESUME -> paused;
              case SKIP -> !back && rollout.getState() != Rollout.State.STAGING;
              case ABORT -> true;
              case ROLL_BACK -> !back;
              case VERB_UNSPECIFIED, UNRECOGNIZED -> false;
            };
    if (!allowed) {
      throw new RefusedException(
          Refusal.Code.PRECONDITION,
          "%s is %s: it cannot %s now"
              .formatted(rollout.getId(), rollout.getState(), command.getVerb()),
          "pilot rollout show " + rollout.getId());
    }
    Rollout.Builder next = rollout.toBuilder();
    switch (command.getVerb()) {
      case PAUSE -> RolloutSteps.pause(draft, next, reason);
      case RESUME -> {
        Rollout.State to = next.getResumeTo();
        RolloutSteps.move(draft, next, to, "resumed: " + reason);
        next.setPauseReason("").setDeadline(draft.nowMillis() + next.getPolicy().getDeadlineMs());
      }
      case SKIP -> RolloutSteps.skip(draft, next, command.getUnit(), reason);
      case ABORT -> {
        next.setReason(reason);
        RolloutSteps.move(draft, next, Rollout.State.ABORTED, "aborted: " + reason);
        RolloutSwitch.release(draft, rollout);
      }
      case ROLL_BACK -> RolloutSteps.rollBack(draft, next, reason);
      case VERB_UNSPECIFIED, UNRECOGNIZED ->
          throw new IllegalStateException("refused above: " + command);
    }
    RolloutSteps.put(draft, next);
  }

  /** Moves every open rollout on as far as it goes, oldest first. */
  static void settle(Draft draft) {
    List<Rollout> open =
        draft.rollouts().stream()
            .filter(Rollouts::isOpen)
            .sorted(Comparator.comparingLong(Rollout::getOrder))
            .toList();
    open.forEach(each -> RolloutSteps.step(draft, each));
    RolloutSwitch.reconcile(draft);
  }

  /** The version that the machine's type runs in its unit; empty when none was rolled out yet. */
  static Optional<VersionRef> wantedVersion(Entities state, Machine machine) {
    return state
        .unitVersion(machine.getType(), machine.getScaleUnit())
        .map(UnitVersion::getVersion);
  }

  /** Whether an open rollout switched the machine and decides about its failure. */
  static boolean explains(Entities state, Machine machine) {
    return !machine.getRolloutId().isEmpty()
        && state
            .rollout(machine.getRolloutId())
            .filter(Rollouts::isOpen)
            .filter(each -> each.getTo().equals(machine.getWantedActive()))
            .isPresent();
  }

  /** A machine that a rollout switched went into FAILURE. */
  static void machineFailed(Draft draft, Machine machine) {
    Rollout.Builder rollout = draft.rollout(machine.getRolloutId()).orElseThrow().toBuilder();
    for (int i = 0; i < rollout.getUnitsCount(); i++) {
      RolloutUnit unit = rollout.getUnits(i);
      boolean here = unit.getName().equals(machine.getScaleUnit());
      if (here && !unit.getFailedList().contains(machine.getName())) {
        List<String> failed =
            java.util.stream.Stream.concat(
                    unit.getFailedList().stream(), java.util.stream.Stream.of(machine.getName()))
                .sorted()
                .toList();
        rollout.setUnits(i, unit.toBuilder().clearFailed().addAllFailed(failed));
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
        .filter(each -> !members(state, type, each).isEmpty())
        .toList();
  }

  /** Machines of the type in the unit that are, or will be, in the fleet; by name. */
  static List<Machine> members(Entities state, String type, String unit) {
    return state.machines().stream()
        .filter(each -> each.getType().equals(type) && each.getScaleUnit().equals(unit))
        .filter(each -> each.getLifecycle() != io.pilothouse.api.v1.Lifecycle.DECOMMISSIONED)
        .toList();
  }

  private static void forget(Draft draft) {
    List<Rollout> closed =
        draft.rollouts().stream()
            .filter(each -> !isOpen(each))
            .sorted(Comparator.comparingLong(Rollout::getOrder))
            .toList();
    for (int i = 0; i < closed.size() - CLOSED_KEPT; i++) {
      draft.removeRollout(closed.get(i).getId());
    }
  }
}
