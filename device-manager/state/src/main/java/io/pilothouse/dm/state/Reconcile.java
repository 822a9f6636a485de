package io.pilothouse.dm.state;

import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.ProbationCause;
import io.pilothouse.api.v1.Rollout;
import io.pilothouse.api.v1.Thing;
import io.pilothouse.api.v1.VersionRef;
import java.util.ArrayList;
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
      Optional<Machine> machine = draft.machine(name).filter(each -> strays.contains(name));
      if (machine.isEmpty() || !RolloutSwitch.isEligible(draft, machine.get())) {
        continue;
      }
      // one thing after the other: each has a Probation of its own, and is what failed in it
      Things.ALL.stream()
          .filter(thing -> mayMove(draft, machine.get(), thing))
          .filter(
              thing ->
                  !aborted
                      .computeIfAbsent(
                          machine.get().getType() + "/" + thing,
                          key -> leftByAbort(draft, machine.get().getType(), thing))
                      .contains(name))
          .findFirst()
          .ifPresent(thing -> move(draft, machine.get(), thing));
    }
  }

  private static boolean mayMove(Draft draft, Machine machine, Thing thing) {
    return behind(draft, machine, thing)
        .filter(each -> hasOrNeedsNothing(draft, machine, thing, each))
        .filter(each -> !isBeingSwitched(draft, machine, thing))
        .isPresent();
  }

  private static void move(Draft draft, Machine machine, Thing thing) {
    boolean install = RolloutSwitch.isInstall(machine, thing);
    if (install || Budget.veto(draft, machine, Budget.Purpose.ROLLOUT).isEmpty()) {
      RolloutSwitch.turn(
          draft,
          machine,
          thing,
          behind(draft, machine, thing).orElseThrow(),
          "",
          install ? ProbationCause.CAUSE_INSTALL : ProbationCause.CAUSE_ROLLOUT);
    }
  }

  /** The version that the machine's unit has and the machine does not. */
  private static Optional<VersionRef> behind(Entities state, Machine machine, Thing thing) {
    return Rollouts.wantedVersion(state, machine, thing)
        .filter(each -> !each.equals(Things.standing(machine, thing)));
  }

  /**
   * Has a machine in FAILURE that no rollout answers for want the versions of its unit, where it
   * wants others and has those on its disk: what failed may be what it should not run.
   *
   * @return what it wants anew; of an image, which takes an install, never
   */
  static List<VersionRef> wantUnitsVersions(Entities state, Machine.Builder machine) {
    List<VersionRef> anew = new ArrayList<>();
    Machine failed = machine.build();
    if (failed.getRolloutId().isEmpty() && !DomainHolds.isHeld(state, failed)) {
      for (Thing thing : Things.STAGED) {
        Optional<VersionRef> wanted =
            behind(state, failed, thing)
                .filter(each -> hasOrNeedsNothing(state, failed, thing, each));
        wanted.ifPresent(each -> Things.want(machine, thing, each));
        wanted.ifPresent(anew::add);
      }
    }
    return anew;
  }

  private static boolean hasOrNeedsNothing(
      Entities state, Machine machine, Thing thing, VersionRef wanted) {
    return wanted.getName().isEmpty() || RolloutSwitch.holds(state, machine, thing, wanted);
  }

  /** Whether an open rollout is about to move, or is moving, the machine's unit. */
  private static boolean isBeingSwitched(Entities state, Machine machine, Thing thing) {
    return state.indexes().rollouts.open(state).stream()
        .filter(each -> each.getType().equals(machine.getType()) && each.getThing() == thing)
        .anyMatch(each -> moves(each, machine.getScaleUnit()));
  }

  private static boolean moves(Rollout rollout, String name) {
    boolean back = rollout.getState() == Rollout.State.ROLLING_BACK;
    return rollout.getUnitsList().stream()
        .filter(each -> each.getName().equals(name))
        .anyMatch(
            each ->
                switch (each.getState()) {
                  case UNIT_ACTIVATING, UNIT_VERIFYING, UNIT_FAILED -> true;
                  case PASSED -> back; // in its batches, not by the way
                  case PENDING,
                      UNIT_SOAKING,
                      SKIPPED,
                      UNIT_ROLLED_BACK,
                      STATE_UNSPECIFIED,
                      UNRECOGNIZED ->
                      false;
                });
  }

  /**
   * Machines that a rollout which a person aborted had switched, and that still run its version:
   * they stay as they are until the type's next rollout of the thing.
   */
  private static SortedSet<String> leftByAbort(Entities state, String type, Thing thing) {
    SortedSet<String> left = new TreeSet<>();
    state
        .indexes()
        .rollouts
        .newest(state, type, thing)
        .filter(each -> each.getState() == Rollout.State.ABORTED)
        .ifPresent(
            rollout ->
                rollout.getUnitsList().stream()
                    .flatMap(unit -> RolloutSwitch.switched(state, unit).stream())
                    .filter(each -> Things.wants(each, rollout))
                    .forEach(each -> left.add(each.getName())));
    return left;
  }
}
