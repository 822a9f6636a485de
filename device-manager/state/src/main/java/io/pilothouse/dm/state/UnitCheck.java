package io.pilothouse.dm.state;

import io.pilothouse.api.v1.Fleet;
import io.pilothouse.api.v1.InventoryMachine;
import io.pilothouse.api.v1.ScaleUnit;
import io.pilothouse.manifests.pattern.MachinePattern;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Whether each machine is in one scale unit only, by its own word and by what the units select: in
 * two of them it would be taken twice, and a rollout would not know when it is its turn.
 */
final class UnitCheck {

  private record Range(MachinePattern pattern, String unit) {}

  private final TreeMap<String, List<String>> byRack = new TreeMap<>();
  private final TreeMap<String, List<String>> byName = new TreeMap<>();
  private final List<Range> ranges = new ArrayList<>();
  private final List<String> problems = new ArrayList<>();

  private UnitCheck() {}

  static List<String> problems(Fleet fleet) {
    UnitCheck check = new UnitCheck();
    fleet.getUnitsList().forEach(check::unit);
    fleet.getMachinesList().forEach(check::machine);
    return check.problems;
  }

  private void unit(ScaleUnit unit) {
    for (String rack : unit.getRacksList()) {
      byRack.computeIfAbsent(rack, each -> new ArrayList<>()).add(unit.getName());
    }
    for (String text : unit.getMachinesList()) {
      switch (MachinePattern.parse(text)) {
        case MachinePattern.Parsed.Good good -> pattern(good.pattern(), unit.getName());
        case MachinePattern.Parsed.Bad bad ->
            problems.add("scale unit %s: \"%s\" %s".formatted(unit.getName(), text, bad.why()));
      }
    }
  }

  private void pattern(MachinePattern pattern, String unit) {
    pattern
        .single()
        .ifPresentOrElse(
            name -> byName.computeIfAbsent(name, each -> new ArrayList<>()).add(unit),
            () -> ranges.add(new Range(pattern, unit)));
  }

  private void machine(InventoryMachine machine) {
    if (byName.isEmpty() && byRack.isEmpty() && ranges.isEmpty()) {
      return; // the usual large fleet: each machine's own word alone
    }
    SortedSet<String> units = new TreeSet<>(byName.getOrDefault(machine.getName(), List.of()));
    units.addAll(byRack.getOrDefault(machine.getRack(), List.of()));
    for (Range each : ranges) {
      if (each.pattern().matches(machine.getName())) {
        units.add(each.unit());
      }
    }
    if (!units.isEmpty() && !machine.getScaleUnit().isEmpty()) {
      units.add(machine.getScaleUnit());
    }
    if (units.size() > 1) {
      problems.add(
          "machine %s is in the scale units %s; correct them, so that it is in one"
              .formatted(machine.getName(), String.join(" and ", units)));
    }
  }
}
