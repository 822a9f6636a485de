package io.pilothouse.dm.state;

import io.pilothouse.api.v1.Condition;
import io.pilothouse.api.v1.Lifecycle;
import io.pilothouse.api.v1.Machine;
import java.util.Collections;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What {@link StatusView} says of machines: how many there are, and the names of those that there
 * is something to say about. Whoever asks for the status of a million does not walk them. Sets are
 * views; decommissioned machines are in none.
 */
final class HealthIndex implements Index {

  private int machines;
  private int healthy;
  private final TreeSet<String> switches = new TreeSet<>();
  private final TreeSet<String> notable = new TreeSet<>();
  private final TreeSet<String> refused = new TreeSet<>();

  @Override
  public void update(Entities now, Update update) {
    if (update.table() != Table.MACHINE) {
      return;
    }
    if (update.before() instanceof Machine before) {
      count(before, -1);
    }
    if (update.after() instanceof Machine after) {
      count(after, 1);
    }
    @Nullable Machine present = (Machine) update.after();
    String name = update.key();
    MachineIndex.set(switches, name, present, each -> isPresent(each) && Switches.is(each));
    MachineIndex.set(notable, name, present, each -> counts(each) && isNotable(each));
    MachineIndex.set(refused, name, present, each -> counts(each) && each.hasEnrolmentRefusals());
  }

  private void count(Machine machine, int by) {
    if (counts(machine)) {
      machines += by;
      healthy += is(machine, Condition.HEALTHY) ? by : 0;
    }
  }

  private static boolean counts(Machine machine) {
    return isPresent(machine) && !Switches.is(machine);
  }

  private static boolean isPresent(Machine machine) {
    return machine.getLifecycle() != Lifecycle.DECOMMISSIONED;
  }

  /** Whether it is anything but in service, well and left alone. */
  private static boolean isNotable(Machine machine) {
    return !is(machine, Condition.HEALTHY) || machine.hasProvisioning() || machine.hasHold();
  }

  /** Whether it is in service and of this condition. */
  static boolean is(Machine machine, Condition condition) {
    return machine.getLifecycle() == Lifecycle.IN_SERVICE && machine.getCondition() == condition;
  }

  /** Without switches, as all that follow. */
  int machines() {
    return machines;
  }

  int healthy() {
    return healthy;
  }

  SortedSet<String> switches() {
    return Collections.unmodifiableSortedSet(switches);
  }

  /** Machines that a health code may be about: of most there is none. */
  SortedSet<String> notable() {
    return Collections.unmodifiableSortedSet(notable);
  }

  /** Machines whose token was refused at some time. */
  SortedSet<String> refused() {
    return Collections.unmodifiableSortedSet(refused);
  }

  @Override
  public SortedMap<String, Object> contents() {
    SortedMap<String, Object> contents = new TreeMap<>();
    contents.put("machines", machines);
    contents.put("healthy", healthy);
    contents.put("switches", switches);
    contents.put("notable", notable);
    contents.put("refused", refused);
    return contents;
  }
}
