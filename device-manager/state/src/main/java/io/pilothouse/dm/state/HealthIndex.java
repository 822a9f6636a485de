package io.pilothouse.dm.state;

import io.pilothouse.api.v1.Condition;
import io.pilothouse.api.v1.Lifecycle;
import io.pilothouse.api.v1.Machine;
import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What the status screen says of machines: how many there are, and which of them each health code
 * is about. The screen is asked for again and again, also of a fleet of a million that nobody has
 * switched on yet.
 */
final class HealthIndex implements Index {
  private final Map<MachineCode, Crowd> crowds = new EnumMap<>(MachineCode.class);
  private final TreeSet<String> refused = new TreeSet<>();
  private int machines;
  private int healthy;
  private int outOfService;
  private int switches;
  private int switchesHealthy;

  HealthIndex() {
    for (MachineCode code : MachineCode.values()) {
      crowds.put(code, new Crowd());
    }
  }

  @Override
  public void update(Entities now, Update update) {
    if (update.table() != Table.MACHINE) {
      return;
    }
    @Nullable Machine before = (Machine) update.before();
    @Nullable Machine after = (Machine) update.after();
    count(before, -1);
    count(after, 1);
    crowds.forEach((code, crowd) -> crowd.move(about(code, before), about(code, after)));
    MachineIndex.set(
        refused,
        update.key(),
        after,
        each -> MachineCode.counts(each) && each.hasEnrolmentRefusals());
  }

  private static @Nullable Machine about(MachineCode code, @Nullable Machine machine) {
    return machine != null && code.isAbout(machine) ? machine : null;
  }

  private void count(@Nullable Machine machine, int by) {
    if (machine == null || !MachineCode.isPresent(machine)) {
      return;
    }
    int well = MachineCode.is(machine, Condition.HEALTHY) ? by : 0;
    if (Switches.is(machine)) {
      switches += by;
      switchesHealthy += well;
    } else {
      machines += by;
      healthy += well;
      outOfService += machine.getLifecycle() != Lifecycle.IN_SERVICE ? by : 0;
    }
  }

  /** Those that a code is about. A view. */
  Crowd of(MachineCode code) {
    return crowds.get(code);
  }

  /** Without switches, as the two that follow. */
  int machines() {
    return machines;
  }

  int healthy() {
    return healthy;
  }

  int outOfService() {
    return outOfService;
  }

  int switches() {
    return switches;
  }

  int switchesHealthy() {
    return switchesHealthy;
  }

  /** Machines whose token was refused at some time. */
  SortedSet<String> refused() {
    return Collections.unmodifiableSortedSet(refused);
  }

  @Override
  public SortedMap<String, Object> contents() {
    SortedMap<String, Object> contents = new TreeMap<>();
    crowds.forEach((code, crowd) -> contents.put(code.name(), crowd.contents()));
    contents.put("refused", refused);
    contents.put("machines", machines);
    contents.put("healthy", healthy);
    contents.put("out of service", outOfService);
    contents.put("switches", switches);
    contents.put("switches healthy", switchesHealthy);
    return contents;
  }
}
