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
import java.util.SortedSet;
import java.util.TreeSet;
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

  /** Whether every byte is at hand: on the machine's disk, or of an image where installers ask. */
  static boolean holds(Entities state, Machine machine, Thing thing, VersionRef ref) {
    return Things.STAGED.contains(thing)
        ? machine.getObserved().getStagedList().contains(ref)
        : Manifests.isHeld(state, ref);
  }

  static boolean isHealthyOn(Machine machine, RolloutOrBuilder rollout) {
    return machine.getLifecycle() == Lifecycle.IN_SERVICE
        && machine.getCondition() == Condition.HEALTHY
        && Things.observed(machine, rollout.getThing()).equals(rollout.getTo());
  }

  /** What keeps a machine from being healthy on a new version, in a few words. */
  static String blocker(Entities state, Machine machine, Thing thing) {
    if (ImageSwitch.isStuck(machine)) {
      return "not installed: " + machine.getProvisioning().getReason();
    }
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
   * @return what it still waits for; empty when all that can be are switched, or none can be
   */
  static Named activate(Draft draft, Rollout.Builder rollout) {
    RolloutUnit unit = rollout.getUnits(rollout.getCurrent());
    StandingIndex standings = draft.indexes().standings;
    SortedSet<String> ready = standings.of(rollout, unit, Standing.READY);
    Thing thing = rollout.getThing();
    Named waiting = new Named();
    List<String> turned = new ArrayList<>();
    int batch = batch(draft, rollout, unit);
    int away = standings.unavailable(rollout, unit).size();
    int may = RolloutGate.of(rollout, draft.nowMillis()).machines();
    int share = RolloutShare.of(draft, rollout);
    Named queue = new Named();
    int kept = 0;
    String last = "";
    while (!ready.tailSet(last + '\0').isEmpty()) {
      last = ready.tailSet(last + '\0').first();
      Machine machine = draft.machine(last).orElseThrow();
      if (isInstalledWith(machine, rollout)) {
        draft.put(Things.want(machine.toBuilder(), thing, rollout.getTo()).build());
        continue;
      }
      Optional<Rollout> other = UnitTurns.other(draft, rollout, machine);
      boolean install = isInstall(machine, thing);
      if (other.isPresent()) {
        waiting.add("%s (%s has it)".formatted(last, UnitTurns.words(other.get())));
        continue;
      }
      if ((!install && away >= batch) || turned.size() >= share) {
        if (unit.getBefore().getName().isEmpty()) {
          queue.add(last);
          continue;
        }
        // nobody in it runs nothing: none that comes after may go before
        queue.addAll(ready.tailSet(last), each -> each);
        break;
      }
      Optional<Veto> veto =
          install ? Optional.empty() : Budget.veto(draft, machine, Budget.Purpose.ROLLOUT);
      if (veto.isPresent()) {
        waiting.add("%s (%s)".formatted(last, veto.get().getSentence()));
        if (isOfAll(veto.get(), unit)) {
          waiting.addAll(ready.tailSet(last + '\0'), each -> each);
          break;
        }
      } else if (turned.size() == may) {
        kept = ready.tailSet(last).size();
        break;
      } else {
        away += install ? 0 : 1;
        turn(
            draft,
            machine,
            thing,
            rollout.getTo(),
            rollout.getId(),
            install ? ProbationCause.CAUSE_INSTALL : ProbationCause.CAUSE_ROLLOUT);
        turned.add(last);
      }
    }
    addSwitched(rollout, rollout.getCurrent(), turned);
    RolloutGate.note(rollout, draft.nowMillis(), turned.size());
    String gate = RolloutGate.keep(rollout, draft.nowMillis(), kept);
    String lacks = thing == Thing.THING_IMAGE ? " (to be installed)" : " (not staged)";
    Named all = new Named();
    if (!gate.isEmpty()) {
      all.add(gate);
    }
    if (!queue.isEmpty()) {
      String wait = queue.count() == 1 ? "waits its turn" : "wait their turn";
      all.add("%s (%s, %s of %s at once)".formatted(queue, wait, batch, unit.getName()));
    }
    return all.addAll(waiting)
        .addAll(standings.of(rollout, unit, Standing.BUSY), each -> busy(draft, rollout, each))
        .addAll(standings.of(rollout, unit, Standing.UNSTAGED), each -> each + lacks);
  }

  private static String busy(Draft draft, Rollout.Builder rollout, String name) {
    return UnitTurns.other(draft, rollout, draft.machine(name).orElseThrow())
        .map(other -> "%s (%s has it)".formatted(name, UnitTurns.words(other)))
        .orElse(name + " (in Probation)");
  }

  /** Whether what is spent is spent for every machine of the unit. */
  private static boolean isOfAll(Veto veto, RolloutUnit unit) {
    String domain = veto.getDomain();
    return domain.equals(Domains.FLEET)
        || domain.startsWith("type/")
        || domain.equals("unit/" + unit.getName());
  }

  /** How many of a unit may be away at once. */
  static int batch(Entities state, RolloutOrBuilder rollout, RolloutUnit unit) {
    return Policies.limit(
        rollout.getPolicy().getMaxUnavailable(), Rollouts.size(state, rollout, unit));
  }

  /** A machine that runs nothing yet serves nothing: its first manifest takes nothing away. */
  static boolean isInstall(Machine machine, Thing thing) {
    return thing == Thing.THING_MANIFEST && machine.getWantedActive().getName().isEmpty();
  }

  private static void addSwitched(Rollout.Builder rollout, int index, List<String> turned) {
    if (turned.isEmpty()) {
      return;
    }
    RolloutUnit unit = rollout.getUnits(index);
    TreeSet<String> switched = new TreeSet<>(unit.getSwitchedList());
    switched.addAll(turned);
    rollout.setUnits(index, unit.toBuilder().clearSwitched().addAllSwitched(switched));
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
    boolean heard = RepairDrain.isHeard(draft, machine); // from then on it is to report anew
    Conditions.enterProbation(draft, next, cause, text, List.of(text), "");
    if (thing == Thing.THING_IMAGE) {
      ImageSwitch.begin(draft, machine.getName(), text, heard);
    }
  }

  /** Whether it serves with the version already, without a rollout ever having given it one. */
  private static boolean isInstalledWith(Machine machine, RolloutOrBuilder rollout) {
    return rollout.getThing() == Thing.THING_IMAGE
        && machine.getWantedImage().getName().isEmpty()
        && isHealthyOn(machine, rollout);
  }

  /**
   * The rollout no longer answers for the unit's machines: failures are repaired again. Who they
   * were need not be kept of a unit that passed: its version says what all of it runs.
   */
  static void releaseUnit(Draft draft, Rollout.Builder rollout, int index) {
    RolloutUnit unit = rollout.getUnits(index);
    for (String name : List.copyOf(draft.indexes().standings.bound(rollout.getId()))) {
      Machine machine = draft.machine(name).orElseThrow();
      boolean in =
          RolloutCanary.is(unit)
              ? unit.getMembersList().contains(name)
              // one that was moved to another unit since is still this one's
              : machine.getScaleUnit().equals(unit.getName())
                  || unit.getSwitchedList().contains(name);
      if (in) {
        draft.put(machine.toBuilder().clearRolloutId().build());
      }
    }
    if (unit.getState() == RolloutUnit.State.PASSED && !RolloutCanary.is(unit)) {
      rollout.setUnits(index, unit.toBuilder().clearSwitched());
    }
  }

  static void release(Draft draft, Rollout.Builder rollout) {
    for (String name : List.copyOf(draft.indexes().standings.bound(rollout.getId()))) {
      draft.put(draft.machine(name).orElseThrow().toBuilder().clearRolloutId().build());
    }
  }
}
