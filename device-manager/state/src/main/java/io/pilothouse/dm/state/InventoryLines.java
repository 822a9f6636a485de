package io.pilothouse.dm.state;

import io.pilothouse.api.v1.Fleet;
import io.pilothouse.api.v1.InventoryMachine;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The inventory lines of a fleet by name, to be walked along with the state's machines, which are
 * in the same order: of a million neither a set nor a search for each.
 */
final class InventoryLines {

  private final List<InventoryMachine> lines;
  private int next;

  /** Of two lines of one name, which no fleet may have, the last one counts. */
  InventoryLines(Fleet fleet) {
    this.lines = sorted(fleet.getMachinesList());
  }

  private static List<InventoryMachine> sorted(List<InventoryMachine> given) {
    for (int i = 1; i < given.size(); i++) {
      if (given.get(i - 1).getName().compareTo(given.get(i).getName()) >= 0) {
        TreeMap<String, InventoryMachine> byName = new TreeMap<>();
        given.forEach(each -> byName.put(each.getName(), each));
        return List.copyOf(byName.values());
      }
    }
    return given; // as the command line has them
  }

  /** The line of a name. Names are asked for in rising order, each once. */
  Optional<InventoryMachine> of(String name) {
    skipTo(name);
    boolean found = next < lines.size() && lines.get(next).getName().equals(name);
    return found ? Optional.of(lines.get(next++)) : Optional.empty();
  }

  /** Lines before this name that were not asked for; walks past them. */
  List<InventoryMachine> before(String name) {
    int from = next;
    skipTo(name);
    return lines.subList(from, next);
  }

  /** Lines behind the last name that was asked for. */
  List<InventoryMachine> rest() {
    return lines.subList(next, lines.size());
  }

  private void skipTo(String name) {
    while (next < lines.size() && lines.get(next).getName().compareTo(name) < 0) {
      next++;
    }
  }
}
