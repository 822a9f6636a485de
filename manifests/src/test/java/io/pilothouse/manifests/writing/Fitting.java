package io.pilothouse.manifests.writing;

import com.google.protobuf.ByteString;
import io.pilothouse.api.v1.Access;
import io.pilothouse.api.v1.AccessRole;
import io.pilothouse.api.v1.Action;
import io.pilothouse.api.v1.DeviceKind;
import io.pilothouse.api.v1.Fleet;
import io.pilothouse.api.v1.HistoryCount;
import io.pilothouse.api.v1.Image;
import io.pilothouse.api.v1.InventoryMachine;
import io.pilothouse.api.v1.Limit;
import io.pilothouse.api.v1.MachineType;
import io.pilothouse.api.v1.ManifestKey;
import io.pilothouse.api.v1.OfferPolicy;
import io.pilothouse.api.v1.OfferRole;
import io.pilothouse.api.v1.OfferedRange;
import io.pilothouse.api.v1.PolicyRule;
import io.pilothouse.api.v1.RepairPolicy;
import io.pilothouse.api.v1.RolloutPolicy;
import io.pilothouse.api.v1.ScaleUnit;
import io.pilothouse.api.v1.Severity;
import io.pilothouse.api.v1.WatchdogSpec;
import io.pilothouse.api.v1.WatchdogSpec.Runner;
import io.pilothouse.api.v1.WatchdogState;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** What must fit together in a fleet: names that are there, times that can work. */
final class Fitting {
  private static final int DAY_MS = 86_400_000;

  /** Roles that are also the name of a kind of principal. */
  private static final List<AccessRole> OWN =
      List.of(AccessRole.ROLE_WATCHDOG, AccessRole.ROLE_MACHINE, AccessRole.ROLE_FRAMEWORK);

  private final RandomFleets fleets;
  private final Fleet.Builder fleet;

  Fitting(RandomFleets fleets, Fleet.Builder fleet) {
    this.fleets = fleets;
    this.fleet = fleet;
  }

  void fit() {
    for (Limit.Builder each : limits()) {
      one(each);
    }
    if (fleet.getReportEveryMs() > 60_000) {
      fleet.setReportEveryMs(60_000);
    }
    keys();
    fleet.clearTypes();
    while (fleet.getImagesCount() < 1) {
      fleet.addImages(Image.newBuilder().setName(fleets.name()).setVersion("1"));
    }
    for (Image.Builder each : fleet.getImagesBuilderList()) {
      each.setVersion(each.getVersion().isEmpty() ? "2" : each.getVersion());
    }
    fleet.getWatchdogsBuilderList().forEach(this::watchdog);
    types();
    fleet.getRepairPoliciesBuilderList().forEach(this::policy);
    fleet.getRolloutPoliciesBuilderList().forEach(this::policy);
    machines();
    access();
    roles();
  }

  private List<Limit.Builder> limits() {
    List<Limit.Builder> all = new java.util.ArrayList<>();
    if (fleet.hasBudgets()) {
      var budgets = fleet.getBudgetsBuilder();
      for (var field : budgets.getDescriptorForType().getFields()) {
        if (budgets.hasField(field)) {
          all.add((Limit.Builder) budgets.getFieldBuilder(field));
        }
      }
    }
    if (fleet.hasApprovals()) {
      var approvals = fleet.getApprovalsBuilder();
      for (var field : approvals.getDescriptorForType().getFields()) {
        if (field.getJavaType() == com.google.protobuf.Descriptors.FieldDescriptor.JavaType.MESSAGE
            && approvals.hasField(field)) {
          all.add((Limit.Builder) approvals.getFieldBuilder(field));
        }
      }
    }
    fleet.getRolloutPoliciesBuilderList().stream()
        .filter(RolloutPolicy.Builder::hasMaxUnavailable)
        .forEach(each -> all.add(each.getMaxUnavailableBuilder()));
    return all;
  }

