package io.pilothouse.dm.state;

import io.pilothouse.api.v1.Lifecycle;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.Provisioning;
import java.util.Collections;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Machines, by name, grouped by what rules ask for. Sets are views: copy before putting. */
final class MachineIndex implements Index {

  /** Machines of one type in one scale unit: what a rollout goes by. */
  record Group(String type, String unit) implements Comparable<Group> {
    static Group of(Machine machine) {
      return new Group(machine.getType(), machine.getScaleUnit());
    }

    @Override
    public int compareTo(Group other) {
      int byType = type.compareTo(other.type);
      return byType != 0 ? byType : unit.compareTo(other.unit);
    }
  }

  private final Groups<Group, String> byGroup = new Groups<>();
  private final Groups<String, String> byMac = new Groups<>();
  private final Groups<String, String> byIncident = new Groups<>();
  private final TreeSet<String> drainRequested = new TreeSet<>();
  private final TreeSet<String> matched = new TreeSet<>();
  private final TreeSet<String> installing = new TreeSet<>();

  @Override
  public void update(Entities now, Update update) {
    if (update.table() != Table.MACHINE) {
      return;
    }
    String name = update.key();
    @Nullable Machine before = (Machine) update.before();
    @Nullable Machine after = (Machine) update.after();
    byGroup.move(key(before, MachineIndex::group), key(after, MachineIndex::group), name);
    byMac.move(key(before, MachineIndex::mac), key(after, MachineIndex::mac), name);
    byIncident.move(key(before, MachineIndex::incident), key(after, MachineIndex::incident), name);
    set(drainRequested, name, after, Machine::getDrainRequested);
    set(matched, name, after, MachineIndex::isMatched);
    set(installing, name, after, Provision::installs);
  }

  /** Machines of the type in the unit that are, or will be, in the fleet. */
  SortedSet<String> of(String type, String unit) {
    return byGroup.of(new Group(type, unit));
  }

  SortedSet<String> withMac(String mac) {
    return byMac.of(mac);
  }

  /** Machines whose error an incident explains. */
  SortedSet<String> ofIncident(String incident) {
    return byIncident.of(incident);
  }

  SortedSet<String> drainRequested() {
    return Collections.unmodifiableSortedSet(drainRequested);
  }

  /** Machines that wait for an install slot. */
  SortedSet<String> matched() {
    return Collections.unmodifiableSortedSet(matched);
  }

  /** Machines that have an install slot. */
  SortedSet<String> installing() {
    return Collections.unmodifiableSortedSet(installing);
  }

  private static <K> @Nullable K key(@Nullable Machine machine, Function<Machine, @Nullable K> of) {
    return machine == null ? null : of.apply(machine);
  }

  private static @Nullable Group group(Machine machine) {
    return machine.getLifecycle() == Lifecycle.DECOMMISSIONED ? null : Group.of(machine);
  }

  private static @Nullable String mac(Machine machine) {
    return machine.getMac().isEmpty() ? null : machine.getMac();
  }

  private static @Nullable String incident(Machine machine) {
    return machine.getIncidentId().isEmpty() ? null : machine.getIncidentId();
  }

  private static boolean isMatched(Machine machine) {
    return machine.getProvisioning().getStep() == Provisioning.Step.MATCHED;
  }

  static void set(
      SortedSet<String> set, String name, @Nullable Machine machine, Predicate<Machine> belongs) {
    if (machine != null && belongs.test(machine)) {
      set.add(name);
    } else {
      set.remove(name);
    }
  }

  @Override
  public SortedMap<String, Object> contents() {
    SortedMap<String, Object> contents = new TreeMap<>();
    contents.put("by type and unit", byGroup.contents());
    contents.put("by MAC", byMac.contents());
    contents.put("by incident", byIncident.contents());
    contents.put("drain requested", drainRequested);
    contents.put("matched", matched);
    contents.put("installing", installing);
    return contents;
  }
}
