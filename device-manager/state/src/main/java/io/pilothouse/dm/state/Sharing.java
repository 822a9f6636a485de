package io.pilothouse.dm.state;

import io.pilothouse.api.v1.InventoryMachine;
import io.pilothouse.api.v1.Machine;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * One string in place of many that are equal: the machines of a rack all name it, and a message
 * that was just read has strings of its own. Of a million machines that is some 400 MB. Values stay
 * what they are.
 */
public final class Sharing {

  private final Map<String, String> known = new LinkedHashMap<>();

  /** Knows nothing yet; one for each fleet or database that is read. */
  public Sharing() {}

  private String of(String text) {
    if (text.isEmpty()) {
      return "";
    }
    String first = known.putIfAbsent(text, text);
    return first == null ? text : first;
  }

  /** An inventory line, in place of its builder's strings. */
  void share(InventoryMachine.Builder line) {
    line.setType(of(line.getType()))
        .setScaleUnit(of(line.getScaleUnit()))
        .setRack(of(line.getRack()))
        .setSwitch(of(line.getSwitch()))
        .setFeed(of(line.getFeed()))
        .setModel(of(line.getModel()));
  }

  /** An equal machine. */
  public Machine share(Machine machine) {
    return machine.toBuilder()
        .setType(of(machine.getType()))
        .setScaleUnit(of(machine.getScaleUnit()))
        .setRack(of(machine.getRack()))
        .setSwitch(of(machine.getSwitch()))
        .setFeed(of(machine.getFeed()))
        .setModel(of(machine.getModel()))
        .build();
  }
}