  /** A number or a share. */
  private void one(Limit.Builder limit) {
    if (limit.getPercent() == 0 || (limit.getAbsolute() > 0 && fleets.random.nextBoolean())) {
      limit.clearPercent().setAbsolute(Math.max(1, limit.getAbsolute()));
    } else {
      limit.clearAbsolute();
    }
  }

  private void keys() {
    Set<ByteString> seen = new HashSet<>();
    List<ManifestKey> keys =
        fleet.getManifestKeysList().stream()
            .filter(each -> !each.getEd25519().isEmpty() && seen.add(each.getEd25519()))
            .toList();
    fleet.clearManifestKeys().addAllManifestKeys(keys);
    if (keys.isEmpty() && fleet.hasContents()) {
      fleet.getContentsBuilder().clearRequireSignature();
    }
  }

  private void watchdog(WatchdogSpec.Builder watchdog) {
    watchdog
        .setEveryMs(fleets.pick(List.of(60_000L, 61_001L, 90_000L, 3_600_000L)))
        .setTimeoutMs(Math.max(1, watchdog.getTimeoutMs()))
        .setSeverity(fleets.random.nextBoolean() ? Severity.NORMAL : Severity.FATAL)
        .clearTypes();
    if (watchdog.getValidForMs() > 0) {
      watchdog.setValidForMs(DAY_MS + watchdog.getValidForMs());
    }
    if (watchdog.getInitialMode() == WatchdogState.Mode.QUARANTINED) {
      watchdog.setInitialMode(WatchdogState.Mode.SHADOW); // a state, and nothing to begin with
    }
    if (watchdog.getRunner() == Runner.RUNNER_UNSPECIFIED) {
      watchdog.setRunner(Runner.SCRIPT);
    }
    boolean isScript = watchdog.getRunner() == Runner.SCRIPT;
    if (!isScript) {
      watchdog.clearScript().clearProtocol().clearUser().clearArgs().clearBuiltin();
    } else {
      watchdog.clearBuiltin();
      if (watchdog.getScript().isEmpty()) {
        watchdog.setScript(
            ByteString.copyFromUtf8("#!/usr/bin/env python3\n# pilot: every=90s\nprint()\n"));
      }
    }
    if (watchdog.getRunner() != Runner.REMOTE) {
      watchdog.clearQuorum();
    }
    if (watchdog.getRunner() != Runner.EXTERNAL) {
      watchdog.clearReporters();
    }
    switch (watchdog.getRunner()) {
      case BUILTIN -> watchdog.setBuiltin("crash-loop").addArgs("ends=3").addArgs("within=5m");
      case REMOTE -> watchdog.setBuiltin("slow").addArgs("least=0.5");
      case SCRIPT, EXTERNAL, RUNNER_UNSPECIFIED, UNRECOGNIZED -> {}
    }
  }

  private void types() {
    List<String> outside = watchdogs(List.of(Runner.EXTERNAL)); // slow looks at agents
    List<String> all = watchdogs(List.of(Runner.values()));
    for (int i = 0; i < 3; i++) {
      MachineType.Builder type =
          fleets.filled(MachineType.newBuilder()).setName("t" + i).clearWatchdogs();
      boolean isSwitch = i == 2;
      type.setDevice(isSwitch ? DeviceKind.DEVICE_SWITCH : DeviceKind.DEVICE_MACHINE);
      List<String> may = isSwitch ? outside : all;
      if (!may.isEmpty()) {
        type.addAllWatchdogs(fleets.some(may));
      }
      if (isSwitch) {
        type.clearImage().clearManifest().clearWatchdogSet().clearAgent().clearOffers();
      } else {
        type.setImage(fleet.getImages(0).getName());
        offers(type);
      }
      type.setRepairPolicy(
          fleet.getRepairPoliciesCount() == 0 ? "" : fleet.getRepairPolicies(0).getName());
      type.setRolloutPolicy(
          fleet.getRolloutPoliciesCount() == 0 ? "default" : fleet.getRolloutPolicies(0).getName());
      fleet.addTypes(type);
    }
    for (WatchdogSpec.Builder each : fleet.getWatchdogsBuilderList()) {
      if (fleets.random.nextBoolean()) {
        each.addTypes("t1");
      }
    }
  }

