package io.pilothouse.dm.state;

import io.pilothouse.api.v1.Condition;
import io.pilothouse.api.v1.DeploymentReplica;
import io.pilothouse.api.v1.Incident;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.ProbationCause;
import io.pilothouse.api.v1.Rollout;
import io.pilothouse.api.v1.RolloutOrBuilder;
import io.pilothouse.api.v1.RolloutUnit;
import io.pilothouse.api.v1.Thing;
import java.util.List;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The machines of each unit of each open rollout by how they stand to it, so that a step of a
 * rollout costs what changed and not what the fleet has. Kept for open rollouts only.
 */
final class StandingIndex implements Index {

  private record Key(String rollout, String unit, Standing standing) implements Comparable<Key> {
    @Override
    public int compareTo(Key other) {
      int byRollout = rollout.compareTo(other.rollout);
      int byUnit = byRollout != 0 ? byRollout : unit.compareTo(other.unit);
      return byUnit != 0 ? byUnit : standing.compareTo(other.standing);
    }
  }

  private record Seat(String machine, String rollout, String unit) implements Comparable<Seat> {
    @Override
    public int compareTo(Seat other) {
      int byMachine = machine.compareTo(other.machine);
      int byRollout = byMachine != 0 ? byMachine : rollout.compareTo(other.rollout);
      return byRollout != 0 ? byRollout : unit.compareTo(other.unit);
    }
  }

  private final RolloutIndex rollouts;
  private final MachineIndex machines;
  private final Groups<Key, String> groups = new Groups<>();
  private final TreeMap<Seat, Standing> seats = new TreeMap<>();

  /** Machines that answer to a rollout, by rollout. */
  private final Groups<String, String> bound = new Groups<>();

  /** Those of them that it made unavailable, or that failed on it, by rollout and scale unit. */
  private final Groups<String, String> unavailable = new Groups<>();

  /** Both are fed before this one. */
  StandingIndex(RolloutIndex rollouts, MachineIndex machines) {
    this.rollouts = rollouts;
    this.machines = machines;
  }

  @Override
  public void update(Entities now, Update update) {
    switch (update.table()) {
      case MACHINE -> {
        bind((Machine) update.before(), (Machine) update.after(), update.key());
        look(now, update.key(), (Machine) update.before(), (Machine) update.after());
      }
      case ROLLOUT -> {
        @Nullable Rollout before = (Rollout) update.before();
        @Nullable Rollout after = (Rollout) update.after();
        boolean was = before != null && Rollouts.isOpen(before);
        boolean is = after != null && Rollouts.isOpen(after);
        if (was && !is) {
          forget(update.key());
        } else if (is && !was) {
          lookAtAll(now, after);
        }
      }
      case REPLICA ->
          rollouts.open(now).stream()
              .filter(each -> each.getThing() == Thing.THING_IMAGE)
              .filter(
                  each ->
                      serves((DeploymentReplica) update.before(), each)
                          != serves((DeploymentReplica) update.after(), each))
              .forEach(each -> lookAtAll(now, each));
      case DOMAIN_HOLD -> rollouts.open(now).forEach(each -> lookAtAll(now, each));
      case INCIDENT -> {
        // it tells whether errors of its machines are excused, by its dimension and value, which
        // stay
        if (update.before() == null || !(update.after() instanceof Incident)) {
          List.copyOf(machines.ofIncident(update.key()))
              .forEach(each -> look(now, each, null, now.machine(each).orElse(null)));
        }
      }
      default -> {}
    }
  }

  private static boolean serves(@Nullable DeploymentReplica replica, Rollout rollout) {
    return replica != null && Manifests.serves(replica, rollout.getTo());
  }

  private void bind(@Nullable Machine before, @Nullable Machine after, String name) {
    bound.move(rollout(before, false), rollout(after, false), name);
    unavailable.move(rollout(before, true), rollout(after, true), name);
  }

