package io.pilothouse.dm.state;

import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import io.pilothouse.api.v1.Access;
import io.pilothouse.api.v1.DeviceKind;
import io.pilothouse.api.v1.Fleet;
import io.pilothouse.api.v1.Image;
import io.pilothouse.api.v1.InventoryMachine;
import io.pilothouse.api.v1.MachineType;
import io.pilothouse.api.v1.ManifestKey;
import io.pilothouse.api.v1.OfferRole;
import io.pilothouse.api.v1.RepairPolicy;
import io.pilothouse.api.v1.RolloutPolicy;
import io.pilothouse.api.v1.ScaleUnit;
import io.pilothouse.api.v1.WatchdogSpec;
import io.pilothouse.manifests.access.AccessCheck;
import io.pilothouse.manifests.offers.OfferCheck;
import io.pilothouse.manifests.offers.RoleCheck;
import io.pilothouse.manifests.pattern.Near;
import io.pilothouse.manifests.policy.RuleCheck;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Whether a fleet specification is whole. The command line has checked its files with positions;
 * this is the ground truth's own check, since anyone may call it.
 */
final class FleetCheck {
  private static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9.-]{0,62}");
  private static final int SCRIPT_LIMIT = 64 * 1024;
  private static final long LONGEST_MS = 366L * 24 * 3_600_000;
  private static final int MOST = 1_000_000;
  private static final long MOST_BYTES = 1L << 60;

  private final Fleet fleet;
  private final Set<String> switches;

  /** Of them those whose members are looked at by their address. */
  private final Set<String> lookedAt = new TreeSet<>();

  private final Problems problems = new Problems();

  private FleetCheck(Fleet fleet) {
    this.fleet = fleet;
    this.switches =
        fleet.getTypesList().stream()
            .filter(each -> each.getDevice() == DeviceKind.DEVICE_SWITCH)
            .map(MachineType::getName)
            .collect(Collectors.toCollection(TreeSet::new));
  }

  /** All problems at once; empty when it is whole. */
  static List<String> problems(Fleet fleet) {
    return new FleetCheck(fleet).check();
  }

  private List<String> check() {
    if (fleet.getName().isEmpty()) {
      problems.add("the fleet has no name");
    }
    Set<String> types = names("machine type", fleet.getTypesList(), MachineType::getName);
    Set<String> units = names("scale unit", fleet.getUnitsList(), ScaleUnit::getName);
    Set<String> watchdogs = names("watchdog", fleet.getWatchdogsList(), WatchdogSpec::getName);
    Set<String> images = names("image", fleet.getImagesList(), Image::getName);
    Set<String> repair =
        names("repair policy", fleet.getRepairPoliciesList(), RepairPolicy::getName);
    Set<String> rollout =
        names("rollout policy", fleet.getRolloutPoliciesList(), RolloutPolicy::getName);
    names("machine", fleet.getMachinesList(), InventoryMachine::getName);
    for (MachineType type : fleet.getTypesList()) {
      String of = "machine type " + type.getName();
      type.getWatchdogsList().forEach(each -> refer(of, "watchdog", each, watchdogs));
      refer(of, "image", type.getImage(), images);
      device(of, type);
      if (type.hasOffers()) {
        OfferCheck.problems(type.getOffers()).forEach(each -> problems.add(of + ": " + each));
      }
      refer(of, "repair policy", type.getRepairPolicy(), withDefault(repair));
      refer(of, "rollout policy", type.getRolloutPolicy(), withDefault(rollout));
    }
    for (WatchdogSpec spec : fleet.getWatchdogsList()) {
      spec.getTypesList()
          .forEach(each -> refer("watchdog " + spec.getName(), "machine type", each, types));
      if (spec.getScript().size() > SCRIPT_LIMIT) {
        problems.add(
            "watchdog %s: its script has %s bytes, at most %s are allowed"
                .formatted(spec.getName(), spec.getScript().size(), SCRIPT_LIMIT));
      }
    }
    fleet.getRepairPoliciesList().forEach(each -> problems.addAll(RuleCheck.problems(each)));
    names("access", fleet.getAccessList(), Access::getName);
    for (Access access : fleet.getAccessList()) {
      String of = "access " + access.getName();
      AccessCheck.problems(access).forEach(each -> problems.add(of + ": " + each));
      access.getTypesList().forEach(each -> refer(of, "machine type", each, types));
    }
    problems.addAll(RoleCheck.problems(fleet.getOfferRolesList()));
    names("manifest key", fleet.getManifestKeysList(), ManifestKey::getName);
    problems.addAll(
        Signatures.problems(
            fleet.getManifestKeysList(), fleet.getContents().getRequireSignature()));
    fleet.getRolloutPoliciesList().forEach(each -> problems.addAll(RolloutCheck.problems(each)));
    numbers("the fleet", fleet);
    Map<String, String> byMac = new LinkedHashMap<>();
    for (InventoryMachine machine : fleet.getMachinesList()) {
      String other =
          machine.getMac().isEmpty() ? null : byMac.put(machine.getMac(), machine.getName());
      if (other != null) {
        problems.add(
            "machines %s and %s have the same MAC %s"
                .formatted(other, machine.getName(), machine.getMac()));
      }
      if (machine.getAddress().isEmpty() && lookedAt.contains(machine.getType())) {
        problems.add(
            "machine %s: it is a switch, and `reachable` looks at it by its address; give it one as"
                    .formatted(machine.getName())
                + " host:port");
      }
      boolean noUnit = machine.getScaleUnit().isEmpty() && isSwitch(machine.getType());
      if (!types.contains(machine.getType())
          || !(noUnit || units.contains(machine.getScaleUnit()))) {
        references(machine, types, units, noUnit);
      }
    }
    problems.addAll(UnitCheck.problems(fleet));
    return problems.list();
  }

  private void references(
      InventoryMachine machine, Set<String> types, Set<String> units, boolean noUnit) {
    refer("machine " + machine.getName(), "machine type", machine.getType(), types);
    if (!noUnit) {
      refer("machine " + machine.getName(), "scale unit", machine.getScaleUnit(), units);
    }
  }

  /** Nothing is installed on a switch, and nothing of ours runs on it. */
  private void device(String of, MachineType type) {
    if (type.getDevice() != DeviceKind.DEVICE_SWITCH) {
      return;
    }
    if (!type.getImage().isEmpty() || !type.getManifest().isEmpty()) {
      problems.add(of + ": a switch has neither image nor manifest; remove them");
    }
    if (type.hasOffers()) {
      problems.add(of + ": a switch offers nothing; remove its offers");
    }
    if (!type.getWatchdogSet().isEmpty() || !type.getAgent().isEmpty()) {
      problems.add(of + ": a switch has neither watchdog set nor agent; remove them");
    }
    for (WatchdogSpec spec : fleet.getWatchdogsList()) {
      boolean onMachine =
          spec.getRunner() == WatchdogSpec.Runner.SCRIPT
              || spec.getRunner() == WatchdogSpec.Runner.BUILTIN;
      boolean watches =
          type.getWatchdogsList().contains(spec.getName())
              || spec.getTypesList().contains(type.getName());
      if (onMachine && watches) {
        problems.add(
            "%s: watchdog %s runs on the machine itself, and a switch runs none of ours; use one"
                    .formatted(of, spec.getName())
                + " of runner remote or external");
      }
      if (watches && isRemote(spec, "slow")) {
        problems.add(
            "%s: watchdog %s compares counters of agents, and a switch has none; leave it out"
                .formatted(of, spec.getName()));
      }
      if (watches && isRemote(spec, "reachable")) {
        lookedAt.add(type.getName());
      }
    }
  }

  /** As the formats' BuiltInWatchdogs has it, which is of programs that read files. */
  private static boolean isRemote(WatchdogSpec spec, String builtIn) {
    String chosen = spec.getBuiltin().isEmpty() ? spec.getName() : spec.getBuiltin();
    return spec.getRunner() == WatchdogSpec.Runner.REMOTE && chosen.equals(builtIn);
  }

  private boolean isSwitch(String type) {
    return switches.contains(type);
  }

  /**
   * Numbers beyond reason, in whatever field: the rules reckon with them, and a negative time or a
   * share of 300 % would have them run in circles.
   */
  private void numbers(String of, Message message) {
    if (message instanceof OfferRole || message instanceof InventoryMachine) {
      return; // its own check knows what they may be; a line has no numbers
    }
    String name =
        message.getDescriptorForType().findFieldByName("name") == null ? of : named(message);
    message
        .getAllFields()
        .forEach(
            (field, value) -> {
              if (value instanceof List<?> list) {
                list.forEach(each -> number(name, field, each));
              } else {
                number(name, field, value);
              }
            });
  }

  private void number(String of, FieldDescriptor field, Object value) {
    boolean allowed =
        switch (value) {
          case Long bytes when field.getName().endsWith("_bytes") ->
              bytes >= 0 && bytes <= MOST_BYTES;
          case Long millis -> millis >= 0 && millis <= LONGEST_MS;
          case Integer count -> count >= 0 && count <= MOST;
          case Double percent -> percent >= 0 && percent <= 100;
          default -> true;
        };
    if (!allowed) {
      problems.add(
          "%s: %s cannot be %s (times are at most a year, counts %s, shares 100 percent)"
              .formatted(of, field.getName().replace('_', '-'), value, MOST));
    }
    if (value instanceof Message nested) {
      numbers(of, nested);
    }
  }

  private static String named(Message message) {
    return message.getDescriptorForType().getName()
        + " "
        + message.getField(message.getDescriptorForType().findFieldByName("name"));
  }

  private <T> Set<String> names(String kind, List<T> items, Function<T, String> name) {
    // of machines there are many, and nobody is told a name that is near
    Set<String> names = kind.equals("machine") ? new LinkedHashSet<>() : new TreeSet<>();
    for (T item : items) {
      String each = name.apply(item);
      if (!NAME.matcher(each).matches()) {
        problems.add(
            "%s \"%s\": a name has 1 to 63 of a-z 0-9 . - and begins with a letter or digit"
                .formatted(kind, each));
      } else if (!names.add(each)) {
        problems.add("%s \"%s\" is there twice".formatted(kind, each));
      }
    }
    return names;
  }

  private void refer(String of, String kind, String name, Collection<String> names) {
    if (!name.isEmpty() && !names.contains(name)) {
      problems.add("%s: no %s \"%s\"%s".formatted(of, kind, name, Near.hint(name, names)));
    } else if (name.isEmpty() && (kind.equals("machine type") || kind.equals("scale unit"))) {
      problems.add("%s has no %s".formatted(of, kind));
    }
  }

  private static Set<String> withDefault(Set<String> names) {
    Set<String> all = new TreeSet<>(names);
    all.add("default");
    return all;
  }
}