  /** One of each shape, by name. */
  private void offers(MachineType.Builder type) {
    if (!type.hasOffers()) {
      return;
    }
    long mebibytes = 1L + fleets.random.nextInt(1 << 20);
    OfferPolicy.Builder offers =
        type.getOffersBuilder().clearResources().clearImages().clearHostPaths();
    if (fleets.random.nextBoolean()) {
      offers.addImages("images").addImages("/srv/more images").addHostPaths("/srv/data");
    }
    offers.setTaskPids(fleets.random.nextBoolean() ? 0 : 16 + fleets.random.nextInt(9000));
    offers.setDelayMs(fleets.random.nextInt(3) * 90_000L);
    offers.addResourcesBuilder().setName("cpus").setMilli(1 + fleets.random.nextInt(64_000));
    offers.addResourcesBuilder().setName("mem").setSizeBytes(mebibytes << 20);
    offers.addResourcesBuilder().setName("own").addItems("a").addItems("1e9").addItems("true");
    offers
        .addResourcesBuilder()
        .setName("ports")
        .addRanges(OfferedRange.newBuilder().setFirst(1).setLast(1))
        .addRanges(OfferedRange.newBuilder().setFirst(31_000).setLast(32_000));
    offers.clearOversubscribe();
    if (fleets.everything || fleets.random.nextBoolean()) {
      offers
          .addOversubscribeBuilder()
          .setName("cpus")
          .setMilli(1 + fleets.random.nextInt((int) offers.getResources(0).getMilli()));
    }
  }

  private List<String> watchdogs(List<Runner> runners) {
    return fleet.getWatchdogsList().stream()
        .filter(each -> runners.contains(each.getRunner()))
        .map(WatchdogSpec::getName)
        .toList();
  }

  private void policy(RepairPolicy.Builder policy) {
    policy.setQuietMs(fleets.pick(List.of(1L, 90_000L, 120_500L)));
    if (policy.getProbationMaxMs() > 0) {
      policy.setProbationMaxMs(DAY_MS + policy.getProbationMaxMs());
    }
    if (fleets.everything && policy.getName().equals(fleet.getRepairPolicies(0).getName())) {
      rules(policy);
    } else {
      policy.clearRules(); // to analyse many takes its time
    }
  }

  private void rules(RepairPolicy.Builder policy) {
    for (PolicyRule.Builder rule : policy.getRulesBuilderList()) {
      if (rule.getAction() == Action.ACTION_UNSPECIFIED) {
        rule.setAction(Action.REBOOT);
      }
      List<HistoryCount> counts =
          rule.getCountsList().stream()
              .map(each -> count(each.toBuilder()))
              .sorted(Comparator.comparing(HistoryCount::getWhat))
              .toList();
      rule.clearCounts().addAllCounts(counts);
    }
  }

  private HistoryCount count(HistoryCount.Builder count) {
    if (count.getWhat() == HistoryCount.What.WHAT_UNSPECIFIED) {
      count.setWhat(HistoryCount.What.ACTIONS);
    }
    if (count.getWhat() == HistoryCount.What.FAILURES) {
      count.clearOf();
    } else if (count.getWhat() == HistoryCount.What.IN_A_ROW && count.getOfCount() == 0) {
      count.addOf(Action.REBOOT);
    }
    return count.getAtLeast() == 0 && count.getBelow() == 0
        ? count.setBelow(3).build()
        : count.build();
  }

  private void policy(RolloutPolicy.Builder policy) {
    if (policy.getPaceMachines() == 0 || policy.getPaceMs() == 0) {
      policy.clearPaceMachines().clearPaceMs();
    } else {
      policy.setPaceMs(Math.max(1000, policy.getPaceMs()));
    }
  }

