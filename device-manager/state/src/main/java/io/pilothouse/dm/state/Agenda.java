package io.pilothouse.dm.state;

import com.google.protobuf.Message;
import io.pilothouse.api.v1.Incident;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.Provisioning;
import io.pilothouse.api.v1.Repair;
import io.pilothouse.api.v1.Rollout;
import io.pilothouse.api.v1.RolloutUnit;
import io.pilothouse.api.v1.Verdict;
import io.pilothouse.api.v1.WatchdogState;
import java.util.List;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What each rule has to look at again because of what the request at hand has changed. After every
 * request all rules have come to rest, so what neither changed nor is due would come out as before:
 * a rule that goes by its {@link Work} alone decides the same as one that looks at everything.
 *
 * <p>Here stands which rule depends on what. A rule that begins to look at something new must be
 * told of its changes here.
 */
final class Agenda {

  /** What one rule has to look at again. */
  static final class Work {
    private boolean everything;
    private boolean room;
    private TreeSet<String> names = new TreeSet<>();
    private TreeSet<MachineIndex.Group> groups = new TreeSet<>();

    /** All that there is: something changed that concerns everyone. */
    boolean everything() {
      return everything;
    }

    /** What waits for room: some was made, in the budget or of install slots. */
    boolean room() {
      return room;
    }

    /** Machines (rollouts: the rollouts themselves) that changed, or whose verdicts did. */
    SortedSet<String> names() {
      return names;
    }

    /** Types and units with machines that changed. */
    SortedSet<MachineIndex.Group> groups() {
      return groups;
    }

    private Work take() {
      Work taken = new Work();
      taken.everything = everything;
      taken.room = room;
      taken.names = names;
      taken.groups = groups;
      everything = false;
      room = false;
      names = new TreeSet<>();
      groups = new TreeSet<>();
      return taken;
    }
  }

  private final Work machines = new Work();
  private final Work repairs = new Work();
  private final Work installs = new Work();
  private final Work rollouts = new Work();
  private final Work strays = new Work();

  /** Something about the machine or its verdicts changed, or it is due. */
  void machine(String name) {
    machines.names.add(name);
    repairs.names.add(name);
    installs.names.add(name);
    strays.names.add(name);
  }

  /** As {@link #machine} of each; being in order, a million of them cost little. */
  void machines(SortedMap<String, ?> byName) {
    SortedSet<String> sorted = new TreeMap<>(byName).navigableKeySet();
    for (Work each : List.of(machines, repairs, installs, strays)) {
      TreeSet<String> all = new TreeSet<>(sorted);
      all.addAll(each.names);
      each.names = all;
    }
  }

  /** Some domain of the budget has more room than it had. */
  void room() {
    repairs.room = true;
    rollouts.room = true;
    strays.room = true;
  }

  void changed(Table table, @Nullable Message before, @Nullable Message after, Entities now) {
    switch (table) {
      case MACHINE -> changed((Machine) before, (Machine) after);
      case VERDICT -> {
        Message verdict = after != null ? after : before;
        if (verdict instanceof Verdict of) {
          machine(of.getMachine());
        }
      }
      case REPAIR -> {
        Message repair = after != null ? after : before;
        if (repair instanceof Repair of) {
          repairs.names.add(of.getMachine());
        }
      }
      case ROLLOUT -> changed((Rollout) before, (Rollout) after);
      case INCIDENT -> {
        if (before instanceof Incident was && after instanceof Incident is) {
          incident(was, is, now);
        }
      }
      case WATCHDOG -> {
        if (mode(before) != mode(after)) {
          everything();
          now.machines().forEach(each -> machine(each.getName()));
        }
      }
      case FLEET, FREEZE, DOMAIN_HOLD, UNIT_VERSION -> everything();
      case MANIFEST -> installs.everything = true;
      case REPLICA -> {
        rollouts.everything = true;
        // images can be had again, or no more
        installs.everything = true;
        strays.everything = true;
      }
      case META, LEASE, SESSION, AUDIT, ORDER, OFFER_FRAMEWORK, OFFER_AGENT, FLEET_PART -> {}
    }
  }

  private void changed(@Nullable Machine before, @Nullable Machine after) {
    group(before);
    group(after);
    boolean held = before != null && Provision.installs(before);
    boolean holds = after != null && Provision.installs(after);
    installs.room |= held && !holds;
    boolean wasMatched = before != null && isMatched(before);
    boolean isMatched = after != null && isMatched(after);
    installs.room |= wasMatched && !isMatched && !holds;
  }

  private static boolean isMatched(Machine machine) {
    return machine.getProvisioning().getStep() == Provisioning.Step.MATCHED;
  }

  private void group(@Nullable Machine machine) {
    if (machine != null) {
      rollouts.groups.add(MachineIndex.Group.of(machine));
    }
  }

  private void changed(@Nullable Rollout before, @Nullable Rollout after) {
    if (after != null) {
      rollouts.names.add(after.getId());
    }
    boolean moved = before == null || after == null || movedOn(before, after);
    strays.everything |= moved;
    Rollout any = after != null ? after : before;
    if (moved && any != null) {
      // another one of the type may wait for its turn in a unit
      rollouts.groups.add(new MachineIndex.Group(any.getType(), ""));
    }
  }

  private static boolean movedOn(Rollout before, Rollout after) {
    boolean moved =
        before.getState() != after.getState() || before.getUnitsCount() != after.getUnitsCount();
    for (int i = 0; !moved && i < after.getUnitsCount(); i++) {
      RolloutUnit was = before.getUnits(i);
      moved = was.getState() != after.getUnits(i).getState();
    }
    return moved;
  }

  private void incident(Incident before, Incident after, Entities now) {
    boolean holdsOthers =
        before.getState() != after.getState()
            || !before.getTrialMachine().equals(after.getTrialMachine());
    if (holdsOthers) {
      now.indexes().machines.ofIncident(after.getId()).forEach(this::machine);
      rollouts.everything = true;
    }
  }

  private static WatchdogState.Mode mode(@Nullable Message state) {
    return state instanceof WatchdogState watchdog
        ? watchdog.getMode()
        : WatchdogState.Mode.MODE_UNSPECIFIED;
  }

  /** Something changed that concerns everyone. */
  void everything() {
    repairs.everything = true;
    installs.everything = true;
    rollouts.everything = true;
    strays.everything = true;
  }

  SortedSet<String> takeMachines() {
    return machines.take().names();
  }

  Work takeRepairs() {
    return repairs.take();
  }

  Work takeInstalls() {
    return installs.take();
  }

  Work takeRollouts() {
    return rollouts.take();
  }

  Work takeStrays() {
    return strays.take();
  }

  void clear() {
    takeMachines();
    takeRepairs();
    takeInstalls();
    takeRollouts();
    takeStrays();
  }
}
