package io.pilothouse.dm.state;

import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.ProbationCause;
import io.pilothouse.api.v1.Rollout;
import io.pilothouse.api.v1.RolloutUnit;
import io.pilothouse.api.v1.VersionRef;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * Brings healthy machines that no rollout answers for to their unit's version: those that were
 * held, under repair or joining when their unit was switched. Within the budget, by name.
 */
final class Reconcile {

  private Reconcile() {}

  static void run(Draft draft) {
    for (Machine machine : List.copyOf(draft.machines())) {
      Optional<VersionRef> wanted = Rollouts.wantedVersion(draft, machine);
      boolean differs =
          wanted.isPresent()
              && !machine.getWantedActive().equals(wanted.get())
              && machine.getRolloutId().isEmpty()
              && RolloutSwitch.isEligible(draft, machine)
              && hasOrNeedsNothing(machine, wanted.get())
              && !isBeingSwitched(draft, machine)
              && !isLeftByAbort(draft, machine);
      if (!differs) {
        continue;
      }
      boolean install = machine.getWantedActive().getName().isEmpty();
      if (install || Budget.veto(draft, machine, Budget.Purpose.ROLLOUT).isEmpty()) {
        RolloutSwitch.turn(
            draft,
            machine,
            wanted.get(),
            "",
            install ? ProbationCause.CAUSE_INSTALL : ProbationCause.CAUSE_ROLLOUT);
      }
    }
  }

  /**
   * The version of its unit for a machine in FAILURE that no rollout answers for, if it runs
   * another one and has that on its disk: what failed may be the version that it should not run.
   */
  static Optional<VersionRef> versionForFailed(Entities state, Machine machine) {
    return Rollouts.wantedVersion(state, machine)
        .filter(each -> machine.getRolloutId().isEmpty())
        .filter(each -> !DomainHolds.isHeld(state, machine))
        .filter(each -> !each.equals(machine.getWantedActive()))
        .filter(each -> hasOrNeedsNothing(machine, each));
  }

  private static boolean hasOrNeedsNothing(Machine machine, VersionRef wanted) {
    return wanted.getName().isEmpty() || RolloutSwitch.holds(machine, wanted);
  }

  /** Whether an open rollout is about to move, or is moving, the machine's unit. */
  private static boolean isBeingSwitched(Entities state, Machine machine) {
    return state.rollouts().stream()
        .filter(Rollouts::isOpen)
        .filter(each -> each.getType().equals(machine.getType()))
        .flatMap(each -> each.getUnitsList().stream())
        .filter(each -> each.getName().equals(machine.getScaleUnit()))
        .anyMatch(
            each ->
                switch (each.getState()) {
                  case UNIT_ACTIVATING, UNIT_VERIFYING, UNIT_FAILED -> true;
                  case PENDING,
                      UNIT_SOAKING,
                      PASSED,
                      SKIPPED,
                      UNIT_ROLLED_BACK,
                      STATE_UNSPECIFIED,
                      UNRECOGNIZED ->
                      false;
                });
  }

  /**
   * Whether a person aborted the rollout that switched the machine: it stays as it is until the
   * type's next rollout.
   */
  private static boolean isLeftByAbort(Entities state, Machine machine) {
    return state.rollouts().stream()
        .filter(each -> each.getType().equals(machine.getType()))
        .max(Comparator.comparingLong(Rollout::getOrder))
        .filter(each -> each.getState() == Rollout.State.ABORTED)
        .filter(each -> each.getTo().equals(machine.getWantedActive()))
        .filter(each -> each.getUnitsList().stream().anyMatch(unit -> switched(unit, machine)))
        .isPresent();
  }

  private static boolean switched(RolloutUnit unit, Machine machine) {
    return unit.getSwitchedList().contains(machine.getName());
  }
}
