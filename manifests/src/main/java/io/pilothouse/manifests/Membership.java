package io.pilothouse.manifests;

import io.pilothouse.manifests.pattern.MachinePattern;
import io.pilothouse.manifests.pattern.Near;
import io.pilothouse.manifests.table.Shapes.Placed;
import io.pilothouse.manifests.text.Place;
import io.pilothouse.manifests.text.Problems;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Which machine is in which scale unit. The column {@code scale_unit} says it, or a unit's racks
 * and patterns do; when both speak they must agree, and a machine is in one unit only.
 */
final class Membership {

  /** A selector of a unit and where it stands. */
  private record Selector(String unit, Place place, String text) {}

  private record Range(Selector selector, MachinePattern pattern) {}

  private record Clash(Selector first, Selector second) {}

  private final Set<String> switches;
  private final Inventory inventory;
  private final Problems problems;
  private final Map<String, List<Selector>> racks = new HashMap<>();
  private final Map<String, List<Selector>> names = new HashMap<>();
  private final List<Range> ranges = new ArrayList<>();
  private final List<Selector> selectors = new ArrayList<>();
  private final Set<Selector> used = new HashSet<>();
  private final Map<Clash, String> clashes = new HashMap<>();

  /**
   * @param switches types of switches: what needs no scale unit, since no rollout reaches it
   */
  Membership(
      List<FleetParts.At<UnitDraft>> units,
      Set<String> switches,
      Inventory inventory,
      Problems problems) {
    this.switches = switches;
    this.inventory = inventory;
    this.problems = problems;
    for (FleetParts.At<UnitDraft> at : units) {
      UnitDraft unit = at.value();
      for (Placed<String> rack : unit.racks) {
        racks
            .computeIfAbsent(rack.value(), each -> new ArrayList<>())
            .add(selector(unit, rack.place(), rack.value()));
      }
      for (Placed<MachinePattern> machines : unit.machines) {
        Selector selector = selector(unit, machines.place(), machines.value().text());
        machines
            .value()
            .single()
            .ifPresentOrElse(
                name -> names.computeIfAbsent(name, each -> new ArrayList<>()).add(selector),
                () -> ranges.add(new Range(selector, machines.value())));
      }
    }
  }

  private Selector selector(UnitDraft unit, Place place, String text) {
    Selector selector = new Selector(unit.unit.getName(), place, text);
    selectors.add(selector);
    return selector;
  }

  void assign() {
    inventory.rows().forEach(this::assign);
    clashes.forEach(
        (clash, machine) ->
            problems.add(
                clash.second().place(),
                "\"%s\" puts %s into %s, but \"%s\" at %s has put it into %s; units do not overlap"
                    .formatted(
                        clash.second().text(),
                        machine,
                        clash.second().unit(),
                        clash.first().text(),
                        clash.first().place(),
                        clash.first().unit())));
    for (Selector each : selectors) {
      // a line that was left out may be the one that it selects
      if (!used.contains(each) && inventory.isComplete()) {
        problems.add(
            each.place(),
            "\"%s\" selects no machine of %s%s".formatted(each.text(), Inventory.FILE, hint(each)));
      }
    }
  }

  private String hint(Selector selector) {
    if (racks.containsKey(selector.text())) {
      Set<String> known = new TreeMap<String, Integer>(rackNames()).keySet();
      return Near.hint(selector.text(), known);
    }
    return names.containsKey(selector.text())
        ? Near.hint(
            selector.text(),
            inventory.rows().stream().map(each -> each.machine().getName()).toList())
        : "";
  }

  private Map<String, Integer> rackNames() {
    Map<String, Integer> known = new HashMap<>();
    inventory.rows().forEach(each -> known.merge(each.machine().getRack(), 1, Integer::sum));
    known.remove("");
    return known;
  }

  private void assign(Inventory.Row row) {
    List<Selector> hits = new ArrayList<>();
    hits.addAll(names.getOrDefault(row.machine().getName(), List.of()));
    for (Range each : ranges) {
      if (each.pattern().matches(row.machine().getName())) {
        hits.add(each.selector());
      }
    }
    hits.addAll(racks.getOrDefault(row.machine().getRack(), List.of()));
    used.addAll(hits);
    String stated = row.machine().getScaleUnit();
    if (hits.isEmpty()) {
      if (stated.isEmpty() && !switches.contains(row.machine().getType())) {
        problems.add(
            inventory.place(row, Inventory.Column.SCALE_UNIT),
            "machine %s is in no scale unit; fill the column scale_unit, or let a ScaleUnit select"
                    .formatted(row.machine().getName())
                + " its rack or name");
      }
      return;
    }
    Selector first = hits.get(0);
    for (Selector other : hits) {
      if (!other.unit().equals(first.unit())) {
        boolean ordered = first.place().compareTo(other.place()) < 0;
        clashes.putIfAbsent(
            ordered ? new Clash(first, other) : new Clash(other, first), row.machine().getName());
      }
    }
    if (stated.isEmpty()) {
      row.machine().setScaleUnit(first.unit());
    } else if (!stated.equals(first.unit())) {
      problems.add(
          inventory.place(row, Inventory.Column.SCALE_UNIT),
          "scale_unit: machine %s is in %s here and in %s by \"%s\" at %s; correct one of them"
              .formatted(
                  row.machine().getName(), stated, first.unit(), first.text(), first.place()));
    }
  }
}
