package io.pilothouse.dm.state;

import io.pilothouse.api.v1.Condition;
import io.pilothouse.api.v1.Lifecycle;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.ProbationCause;
import io.pilothouse.api.v1.Rollout;
import io.pilothouse.api.v1.RolloutUnit;
import io.pilothouse.api.v1.VersionRef;
import io.pilothouse.api.v1.Veto;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Switches machines from one version to another, never more at once than may be unavailable. */
final class RolloutSwitch {

  private RolloutSwitch() {}

  /** In service, healthy and not held: what a rollout may switch and counts on. */
  static boolean isEligible(Machine machine) {
    return machine.getLifecycle() == Lifecycle.IN_SERVICE
        && machine.getCondition() == Condition.HEALTHY
        && !machine.hasHold()
        && !machine.getDrainRequested();
  }

  /** Whether every byte of the version is on the machine's disk. */
  static boolean holds(Machine machine, VersionRef ref) {
    return machine.getObserved().getStagedList().contains(ref);
  }

  static boolean isHealthyOn(Machine machine, VersionRef ref) {
    return machine.getLifecycle() == Lifecycle.IN_SERVICE
        && machine.getCondition() == Condition.HEALTHY
        && machine.getObserved().getActive().equals(ref);
  }

  /** What keeps a machine from being healthy on its version, in a word. */
  static String blocker(Machine machine) {
    if (machine.getLifecycle() != Lifecycle.IN_SERVICE) {
      return machine.getLifecycle().name();
    }
    if (machine.hasError()) {
      return machine.getError().getWatchdog() + ": " + machine.getError().getText();
    }
    return machine.getCondition().name().toLowerCase(java.util.Locale.ROOT);
  }

  /** Machines of a unit that the rollout has switched. */
  static List<Machine> switched(Entities state, RolloutUnit unit) {
    return unit.getSwitchedList().stream().flatMap(each -> state.machine(each).stream()).toList();
  }

  /**
   * Switches as many machines of the current unit as may be.
   *
   * @return what it still waits for, by machine; empty when all that can be are switched
   */
  static List<String> activate(Draft draft, Rollout.Builder rollout) {
    RolloutUnit unit = rollout.getUnits(rollout.getCurrent());
    List<Machine> members = Rollouts.members(draft, rollout.getType(), unit.getName());
    int batch = Policies.limit(rollout.getPolicy().getMaxUnavailable(), members.size());
    int away = (int) members.stream().filter(each -> isAway(each, rollout.getId())).count();
    List<String> waiting = new ArrayList<>();
    for (Machine machine : members) {
      boolean there =
          machine.getWantedActive().equals(rollout.getTo())
              || machine.getLifecycle() != Lifecycle.IN_SERVICE;
      if (there) {
        continue;
      }
      if (machine.getCondition() == Condition.PROBATION) {
        waiting.add(machine.getName() + " (in Probation)");
      } else if (isEligible(machine) && !holds(machine, rollout.getTo())) {
        waiting.add(machine.getName() + " (not staged)");
      } else if (isEligible(machine)) {
        boolean install = machine.getWantedActive().getName().isEmpty();
        Optional<String> veto =
            install ? Optional.empty() : veto(draft, machine, away, batch, unit.getName());
        if (veto.isPresent()) {
          waiting.add(machine.getName() + " (" + veto.get() + ")");
        } else {
          away += install ? 0 : 1;
          turn(
              draft,
              machine,
              rollout.getTo(),
              rollout.getId(),
              install ? ProbationCause.CAUSE_INSTALL : ProbationCause.CAUSE_ROLLOUT);
          unit = addSwitched(unit, machine.getName());
          rollout.setUnits(rollout.getCurrent(), unit);
        }
      }
    }
    boolean nothingYet = unit.getSwitchedCount() == 0;
    if (waiting.isEmpty() && nothingYet) {
      members.stream()
          .filter(each -> !isHealthyOn(each, rollout.getTo()))
          .filter(each -> !RolloutSteps.isInService(each))
          .forEach(each -> waiting.add(each.getName() + " (" + each.getLifecycle() + ")"));
    }
    return waiting;
  }

  private static Optional<String> veto(
      Draft draft, Machine machine, int away, int batch, String unit) {
    if (away >= batch) {
      return Optional.of("waits its turn, %s of %s at once".formatted(batch, unit));
    }
    return Budget.veto(draft, machine, Budget.Purpose.ROLLOUT).map(Veto::getSentence);
  }

