package io.pilothouse.dm.state;

import io.pilothouse.api.v1.Condition;
import io.pilothouse.api.v1.Lifecycle;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.ProbationCause;
import io.pilothouse.api.v1.Rollout;
import io.pilothouse.api.v1.RolloutOrBuilder;
import io.pilothouse.api.v1.RolloutUnit;
import io.pilothouse.api.v1.Thing;
import io.pilothouse.api.v1.VersionRef;
import io.pilothouse.api.v1.Veto;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/** Switches machines from one version to another, never more at once than may be unavailable. */
final class RolloutSwitch {

  private RolloutSwitch() {}

  /** In service, healthy and not held: what a rollout may switch and counts on. */
  static boolean isEligible(Entities state, Machine machine) {
    return machine.getLifecycle() == Lifecycle.IN_SERVICE
        && machine.getCondition() == Condition.HEALTHY
        && machine.getIncidentId().isEmpty()
        && !DomainHolds.isHeld(state, machine)
        && !machine.getDrainRequested();
  }

  /** Whether every byte of the version is on the machine's disk, as far as it comes there. */
  static boolean holds(Machine machine, Thing thing, VersionRef ref) {
    return !Things.STAGED.contains(thing) || machine.getObserved().getStagedList().contains(ref);
  }

  static boolean isHealthyOn(Machine machine, RolloutOrBuilder rollout) {
    return machine.getLifecycle() == Lifecycle.IN_SERVICE
        && machine.getCondition() == Condition.HEALTHY
        && Things.observed(machine, rollout.getThing()).equals(rollout.getTo());
  }

  /** What keeps a machine from being healthy on a new version, in a few words. */
  static String blocker(Entities state, Machine machine, Thing thing) {
    if (machine.getLifecycle() != Lifecycle.IN_SERVICE) {
      return machine.getLifecycle().name();
    }
    if (!machine.getIncidentId().isEmpty()) {
      return "incident " + machine.getIncidentId();
    }
    if (machine.hasError()) {
      return machine.getError().getWatchdog() + ": " + machine.getError().getText();
    }
    if (machine.getCondition() != Condition.HEALTHY) {
      return machine.getCondition().name().toLowerCase(Locale.ROOT);
    }
    if (machine.hasHold()) {
      return "held: " + machine.getHold().getReason();
    }
    Optional<Veto> held = DomainHolds.veto(state, machine);
    if (held.isPresent()) {
      return held.get().getSentence();
    }
    return machine.getDrainRequested()
        ? "to be drained"
        : "runs " + Texts.ref(Things.observed(machine, thing));
  }

  /** Machines of a unit that the rollout has switched. */
  static List<Machine> switched(Entities state, RolloutUnit unit) {
    return machines(state, unit.getSwitchedList());
  }

  static List<Machine> machines(Entities state, List<String> names) {
    return names.stream().flatMap(each -> state.machine(each).stream()).toList();
  }

  /** The names with one more, sorted. */
  static List<String> with(List<String> names, String more) {
    return Stream.concat(names.stream(), Stream.of(more)).distinct().sorted().toList();
  }

  /**
   * Switches as many machines of the current unit as may be.
   *
   * @return what it still waits for, by machine; empty when all that can be are switched, or none
   *     can be
   */
  static List<String> activate(Draft draft, Rollout.Builder rollout) {
    RolloutUnit unit = rollout.getUnits(rollout.getCurrent());
    List<Machine> members = Rollouts.members(draft, rollout, unit);
    int batch = Policies.limit(rollout.getPolicy().getMaxUnavailable(), members.size());
    int away = (int) members.stream().filter(each -> isAway(each, rollout.getId())).count();
    List<String> waiting = new ArrayList<>();
    int may = RolloutGate.of(rollout, draft.nowMillis()).machines();
    int turned = 0;
    int kept = 0;
    for (Machine machine : members) {
      boolean there =
          Things.wants(machine, rollout) || machine.getLifecycle() != Lifecycle.IN_SERVICE;
      if (there) {
        continue;
      }
      Optional<Rollout> other = UnitTurns.other(draft, rollout, machine);
      if (other.isPresent()) {
        waiting.add("%s (%s has it)".formatted(machine.getName(), UnitTurns.words(other.get())));
      } else if (machine.getCondition() == Condition.PROBATION) {
        waiting.add(machine.getName() + " (in Probation)");
      } else if (isEligible(draft, machine)
          && !holds(machine, rollout.getThing(), rollout.getTo())) {
        waiting.add(machine.getName() + " (not staged)");
      } else if (isEligible(draft, machine)) {
        boolean install = isInstall(machine, rollout.getThing());
        Optional<String> veto =
            install
                ? Optional.empty()
                : veto(draft, machine, away, batch, unit.getName(), Budget.Purpose.ROLLOUT);
        if (veto.isPresent()) {
          waiting.add(machine.getName() + " (" + veto.get() + ")");
        } else if (turned == may) {
          kept++;
        } else {
          turned++;
          away += install ? 0 : 1;
          turn(
              draft,
              machine,
              rollout.getThing(),
              rollout.getTo(),
              rollout.getId(),
              install ? ProbationCause.CAUSE_INSTALL : ProbationCause.CAUSE_ROLLOUT);
          unit = addSwitched(unit, machine.getName());
          rollout.setUnits(rollout.getCurrent(), unit);
        }
      }
    }
    RolloutGate.note(rollout, draft.nowMillis(), turned);
    String gate = RolloutGate.keep(rollout, draft.nowMillis(), kept);
    if (!gate.isEmpty()) {
      waiting.add(0, gate);
    }
    return waiting;
  }