  /** Each selector of a unit has a machine, and no machine is in two units. */
  private void machines() {
    fleet.clearUnits().clearMachines();
    for (int i = 3; i > 0; i--) {
      String rack = fleets.pick(List.of("r ", "0", "1e")) + i;
      ScaleUnit.Builder unit =
          fleets
              .filled(ScaleUnit.newBuilder())
              .clearRacks()
              .clearMachines()
              .setName("u" + i)
              .setOrder(i);
      if (i != 2) {
        unit.addRacks(rack);
      }
      if (i != 3) {
        unit.addMachines("u%s-[01-02]".formatted(i)).addMachines("u%s-02".formatted(i));
      }
      fleet.addUnits(unit);
      for (int m = 2; m > 0; m--) {
        InventoryMachine.Builder machine = machine("u%s-0%s".formatted(i, m), "t" + m % 2);
        fleet.addMachines(machine.setScaleUnit("u" + i).setRack(rack));
      }
    }
    fleet.addMachines(machine("sw-1", "t2").clearScaleUnit().setRack("elsewhere"));
  }

  private InventoryMachine.Builder machine(String name, String type) {
    InventoryMachine.Builder machine = fleets.filled(InventoryMachine.newBuilder());
    return machine.setName(name).setType(type);
  }

  /** Paths, and limits that are not below guarantees. */
  private void roles() {
    for (OfferRole.Builder role : fleet.getOfferRolesBuilderList()) {
      boolean guaranteed = role.getGuaranteeCount() > 0;
      boolean limited = role.getLimitCount() > 0;
      role.setName(fleets.pick(List.of("", "ads/", "Ä.1/*b/")) + role.getName());
      role.setWeightMilli(fleets.pick(List.of(0, 1, 1000, 2500, 1_000_000_000)));
      role.setPriority(fleets.pick(List.of(-1_000_000, -1, 0, 7)));
      role.clearGuarantee().clearLimit();
      role.setRevokeAfterMs(guaranteed ? fleets.pick(List.of(0L, 10_000L, 90_000L)) : 0);
      int milli = 1 + fleets.random.nextInt(64_000);
      long bytes = (1L + fleets.random.nextInt(1 << 20)) << 20;
      if (guaranteed) {
        role.addGuaranteeBuilder().setName("cpus").setMilli(milli);
        role.addGuaranteeBuilder().setName("mem").setSizeBytes(bytes);
      }
      if (limited) {
        role.addLimitBuilder().setName("cpus").setMilli(2L * milli);
        role.addLimitBuilder().setName("disk");
        role.addLimitBuilder().setName("gpus");
        role.addLimitBuilder().setName("mem").setSizeBytes(bytes);
      }
    }
  }

  private void access() {
    while (fleet.getAccessCount() > 0 && fleet.getAccessCount() < 2 + OWN.size()) {
      fleet.addAccess(Access.newBuilder().setName(fleets.name()));
    }
    for (int i = 0; i < fleet.getAccessCount(); i++) {
      Access.Builder access =
          fleet.getAccessBuilder(i).clearPrincipals().clearRoles().clearTypes().clearLeases();
      switch (i) {
        case 0 ->
            access
                .addPrincipals("operator/*")
                .addPrincipals("operator/Alice@x-1.y")
                .addRoles(AccessRole.ROLE_OPERATOR)
                .addRoles(AccessRole.ROLE_ENGINEER)
                .addRoles(AccessRole.ROLE_APPROVER)
                .addRoles(AccessRole.ROLE_VIEWER)
                .addTypes("t1")
                .addTypes("t0");
        case 1 ->
            access
                .addPrincipals("satellite/repair-?")
                .addRoles(AccessRole.ROLE_SATELLITE)
                .addLeases("scheduler")
                .addLeases("repair");
        default -> {
          AccessRole role = OWN.get(i - 2);
          String kind = role.name().substring("ROLE_".length()).toLowerCase(java.util.Locale.ROOT);
          access.addPrincipals(kind + "/x").addRoles(role);
        }
      }
    }
  }
}