  private static boolean isAway(Machine machine, String rollout) {
    return machine.getRolloutId().equals(rollout)
        && machine.getCondition() != Condition.HEALTHY
        && machine.getCause() != ProbationCause.CAUSE_INSTALL;
  }

  private static RolloutUnit addSwitched(RolloutUnit unit, String machine) {
    List<String> names =
        Stream.concat(unit.getSwitchedList().stream(), Stream.of(machine))
            .distinct()
            .sorted()
            .toList();
    return unit.toBuilder().clearSwitched().addAllSwitched(names).build();
  }

  private static void turn(
      Draft draft, Machine machine, VersionRef to, String rollout, ProbationCause cause) {
    Machine.Builder next = machine.toBuilder().setWantedActive(to).setRolloutId(rollout);
    String text =
        "%s: %s → %s"
            .formatted(
                rollout.isEmpty() ? "to its unit's version" : "rollout " + rollout,
                Texts.ref(machine.getWantedActive()),
                Texts.ref(to));
    Conditions.enterProbation(draft, next, cause, text, List.of(text), "");
  }

  /**
   * Switches back what a rollout switched: failing machines at once, healthy ones in batches.
   *
   * @return what it still waits for, by machine
   */
  static List<String> rollBack(Draft draft, Rollout.Builder rollout) {
    List<String> waiting = new ArrayList<>();
    for (RolloutUnit unit : rollout.getUnitsList()) {
      int members = Rollouts.members(draft, rollout.getType(), unit.getName()).size();
      int batch = Policies.limit(rollout.getPolicy().getMaxUnavailable(), members);
      int away =
          (int)
              switched(draft, unit).stream().filter(each -> isAway(each, rollout.getId())).count();
      for (Machine machine : switched(draft, unit)) {
        if (isBack(machine, rollout)) {
          boolean settled =
              machine.getCondition() == Condition.HEALTHY
                  || machine.getCondition() == Condition.FAILURE
                  || machine.getLifecycle() != Lifecycle.IN_SERVICE;
          if (!settled) {
            waiting.add(machine.getName() + " (in Probation)");
          }
        } else if (machine.getLifecycle() != Lifecycle.IN_SERVICE
            || !machine.getRepairId().isEmpty()) {
          // it gets the version before when it returns
          draft.put(machine.toBuilder().setWantedActive(unit.getBefore()).build());
        } else if (machine.getCondition() != Condition.HEALTHY) {
          turn(draft, machine, unit.getBefore(), rollout.getId(), ProbationCause.CAUSE_ROLLBACK);
          waiting.add(machine.getName() + " (in Probation)");
        } else {
          Optional<String> veto = veto(draft, machine, away, batch, unit.getName());
          if (veto.isEmpty()) {
            away++;
            turn(draft, machine, unit.getBefore(), rollout.getId(), ProbationCause.CAUSE_ROLLOUT);
          }
          waiting.add(machine.getName() + " (" + veto.orElse("in Probation") + ")");
        }
      }
    }
    return waiting;
  }

  private static boolean isBack(Machine machine, Rollout.Builder rollout) {
    return !machine.getWantedActive().equals(rollout.getTo());
  }

  /** The rollout no longer answers for the unit's machines: failures are repaired again. */
  static void releaseUnit(Draft draft, RolloutUnit unit) {
    for (Machine machine : switched(draft, unit)) {
      draft.put(machine.toBuilder().clearRolloutId().build());
    }
  }

  static void release(Draft draft, Rollout rollout) {
    rollout.getUnitsList().forEach(each -> releaseUnit(draft, each));
  }

  /**
   * Brings healthy machines that no rollout answers for to their unit's version: those that were
   * held, under repair or joining when their unit was switched. Within the budget, by name.
   */
  static void reconcile(Draft draft) {
    for (Machine machine : List.copyOf(draft.machines())) {
      Optional<VersionRef> wanted = Rollouts.wantedVersion(draft, machine);
      boolean differs =
          wanted.isPresent()
              && machine.getRolloutId().isEmpty()
              && isEligible(machine)
              && !machine.getWantedActive().equals(wanted.get())
              && !isBeingSwitched(draft, machine);
      if (!differs || (!wanted.get().getName().isEmpty() && !holds(machine, wanted.get()))) {
        continue;
      }
      boolean install = machine.getWantedActive().getName().isEmpty();
      if (install || Budget.veto(draft, machine, Budget.Purpose.ROLLOUT).isEmpty()) {
        turn(
            draft,
            machine,
            wanted.get(),
            "",
            install ? ProbationCause.CAUSE_INSTALL : ProbationCause.CAUSE_ROLLOUT);
      }
    }
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
}
