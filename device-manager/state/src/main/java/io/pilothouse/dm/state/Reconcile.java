package io.pilothouse.dm.state;

import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.ProbationCause;
import io.pilothouse.api.v1.Rollout;
import io.pilothouse.api.v1.VersionRef;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Brings healthy machines that no rollout answers for to their unit's version: those that were
 * held, under repair or joining when their unit was switched. Within the budget, by name.
 */
final class Reconcile {

  private Reconcile() {}

  /** Looks at the strays that changed, and at all of them when the budget has more room. */
  static void run(Draft draft) {
    Agenda.Work work = draft.agenda().takeStrays();
    SortedSet<String> strays = draft.indexes().strays.strays();
    boolean all = work.everything() || work.room();
    SortedMap<String, SortedSet<String>> aborted = new TreeMap<>();
    for (String name : List.copyOf(all ? strays : work.names())) {
      Machine machine = draft.machine(name).orElse(Machine.getDefaultInstance());
      Optional<VersionRef> wanted =
          strays.contains(name) ? Rollouts.wantedVersion(draft, machine) : Optional.empty();
      boolean may =
          wanted.isPresent()
              && RolloutSwitch.isEligible(draft, machine)
              && hasOrNeedsNothing(machine, wanted.get())
              && !isBeingSwitched(draft, machine)
              && !aborted
                  .computeIfAbsent(machine.getType(), type -> leftByAbort(draft, type))
                  .contains(name);
      if (!may) {
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
    return state.indexes().rollouts.open(state).stream()
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
   * Machines that a rollout which a person aborted had switched, and that still run its version:
   * they stay as they are until the type's next rollout.
   */
  private static SortedSet<String> leftByAbort(Entities state, String type) {
    SortedSet<String> left = new TreeSet<>();
    state
        .indexes()
        .rollouts
        .newest(state, type)
        .filter(each -> each.getState() == Rollout.State.ABORTED)
        .ifPresent(
            rollout ->
                rollout.getUnitsList().stream()
                    .flatMap(unit -> RolloutSwitch.switched(state, unit).stream())
                    .filter(each -> each.getWantedActive().equals(rollout.getTo()))
                    .forEach(each -> left.add(each.getName())));
    return left;
  }
}
