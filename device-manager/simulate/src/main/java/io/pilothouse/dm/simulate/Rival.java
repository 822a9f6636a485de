package io.pilothouse.dm.simulate;

import io.pilothouse.api.v1.Fleet;
import io.pilothouse.api.v1.MachineType;
import io.pilothouse.api.v1.VerdictKind;
import io.pilothouse.api.v1.VersionRef;
import io.pilothouse.api.v1.WatchdogSpec;
import io.pilothouse.dm.state.Policies;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * What rival policies have in common: the same watchdogs with the same beats, any of which makes a
 * machine unhealthy by an ERROR or by silence for valid-for; and the same hardware. What differs is
 * what they do about it.
 */
abstract class Rival implements Control {
  final World world;
  private final Fleet fleet;
  private final Watchdogs watchdogs;

  /** Since when the monitor sees the machine unhealthy. */
  final Map<String, Long> unhealthySince = new HashMap<>();

  private final Set<String> looking = new HashSet<>();
  private final Set<String> taken = new HashSet<>();
  private final Map<String, Long> unheardSince = new HashMap<>();

  Rival(World world, Fleet fleet) {
    this.world = world;
    this.fleet = fleet;
    this.watchdogs = new Watchdogs(world, fleet);
  }

  /** The monitor sees it unhealthy from now on. */
  abstract void fellIll(SimMachine machine);

  /** The monitor sees it healthy again. */
  void becameWell(SimMachine machine) {}

  @Override
  public void start() {
    for (SimMachine machine : world.machines.values()) {
      MachineType type = type(machine);
      machine.settled(
          WarmStart.version(type.getImage().isEmpty() ? "none" : type.getImage(), "1.0.0"),
          WarmStart.version(type.getManifest(), "1.0.0"));
    }
  }

  MachineType type(SimMachine machine) {
    return fleet.getTypesList().stream()
        .filter(each -> each.getName().equals(machine.place.type()))
        .findFirst()
        .orElseThrow();
  }

  @Override
  public void changed(SimMachine machine) {
    lookAfter(machine, every(machine));
  }

  @Override
  public void cameUp(SimMachine machine) {
    changed(machine);
  }

  private void lookAfter(SimMachine machine, long every) {
    if (looking.add(machine.name())) {
      // on the machine's own beat, as its watchdogs run
      long now = world.agenda.now();
      long phase = Math.floorMod(machine.name().hashCode() * 2654435761L, every);
      world.agenda.at(
          now - Math.floorMod(now - phase, every) + every,
          () -> {
            looking.remove(machine.name());
            look(machine);
          });
    }
  }

  private long every(SimMachine machine) {
    return watchdogs.of(machine).stream()
        .mapToLong(WatchdogSpec::getEveryMs)
        .filter(each -> each > 0)
        .min()
        .orElse(Spans.MINUTE);
  }

  private void look(SimMachine machine) {
    long now = world.agenda.now();
    boolean ill = false;
    boolean waits = false;
    for (WatchdogSpec spec : watchdogs.of(machine)) {
      String key = machine.name() + "/" + spec.getName();
      if (watchdogs.isHeard(machine, spec)) {
        unheardSince.remove(key);
        ill |= watchdogs.says(machine, spec).getKind() == VerdictKind.ERROR;
      } else {
        long since = unheardSince.computeIfAbsent(key, k -> now);
        ill |= now - since >= Policies.validForMs(spec);
        waits = true;
      }
    }
    if (ill && unhealthySince.putIfAbsent(machine.name(), now) == null) {
      fellIll(machine);
    } else if (!ill && unhealthySince.remove(machine.name()) != null) {
      becameWell(machine);
    }
    world.account(machine);
    if (waits && !ill) {
      lookAfter(machine, every(machine));
    }
  }

  boolean isIll(SimMachine machine) {
    return unhealthySince.containsKey(machine.name());
  }

  void take(SimMachine machine) {
    taken.add(machine.name());
    world.account(machine);
  }

  void giveBack(SimMachine machine) {
    taken.remove(machine.name());
    world.account(machine);
  }

  @Override
  public boolean takes(String machine) {
    return taken.contains(machine);
  }

  @Override
  public boolean inService(String machine) {
    return !taken.contains(machine) && !unhealthySince.containsKey(machine);
  }

  /**
   * A rollout as such systems do one: a tenth of the machines at a time, no judgement of what
   * becomes of them.
   */
  @Override
  public void rollOut(String type, boolean bad) {
    VersionRef version = WarmStart.version(type, "1.%s.0".formatted(++versions));
    if (bad) {
      world.versions.isBad(version);
      world.agenda.after(12 * Spans.HOUR, () -> rollOut(type, false));
    }
    int at = 0;
    for (String name : world.plant.members("type/" + type)) {
      SimMachine machine = world.machine(name);
      current.put(type, version);
      world.agenda.after(
          10 * Spans.MINUTE * (at++ % 10),
          () -> {
            if (machine.isUp()) {
              machine.runs(version);
            }
          });
    }
  }

  /** What a machine of the type is to run now. */
  VersionRef version(SimMachine machine) {
    return current.getOrDefault(
        machine.place.type(), WarmStart.version(type(machine).getManifest(), "1.0.0"));
  }

  private final Map<String, VersionRef> current = new HashMap<>();
  private int versions;
}
