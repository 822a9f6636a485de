package io.pilothouse.dm.state;

import io.pilothouse.api.v1.FleetChange;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.MachineType;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * How many machines changes of the specification touch: those of changed types, units, policies,
 * images, watchdogs and inventory lines. Whatever the number of changes, it walks over the machines
 * once for all objects, and once for {@link #touched}.
 */
final class FleetReach {
  private static final String MACHINE = "machine/";

  private final Entities state;
  private @Nullable SortedMap<String, Integer> byType;
  private @Nullable SortedMap<String, Integer> byUnit;

  FleetReach(Entities state) {
    this.state = state;
  }

  /** Machines that a change of this object touches; of a machine, itself. */
  int of(String object) {
    if (object.startsWith(MACHINE)) {
      return state.machine(object.substring(MACHINE.length())).isPresent() ? 1 : 0;
    }
    if (object.startsWith("unit/")) {
      return byUnit().getOrDefault(object.substring("unit/".length()), 0);
    }
    SortedSet<String> only = new TreeSet<>(List.of(object));
    return byType().entrySet().stream()
        .filter(each -> touchesType(only, each.getKey()))
        .mapToInt(Map.Entry::getValue)
        .sum();
  }

  /** Machines that any of the changes touches. */
  int touched(List<FleetChange> changes) {
    SortedSet<String> objects = new TreeSet<>();
    TreeSet<String> machines = new TreeSet<>();
    for (FleetChange each : changes) {
      if (each.getObject().startsWith(MACHINE)) {
        machines.add(each.getObject().substring(MACHINE.length()));
      } else {
        objects.add(each.getObject());
      }
    }
    SortedMap<String, Boolean> types = new TreeMap<>();
    SortedMap<String, Boolean> units = new TreeMap<>();
    int touched = 0;
    for (Machine each : state.machines()) {
      boolean isTouched =
          types.computeIfAbsent(each.getType(), type -> touchesType(objects, type))
              || units.computeIfAbsent(
                  each.getScaleUnit(), unit -> objects.contains("unit/" + unit))
              || machines.contains(each.getName());
      touched += isTouched ? 1 : 0;
    }
    return touched;
  }

  private boolean touchesType(SortedSet<String> objects, String name) {
    Optional<MachineType> type = Policies.type(state, name);
    return objects.contains("type/" + name)
        || type.filter(t -> objects.contains("repair-policy/" + t.getRepairPolicy())).isPresent()
        || type.filter(t -> objects.contains("rollout-policy/" + t.getRolloutPolicy())).isPresent()
        || type.filter(t -> objects.contains("image/" + t.getImage())).isPresent()
        || (!objects.subSet("watchdog/", "watchdog0").isEmpty()
            && state.indexes().fleet.watchdogsOf(name).stream()
                .anyMatch(each -> objects.contains("watchdog/" + each.getName())));
  }

  private SortedMap<String, Integer> byType() {
    count();
    return byType == null ? new TreeMap<>() : byType;
  }

  private SortedMap<String, Integer> byUnit() {
    count();
    return byUnit == null ? new TreeMap<>() : byUnit;
  }

  private void count() {
    if (byType != null) {
      return;
    }
    SortedMap<String, Integer> types = new TreeMap<>();
    SortedMap<String, Integer> units = new TreeMap<>();
    for (Machine each : state.machines()) {
      types.merge(each.getType(), 1, Integer::sum);
      units.merge(each.getScaleUnit(), 1, Integer::sum);
    }
    byType = types;
    byUnit = units;
  }
}
