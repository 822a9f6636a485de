package io.pilothouse.dm.state;

import io.pilothouse.api.v1.Incident;
import io.pilothouse.api.v1.Machine;
import java.util.ArrayList;
import java.util.List;

/** One value of a dimension: rack r7, web@1.2.0. */
record Trait(Dimension dimension, String value) implements Comparable<Trait> {

  /** All that the machine has. */
  static List<Trait> of(Machine machine) {
    List<Trait> traits = new ArrayList<>();
    for (Dimension each : Dimension.values()) {
      String value = each.of(machine);
      if (!value.isEmpty()) {
        traits.add(new Trait(each, value));
      }
    }
    return traits;
  }

  /** What the incident is about; not for one of a watchdog, which is no trait of machines. */
  static Trait of(Incident incident) {
    return new Trait(Dimension.ofWord(incident.getDimension()), incident.getValue());
  }

  boolean has(Machine machine) {
    return dimension.of(machine).equals(value);
  }

  /** As vetoes name it: {@code rack/r7}, {@code fleet}. */
  String domain() {
    return dimension == Dimension.FLEET ? "fleet" : dimension.word() + "/" + value;
  }

  /** For sentences: {@code rack r7}, {@code the fleet}. */
  String words() {
    return switch (dimension) {
      case FLEET -> "the fleet";
      case UNIT -> "scale unit " + value;
      case TYPE -> "machine type " + value;
      case FEED -> "power feed " + value;
      case MODEL -> "hardware model " + value;
      case MANIFEST -> "manifest version " + value;
      case WATCHDOG_SET -> "watchdog set " + value;
      case AGENT -> "agent version " + value;
      case RACK, SWITCH, FIRMWARE, IMAGE -> dimension.word() + " " + value;
    };
  }

  @Override
  public int compareTo(Trait other) {
    int byDimension = dimension.compareTo(other.dimension);
    return byDimension != 0 ? byDimension : value.compareTo(other.value);
  }
}
