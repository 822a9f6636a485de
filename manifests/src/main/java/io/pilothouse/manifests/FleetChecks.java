package io.pilothouse.manifests;

import com.google.protobuf.ByteString;
import io.pilothouse.api.v1.DeviceKind;
import io.pilothouse.api.v1.Fleet;
import io.pilothouse.api.v1.InventoryMachine;
import io.pilothouse.api.v1.MachineType;
import io.pilothouse.api.v1.ManifestKey;
import io.pilothouse.api.v1.RepairPolicy;
import io.pilothouse.api.v1.RolloutPolicy;
import io.pilothouse.api.v1.WatchdogSpec;
import io.pilothouse.manifests.offers.OfferCheck;
import io.pilothouse.manifests.pattern.MachinePattern;
import io.pilothouse.manifests.pattern.Near;
import io.pilothouse.manifests.table.Reading.Reference;
import io.pilothouse.manifests.text.Place;
import io.pilothouse.manifests.text.Problems;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Checks that need more than one document: references, units, times that must fit. */
final class FleetChecks {
  private static final long REPORT_EVERY_MS = 5_000;
  private static final long QUIET_MS = 5 * 60_000;
  private static final long PROBATION_MAX_MS = 30 * 60_000;
  private static final Set<String> POLICIES = Set.of("RepairPolicy", "RolloutPolicy");

  private final FleetParts parts;
  private final Problems problems;

  FleetChecks(FleetParts parts, Problems problems) {
    this.parts = parts;
    this.problems = problems;
  }

  void run() {
    if (parts.clusters.isEmpty()) {
      problems.add(
          Place.top("cluster.yaml"), "there is no document of kind Cluster; a fleet has one");
    }
    parts.clusters.stream()
        .skip(1)
        .forEach(
            each ->
                problems.add(
                    each.place(),
                    "a fleet has one Cluster; the other is at " + parts.clusters.get(0).place()));
    parts.clusters.forEach(each -> keys(each.place(), each.value()));
    parts.references.forEach(this::reference);
    parts.watchdogs.forEach(each -> times(each.place(), each.value()));
    parts.repairPolicies.forEach(each -> times(each.place(), each.value().policy, problems));
    parts.types.forEach(each -> device(each.place(), each.value()));
    AccessTable.check(parts.access, problems);
    RoleTable.check(parts.roles, problems);
    parts.inventory().ifPresent(this::inventory);
    parts.inventory().ifPresent(this::canaries);
    if (problems.isEmpty()) {
      parts.repairPolicies.forEach(each -> each.value().analyse(each.place(), problems));
    }
  }

  private void keys(Place place, Fleet.Builder cluster) {
    Map<String, String> names = new TreeMap<>();
    Map<ByteString, String> keys = new HashMap<>();
    for (ManifestKey key : cluster.getManifestKeysList()) {
      if (names.putIfAbsent(key.getName(), key.getName()) != null) {
        problems.add(
            place, "manifest-keys: the name \"%s\" is there twice".formatted(key.getName()));
      }
      String other = keys.putIfAbsent(key.getEd25519(), key.getName());
      if (other != null && !key.getEd25519().isEmpty()) {
        problems.add(
            place,
            "manifest-keys: %s and %s are the same key; take one away"
                .formatted(other, key.getName()));
      }
    }
    if (cluster.getContents().getRequireSignature() && cluster.getManifestKeysCount() == 0) {
      problems.add(
          place,
          "contents.require-signature: nobody may sign; name a key in manifest-keys, made by"
              + " `pilot manifest keygen`");
    }
  }

  private void reference(Reference reference) {
    Collection<String> names = parts.names(reference.kind()).keySet();
    boolean isDefault = reference.name().equals("default") && POLICIES.contains(reference.kind());
    if (!names.contains(reference.name()) && !isDefault) {
      problems.add(
          reference.place(),
          "%s: there is no %s \"%s\"%s"
              .formatted(
                  reference.key(),
                  reference.kind(),
                  reference.name(),
                  Near.hint(reference.name(), names)));
    }
  }

