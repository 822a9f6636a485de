package io.pilothouse.dm.simulate;

import io.pilothouse.api.v1.Fleet;
import io.pilothouse.api.v1.InventoryMachine;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/** The data center: machines and what they share. */
final class Plant {
  private final SortedMap<String, Place> machines = new TreeMap<>();
  private final SortedMap<String, List<String>> members = new TreeMap<>();

  Plant(Fleet fleet) {
    for (InventoryMachine each : fleet.getMachinesList()) {
      Place place =
          new Place(
              each.getName(),
              each.getType(),
              each.getScaleUnit(),
              each.getRack(),
              each.getSwitch(),
              each.getFeed(),
              each.getModel());
      machines.put(place.name(), place);
      for (String domain : place.domains()) {
        members.computeIfAbsent(domain, key -> new ArrayList<>()).add(place.name());
      }
    }
  }

  List<String> machines() {
    return List.copyOf(machines.keySet());
  }

  Place place(String machine) {
    Place place = machines.get(machine);
    if (place == null) {
      throw new IllegalArgumentException("no machine " + machine);
    }
    return place;
  }

  /** Machines of a domain such as {@code rack/r7}; none when it is unknown. */
  List<String> members(String domain) {
    return members.getOrDefault(domain, List.of());
  }

  /** Domains by size. */
  SortedMap<String, Integer> sizes() {
    SortedMap<String, Integer> sizes = new TreeMap<>();
    members.forEach((domain, names) -> sizes.put(domain, names.size()));
    return sizes;
  }

  /** Domains of a kind: {@code rack}, {@code switch}, {@code feed}, {@code unit}, {@code type}. */
  List<String> domains(String kind) {
    return members.keySet().stream().filter(each -> each.startsWith(kind + "/")).toList();
  }
}