  /** A machine that runs nothing yet serves nothing: its first manifest takes nothing away. */
  static boolean isInstall(Machine machine, Thing thing) {
    return thing == Thing.THING_MANIFEST && machine.getWantedActive().getName().isEmpty();
  }

  private static Optional<String> veto(
      Draft draft, Machine machine, int away, int batch, String unit, Budget.Purpose purpose) {
    if (away >= batch) {
      return Optional.of("waits its turn, %s of %s at once".formatted(batch, unit));
    }
    return Budget.veto(draft, machine, purpose).map(Veto::getSentence);
  }

  private static boolean isAway(Machine machine, String rollout) {
    return machine.getRolloutId().equals(rollout)
        && machine.getCondition() != Condition.HEALTHY
        && machine.getCause() != ProbationCause.CAUSE_INSTALL;
  }

  private static RolloutUnit addSwitched(RolloutUnit unit, String machine) {
    return unit.toBuilder()
        .clearSwitched()
        .addAllSwitched(with(unit.getSwitchedList(), machine))
        .build();
  }

  static void turn(
      Draft draft,
      Machine machine,
      Thing thing,
      VersionRef to,
      String rollout,
      ProbationCause cause) {
    Machine.Builder next = Things.want(machine.toBuilder(), thing, to).setRolloutId(rollout);
    String text =
        "%s: %s%s → %s"
            .formatted(
                rollout.isEmpty() ? "to its unit's version" : "rollout " + rollout,
                thing == Thing.THING_MANIFEST ? "" : Things.word(thing) + " ",
                Texts.ref(Things.standing(machine, thing)),
                Texts.ref(to));
    Conditions.enterProbation(draft, next, cause, text, List.of(text), "");
  }

  /**
   * Switches back what a rollout brought to its version: failing machines at once, healthy ones in
   * batches.
   *
   * @return what it still waits for, by machine
   */
  static List<String> rollBack(Draft draft, Rollout.Builder rollout) {
    List<String> waiting = new ArrayList<>();
    for (int i = 0; i < rollout.getUnitsCount(); i++) {
      boolean untouched =
          rollout.getUnits(i).getState() == RolloutUnit.State.PENDING
              || rollout.getUnits(i).getBefore().equals(rollout.getTo());
      if (!untouched) {
        rollBack(draft, rollout, i, waiting);
      }
    }
    return waiting;
  }

  private static void rollBack(
      Draft draft, Rollout.Builder rollout, int index, List<String> waiting) {
    RolloutUnit unit = rollout.getUnits(index);
    List<Machine> members = Rollouts.members(draft, rollout, unit);
    int batch = Policies.limit(rollout.getPolicy().getMaxUnavailable(), members.size());
    int away = (int) members.stream().filter(each -> isAway(each, rollout.getId())).count();
    for (Machine machine : brought(draft, rollout, unit)) {
      String name = machine.getName();
      VersionRef before = RolloutCanary.before(rollout, unit, machine);
      boolean isBack = !Things.wants(machine, rollout) || before.equals(rollout.getTo());
      boolean inService = machine.getLifecycle() == Lifecycle.IN_SERVICE;
      if (isBack && inService && machine.getCondition() == Condition.PROBATION) {
        waiting.add(name + " (in Probation)");
      }
      // a held one is out of the rollout's hands: it gets its unit's version when the hold ends
      if (isBack || DomainHolds.isHeld(draft, machine)) {
        continue;
      }
      Optional<Rollout> other = UnitTurns.other(draft, rollout, machine);
      if (other.isPresent() && machine.getCondition() != Condition.HEALTHY) {
        waiting.add("%s (%s has it)".formatted(name, UnitTurns.words(other.get())));
        continue;
      }
      if (!inService || !machine.getRepairId().isEmpty()) {
        // it comes back on the version before
        draft.put(Things.want(machine.toBuilder(), rollout.getThing(), before).build());
      } else if (machine.getCondition() != Condition.HEALTHY) {
        turn(
            draft,
            machine,
            rollout.getThing(),
            before,
            rollout.getId(),
            ProbationCause.CAUSE_ROLLBACK);
        unit = addSwitched(unit, name);
        waiting.add(name + " (in Probation)");
      } else {
        // going back mends: as a repair it is not held back by the machines that are lost already
        Optional<String> veto =
            veto(draft, machine, away, batch, unit.getName(), Budget.Purpose.REPAIR);
        if (veto.isEmpty()) {
          away++;
          turn(
              draft,
              machine,
              rollout.getThing(),
              before,
              rollout.getId(),
              ProbationCause.CAUSE_ROLLOUT);
          unit = addSwitched(unit, name);
        }
        waiting.add("%s (%s)".formatted(name, veto.orElse("in Probation")));
      }
    }
    rollout.setUnits(index, unit);
  }

  /** Machines that run a unit's new version, or ran it: switched, joined or returned since. */
  private static List<Machine> brought(Draft draft, Rollout.Builder rollout, RolloutUnit unit) {
    List<Machine> brought = new ArrayList<>(switched(draft, unit));
    for (Machine machine : Rollouts.members(draft, rollout, unit)) {
      boolean joined =
          unit.getState() != RolloutUnit.State.SKIPPED && Things.wants(machine, rollout);
      if (joined && !brought.contains(machine)) {
        brought.add(machine);
      }
    }
    return brought;
  }

  /** The rollout no longer answers for the unit's machines: failures are repaired again. */
  static void releaseUnit(Draft draft, String rollout, RolloutUnit unit) {
    for (Machine machine : switched(draft, unit)) {
      if (machine.getRolloutId().equals(rollout)) {
        draft.put(machine.toBuilder().clearRolloutId().build());
      }
    }
  }

  static void release(Draft draft, Rollout rollout) {
    rollout.getUnitsList().forEach(each -> releaseUnit(draft, rollout.getId(), each));
  }
}