  /** A machine is installed from an image; on a switch nothing of ours is installed or runs. */
  private void device(Place place, MachineType.Builder type) {
    if (type.getDevice() != DeviceKind.DEVICE_SWITCH) {
      if (type.getImage().isEmpty()) {
        problems.add(
            place,
            "type %s has no image; name one, or write `device: switch`".formatted(type.getName()));
      }
      OfferCheck.oversubscribed(type.getOffers())
          .ifPresent(
              why -> problems.add(place, "type %s: offers.%s".formatted(type.getName(), why)));
      return;
    }
    if (!type.getImage().isEmpty() || !type.getManifest().isEmpty()) {
      problems.add(
          place,
          "type %s: a switch has neither image nor manifest; delete %s"
              .formatted(type.getName(), type.getImage().isEmpty() ? "`manifest:`" : "`image:`"));
    }
    if (type.hasOffers()) {
      problems.add(
          place,
          "type %s: nothing of ours runs on a switch; delete `offers:`".formatted(type.getName()));
    }
    if (!type.getWatchdogSet().isEmpty() || !type.getAgent().isEmpty()) {
      problems.add(
          place,
          "type %s: nothing of ours runs on a switch; delete %s"
              .formatted(
                  type.getName(), type.getAgent().isEmpty() ? "`watchdog-set:`" : "`agent:`"));
    }
    for (WatchdogSpec.Builder each : watchdogsOf(type)) {
      if (isOnMachine(each.getRunner())) {
        problems.add(
            place,
            "type %s: watchdog %s runs on the machine itself, and on a switch none does;"
                    .formatted(type.getName(), each.getName())
                + " list those with `run: remote` or `run: external`");
      } else if (isRemote(each, "slow")) {
        problems.add(
            place,
            "type %s: watchdog %s compares counters of agents, and a switch has none; leave it out"
                .formatted(type.getName(), each.getName()));
      }
    }
  }

  private List<WatchdogSpec.Builder> watchdogsOf(MachineType.Builder type) {
    return parts.watchdogs.stream()
        .map(each -> each.value().spec)
        .filter(
            each ->
                type.getWatchdogsList().contains(each.getName())
                    || each.getTypesList().contains(type.getName()))
        .toList();
  }

  private static boolean isRemote(WatchdogSpec.Builder spec, String builtIn) {
    return spec.getRunner() == WatchdogSpec.Runner.REMOTE
        && BuiltInWatchdogs.chosen(spec.build()).equals(builtIn);
  }

  private static boolean isOnMachine(WatchdogSpec.Runner runner) {
    return runner == WatchdogSpec.Runner.SCRIPT || runner == WatchdogSpec.Runner.BUILTIN;
  }

  private void times(Place place, WatchdogDraft draft) {
    Place at = draft.validFor == null ? place : draft.validFor.place();
    long reportEvery =
        parts.clusters.stream()
            .map(each -> each.value())
            .mapToLong(Fleet.Builder::getReportEveryMs)
            .filter(each -> each > 0)
            .findFirst()
            .orElse(REPORT_EVERY_MS);
    if (draft.validForMs() < draft.spec.getEveryMs()) {
      problems.add(
          at,
          "valid-for: %s is shorter than every (%s), so it would be silent all the time"
              .formatted(text(draft.validForMs()), text(draft.spec.getEveryMs())));
    } else if (draft.validForMs() < reportEvery) {
      problems.add(
          at,
          "valid-for: %s is shorter than the cluster's report-every (%s), so it would be silent"
                  .formatted(text(draft.validForMs()), text(reportEvery))
              + " all the time");
    }
  }