  private static @Nullable String rollout(@Nullable Machine machine, boolean unavailable) {
    boolean counts =
        machine != null
            && !machine.getRolloutId().isEmpty()
            && (!unavailable
                || (machine.getCondition() != Condition.HEALTHY
                    && machine.getCause() != ProbationCause.CAUSE_INSTALL));
    if (machine == null || !counts) {
      return null;
    }
    return unavailable
        ? machine.getRolloutId() + " " + machine.getScaleUnit()
        : machine.getRolloutId();
  }

  private void look(Entities now, String name, @Nullable Machine before, @Nullable Machine after) {
    for (Rollout rollout : rollouts.open(now)) {
      boolean concerned =
          (after != null && after.getType().equals(rollout.getType()))
              || (before != null && before.getType().equals(rollout.getType()));
      if (concerned) {
        look(now, rollout, name, after);
      }
    }
  }

  private void look(Entities now, Rollout rollout, String name, @Nullable Machine machine) {
    Seat from = new Seat(name, rollout.getId(), "");
    List.copyOf(
            seats.tailMap(from).keySet().stream()
                .takeWhile(
                    each -> each.machine().equals(name) && each.rollout().equals(rollout.getId()))
                .toList())
        .forEach(this::leave);
    if (machine == null || !Rollouts.isMember(machine, rollout.getType())) {
      return;
    }
    Standing standing = Standing.of(now, rollout, machine);
    for (int i = 0; i < rollout.getUnitsCount(); i++) {
      RolloutUnit unit = rollout.getUnits(i);
      boolean in =
          RolloutCanary.is(unit)
              ? unit.getMembersList().contains(name)
              : unit.getName().equals(machine.getScaleUnit());
      if (in) {
        seats.put(new Seat(name, rollout.getId(), unit.getName()), standing);
        groups.add(new Key(rollout.getId(), unit.getName(), standing), name);
      }
      if (in && !RolloutCanary.is(unit)) {
        return;
      }
    }
  }

  private void leave(Seat seat) {
    @Nullable Standing was = seats.remove(seat);
    if (was != null) {
      groups.remove(new Key(seat.rollout(), seat.unit(), was), seat.machine());
    }
  }

  private void lookAtAll(Entities now, Rollout rollout) {
    for (RolloutUnit unit : rollout.getUnitsList()) {
      Rollouts.members(now, rollout, unit)
          .forEach(each -> look(now, rollout, each.getName(), each));
    }
  }

  private void forget(String rollout) {
    List<Seat> left =
        seats.keySet().stream().filter(each -> each.rollout().equals(rollout)).toList();
    left.forEach(this::leave);
  }

  /** Machines of a rollout's unit that stand so, by name. A view. */
  SortedSet<String> of(RolloutOrBuilder rollout, RolloutUnit unit, Standing standing) {
    return groups.of(new Key(rollout.getId(), unit.getName(), standing));
  }

  int count(RolloutOrBuilder rollout, RolloutUnit unit, Standing... standings) {
    int count = 0;
    for (Standing standing : standings) {
      count += of(rollout, unit, standing).size();
    }
    return count;
  }

  /** Machines that answer to the rollout, by name. A view. */
  SortedSet<String> bound(String rollout) {
    return bound.of(rollout);
  }

  /** Machines of its unit that the rollout took, or that failed on it. A view, or a copy. */
  SortedSet<String> unavailable(RolloutOrBuilder rollout, RolloutUnit unit) {
    if (!RolloutCanary.is(unit)) {
      return unavailable.of(rollout.getId() + " " + unit.getName());
    }
    TreeSet<String> canary = new TreeSet<>();
    for (String unitName : unitsOf(rollout)) {
      canary.addAll(unavailable.of(rollout.getId() + " " + unitName));
    }
    canary.retainAll(unit.getMembersList());
    return canary;
  }

  private static List<String> unitsOf(RolloutOrBuilder rollout) {
    return rollout.getUnitsList().stream().map(RolloutUnit::getName).toList();
  }

  @Override
  public SortedMap<String, Object> contents() {
    SortedMap<String, Object> contents = new TreeMap<>();
    contents.put("by standing", groups.contents());
    contents.put("bound", bound.contents());
    contents.put("unavailable", unavailable.contents());
    return contents;
  }
}
