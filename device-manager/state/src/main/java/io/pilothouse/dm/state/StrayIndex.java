package io.pilothouse.dm.state;

import com.google.protobuf.Message;
import io.pilothouse.api.v1.Lifecycle;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.Rollout;
import io.pilothouse.api.v1.Thing;
import io.pilothouse.api.v1.UnitVersion;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Machines that no rollout answers for and that do not have what their unit has. */
final class StrayIndex implements Index {

  private final MachineIndex machines;
  private final TreeSet<String> strays = new TreeSet<>();

  /**
   * @param machines fed before this one
   */
  StrayIndex(MachineIndex machines) {
    this.machines = machines;
  }

  @Override
  public void update(Entities now, Update update) {
    switch (update.table()) {
      case MACHINE -> look(now, update.key(), (Machine) update.after());
      case UNIT_VERSION -> {
        if ((update.after() != null ? update.after() : update.before()) instanceof UnitVersion of) {
          List.copyOf(machines.of(of.getType(), of.getScaleUnit()))
              .forEach(each -> look(now, each));
        }
      }
      case ROLLOUT -> {
        // a canary is ahead of its unit, and no stray, while its rollout is open
        look(now, update.before());
        look(now, update.after());
      }
      default -> {}
    }
  }

  private void look(Entities now, @Nullable Message rollout) {
    if (rollout instanceof Rollout canary) {
      RolloutIndex.canary(canary).forEach(each -> look(now, each));
    }
  }

  private void look(Entities now, String name) {
    look(now, name, now.machine(name).orElse(null));
  }

  private void look(Entities now, String name, @Nullable Machine machine) {
    if (machine != null && isStray(now, machine)) {
      strays.add(name);
    } else {
      strays.remove(name);
    }
  }

  private static boolean isStray(Entities now, Machine machine) {
    boolean out = machine.getLifecycle() == Lifecycle.DECOMMISSIONED;
    if (out || !machine.getRolloutId().isEmpty()) {
      return false;
    }
    return Things.ALL.stream().anyMatch(thing -> isBehind(now, machine, thing));
  }

  private static boolean isBehind(Entities now, Machine machine, Thing thing) {
    return UnitVersions.of(now, machine, thing)
        .filter(each -> !each.equals(Things.standing(machine, thing)))
        .filter(each -> !isAhead(now, machine, thing))
        .isPresent();
  }

  private static boolean isAhead(Entities now, Machine machine, Thing thing) {
    return RolloutCanary.ahead(now, machine, thing)
        .filter(each -> Things.wants(machine, each))
        .isPresent();
  }

  /** By name. A view. */
  SortedSet<String> strays() {
    return Collections.unmodifiableSortedSet(strays);
  }

  @Override
  public SortedMap<String, Object> contents() {
    return new TreeMap<>(Map.of("strays", strays));
  }
}