  static void times(Place place, RepairPolicy.Builder policy, Problems problems) {
    long quiet = policy.getQuietMs() == 0 ? QUIET_MS : policy.getQuietMs();
    long most = policy.getProbationMaxMs() == 0 ? PROBATION_MAX_MS : policy.getProbationMaxMs();
    if (quiet >= most) {
      problems.add(
          place,
          "quiet (%s) must be shorter than probation-max (%s), or no machine gets HEALTHY again"
              .formatted(text(quiet), text(most)));
    }
  }

  private static String text(long millis) {
    return Duration.ofMillis(millis).toString().substring(2).toLowerCase(java.util.Locale.ROOT);
  }

  private void inventory(Inventory inventory) {
    Collection<String> types = parts.names("MachineType").keySet();
    Collection<String> units = parts.names("ScaleUnit").keySet();
    for (Inventory.Row row : inventory.rows()) {
      InventoryMachine.Builder machine = row.machine();
      cell(inventory, row, Inventory.Column.TYPE, machine.getType(), types, "MachineType");
      cell(inventory, row, Inventory.Column.SCALE_UNIT, machine.getScaleUnit(), units, "ScaleUnit");
    }
    List<MachineType.Builder> ofSwitches =
        parts.types.stream()
            .map(FleetParts.At::value)
            .filter(each -> each.getDevice() == DeviceKind.DEVICE_SWITCH)
            .toList();
    ofSwitches.forEach(each -> addresses(inventory, each));
    Set<String> switches =
        ofSwitches.stream().map(MachineType.Builder::getName).collect(Collectors.toSet());
    new Membership(parts.units, switches, inventory, problems).assign();
    List<InventoryMachine.Builder> machines =
        inventory.rows().stream()
            .map(Inventory.Row::machine)
            .filter(each -> !switches.contains(each.getType()))
            .toList();
    for (FleetParts.At<Fleet.Builder> cluster : parts.clusters) {
      TinyBudgets.warnings(cluster.value().getBudgets(), machines)
          .forEach(each -> problems.warn(cluster.place(), each));
    }
  }

  /** A machine's agent says where it is; a switch has nobody to say it. */
  private void addresses(Inventory inventory, MachineType.Builder type) {
    Optional<WatchdogSpec.Builder> looks =
        watchdogsOf(type).stream().filter(each -> isRemote(each, "reachable")).findFirst();
    if (looks.isEmpty()) {
      return;
    }
    inventory.rows().stream()
        .filter(each -> each.machine().getType().equals(type.getName()))
        .filter(each -> each.machine().getAddress().isEmpty())
        .forEach(
            each ->
                problems.add(
                    inventory.place(each, Inventory.Column.ADDRESS),
                    "address: watchdog %s looks at the switch %s there; write host:port, for"
                            .formatted(looks.get().getName(), each.machine().getName())
                        + " example sw3.example:22"));
  }

  /** A canary that is nobody is a slip of the pen: the rollout would begin with everybody else. */
  private void canaries(Inventory inventory) {
    for (FleetParts.At<RolloutPolicy.Builder> policy : parts.rolloutPolicies) {
      for (String first : policy.value().getFirstList()) {
        boolean selects =
            MachinePattern.parse(first) instanceof MachinePattern.Parsed.Good good
                && inventory.rows().stream()
                    .map(each -> each.machine().getName())
                    .anyMatch(good.pattern()::matches);
        if (!selects) {
          problems.warn(
              policy.place(),
              "first: \"%s\" is no machine of machines.csv: rollouts begin without it"
                  .formatted(first));
        }
      }
    }
  }

  private void cell(
      Inventory inventory,
      Inventory.Row row,
      Inventory.Column column,
      String name,
      Collection<String> names,
      String kind) {
    if (!name.isEmpty() && !names.contains(name)) {
      problems.add(
          inventory.place(row, column),
          "%s: there is no %s \"%s\"%s"
              .formatted(column.title(), kind, name, Near.hint(name, names)));
    }
  }
}
