package io.pilothouse.dm.state;

import io.pilothouse.api.v1.Fleet;
import io.pilothouse.api.v1.FleetChange;
import io.pilothouse.api.v1.Lifecycle;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.MachineType;
import io.pilothouse.api.v1.WatchdogSpec;
import io.pilothouse.api.v1.WatchdogState;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * How many machines changes of the specification touch, counted before they are made: all of them
 * for the cluster's, else those of changed types, units, policies, images, watchdogs and inventory
 * lines. Whatever the number of changes, it walks over the machines once for all objects, and once
 * for {@link #touched}.
 */
final class FleetReach {
  private static final String MACHINE = "machine/";
  private static final String WATCHDOG = "watchdog/";

  private final Entities state;

  /** Types that the changed watchdogs name themselves: the state knows only the old ones. */
  private final SortedMap<String, SortedSet<String>> newlyWatched = new TreeMap<>();

  private @Nullable SortedMap<String, Integer> byType;
  private @Nullable SortedMap<String, Integer> byUnit;

  FleetReach(Entities state, Fleet wanted) {
    this.state = state;
    for (WatchdogSpec each : wanted.getWatchdogsList()) {
      // a new one in shadow mode looks, and nothing is done for what it sees
      boolean counts =
          each.getInitialMode() == WatchdogState.Mode.LIVE
              || Policies.watchdog(state, each.getName()).isPresent();
      if (counts) {
        newlyWatched.put(WATCHDOG + each.getName(), new TreeSet<>(each.getTypesList()));
      }
    }
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

  /** Machines that any of the changes touches; those that are added are not there yet. */
  int touched(List<FleetChange> changes) {
    SortedSet<String> objects = new TreeSet<>();
    TreeSet<String> machines = new TreeSet<>();
    for (FleetChange each : changes) {
      if (!each.getObject().startsWith(MACHINE)) {
        objects.add(each.getObject());
      } else if (!each.getVerb().equals("add")) {
        machines.add(each.getObject().substring(MACHINE.length()));
      }
    }
    SortedMap<String, Boolean> types = new TreeMap<>();
    SortedMap<String, Boolean> units = new TreeMap<>();
    int touched = 0;
    for (Machine each : state.machines()) {
      boolean isTouched =
          isOfFleet(each)
              && (types.computeIfAbsent(each.getType(), type -> touchesType(objects, type))
                  || units.computeIfAbsent(
                      each.getScaleUnit(), unit -> objects.contains("unit/" + unit))
                  || machines.contains(each.getName()));
      touched += isTouched ? 1 : 0;
    }
    return touched;
  }

  /** Whether the fleet's files speak of it. */
  static boolean isOfFleet(Machine machine) {
    return machine.getInInventory() && machine.getLifecycle() != Lifecycle.DECOMMISSIONED;
  }

  private boolean touchesType(SortedSet<String> objects, String name) {
    Optional<MachineType> type = Policies.type(state, name);
    return objects.contains("type/" + name)
        || !objects.subSet("cluster/", "cluster0").isEmpty()
        || type.filter(
                t -> objects.contains("repair-policy/" + Policies.named(t.getRepairPolicy())))
            .isPresent()
        || type.filter(
                t -> objects.contains("rollout-policy/" + Policies.named(t.getRolloutPolicy())))
            .isPresent()
        || type.filter(t -> objects.contains("image/" + t.getImage())).isPresent()
        || objects.subSet(WATCHDOG, "watchdog0").stream().anyMatch(each -> watches(each, name));
  }

  private boolean watches(String object, String type) {
    return newlyWatched.getOrDefault(object, new TreeSet<>()).contains(type)
        || state.indexes().fleet.watchdogsOf(type).stream()
            .anyMatch(each -> object.equals(WATCHDOG + each.getName()));
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
      if (isOfFleet(each)) {
        types.merge(each.getType(), 1, Integer::sum);
        units.merge(each.getScaleUnit(), 1, Integer::sum);
      }
    }
    byType = types;
    byUnit = units;
  }
}
