package io.pilothouse.dm.state;

import io.pilothouse.api.v1.Condition;
import io.pilothouse.api.v1.Lifecycle;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.ProbationCause;
import io.pilothouse.api.v1.Rollout;
import io.pilothouse.api.v1.RolloutUnit;
import io.pilothouse.api.v1.Thing;
import io.pilothouse.api.v1.VersionRef;
import io.pilothouse.api.v1.Veto;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * Switches back what a rollout brought to its version: failing machines at once, healthy ones in
 * batches. Neither windows nor pace hold it up, and it neither begins with a canary nor soaks.
 */
final class RolloutReturn {
  private final Draft draft;
  private final Rollout.Builder rollout;
  private final Named waiting = new Named();

  private RolloutReturn(Draft draft, Rollout.Builder rollout) {
    this.draft = draft;
    this.rollout = rollout;
  }

  /** What it still waits for; empty when every machine is back. */
  static Named go(Draft draft, Rollout.Builder rollout) {
    RolloutReturn back = new RolloutReturn(draft, rollout);
    for (RolloutUnit unit : rollout.getUnitsList()) {
      if (isTouched(rollout, unit)) {
        back.unit(unit);
      }
    }
    return back.waiting;
  }

  /** Whether machines of the unit may run the version because of the rollout. */
  static boolean isTouched(Rollout.Builder rollout, RolloutUnit unit) {
    return unit.getState() != RolloutUnit.State.PENDING
        && !unit.getBefore().equals(rollout.getTo());
  }

  private void unit(RolloutUnit unit) {
    SortedSet<String> out = draft.indexes().standings.unavailable(rollout, unit);
    int away = out.size();
    if (out.stream().anyMatch(this::isOnItsWay)) {
      waiting.addAll(out, each -> each + " (in Probation)");
    }
    for (Standing standing :
        List.of(Standing.GONE, Standing.EXCUSED, Standing.AWAY, Standing.HEALTHY)) {
      away = turn(unit, standing, away);
    }
  }

  private boolean isOnItsWay(String name) {
    Machine machine = draft.machine(name).orElseThrow();
    boolean inProbation =
        machine.getLifecycle() == Lifecycle.IN_SERVICE
            && machine.getCondition() == Condition.PROBATION;
    return !Things.wants(machine, rollout) && (inProbation || isInstalled(machine));
  }

  /** An installation that ends by itself, one way or the other; a held machine's does not. */
  private boolean isInstalled(Machine machine) {
    return ImageSwitch.isOut(machine, rollout.getId())
        && !ImageSwitch.isStuck(machine)
        && !DomainHolds.isHeld(draft, machine);
  }

  /** Of machines that stand so; says how many are away then. */
  private int turn(RolloutUnit unit, Standing standing, int before) {
    int away = before;
    int batch = RolloutSwitch.batch(draft, rollout, unit);
    SortedSet<String> still = draft.indexes().standings.of(rollout, unit, standing);
    String last = "";
    while (!still.tailSet(last + '\0').isEmpty()) {
      last = still.tailSet(last + '\0').first();
      Machine machine = draft.machine(last).orElseThrow();
      VersionRef to = RolloutCanary.before(rollout, unit, machine);
      boolean others =
          unit.getState() == RolloutUnit.State.SKIPPED && !unit.getSwitchedList().contains(last);
      // a held one is out of the rollout's hands: it gets its unit's version when the hold ends
      if (others || to.equals(rollout.getTo()) || DomainHolds.isHeld(draft, machine)) {
        continue;
      }
      boolean healthy = machine.getCondition() == Condition.HEALTHY;
      Optional<Rollout> other = UnitTurns.other(draft, rollout, machine);
      if (other.isPresent() && !healthy && !isOurs(machine, other.get())) {
        waiting.add("%s (%s has it)".formatted(last, UnitTurns.words(other.get())));
      } else if (ImageSwitch.isOut(machine, rollout.getId())) {
        ImageSwitch.again(draft, machine, to);
        waiting.add(last + " (to be installed again)");
      } else if (machine.getLifecycle() != Lifecycle.IN_SERVICE
          || !machine.getRepairId().isEmpty()) {
        comesBack(machine, to);
      } else if (rollout.getThing() == Thing.THING_IMAGE && lacked(machine, to).isPresent()) {
        // on the image that it goes back from it may serve, without any it cannot
        waiting.add(
            "%s (%s)".formatted(last, Manifests.notHeld(lacked(machine, to).orElseThrow())));
      } else if (!healthy) {
        turn(machine, to, ProbationCause.CAUSE_ROLLBACK);
      } else if (away >= batch) {
        waiting.addAll(new TreeSet<>(still.tailSet(last)), each -> each + " (waits its turn)");
        return away;
      } else {
        // going back mends: as a repair it is not held back by the machines that are lost already
        Optional<Veto> veto = Budget.veto(draft, machine, Budget.Purpose.REPAIR);
        if (veto.isEmpty()) {
          away++;
          turn(machine, to, ProbationCause.CAUSE_ROLLOUT);
        } else {
          waiting.add("%s (%s)".formatted(last, veto.get().getSentence()));
        }
      }
    }
    return away;
  }

  /** The image that it goes back to, of its unit or by the fleet's files, when nobody holds it. */
  private Optional<VersionRef> lacked(Machine machine, VersionRef to) {
    return Optional.of(to)
        .filter(each -> !each.getName().isEmpty())
        .or(() -> UnitVersions.ofFiles(draft, machine.getType()))
        .filter(each -> !Manifests.isHeld(draft, each));
  }

  /** The other has nothing to judge by it: an incident knows that what goes back here failed it. */
  private boolean isOurs(Machine machine, Rollout other) {
    return IncidentRollouts.isExcused(draft, other, machine)
        && !IncidentRollouts.isExcused(draft, rollout, machine);
  }

  /** A repair has it, or people: it is to come back on the version before. */
  private void comesBack(Machine machine, VersionRef before) {
    // an image does not go back by itself: its unit's is installed once the machine is HEALTHY
    if (Things.STAGED.contains(rollout.getThing())) {
      draft.put(Things.want(machine.toBuilder(), rollout.getThing(), before).build());
    }
  }

  private void turn(Machine machine, VersionRef to, ProbationCause cause) {
    RolloutSwitch.turn(draft, machine, rollout.getThing(), to, rollout.getId(), cause);
    waiting.add(machine.getName() + " (in Probation)");
  }
}
