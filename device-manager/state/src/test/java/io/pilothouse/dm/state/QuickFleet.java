package io.pilothouse.dm.state;

import io.pilothouse.api.v1.Budgets;
import io.pilothouse.api.v1.Fleet;
import io.pilothouse.api.v1.Image;
import io.pilothouse.api.v1.InventoryMachine;
import io.pilothouse.api.v1.Limit;
import io.pilothouse.api.v1.MachineType;
import io.pilothouse.api.v1.ProvisioningPolicy;
import io.pilothouse.api.v1.RepairPolicy;
import io.pilothouse.api.v1.RolloutPolicy;
import io.pilothouse.api.v1.ScaleUnit;
import io.pilothouse.api.v1.WatchdogSpec;
import io.pilothouse.api.v1.WatchdogState;
import java.time.Duration;
import java.util.List;

/**
 * A small specification with short times: one type, {@code canary} with web-01 and web-02, {@code
 * su-1} with web-03 to web-07. At most two of su-1 and three of the fleet may be taken.
 */
final class QuickFleet {
  static final Duration CONFIRM = Duration.ofSeconds(10);
  static final Duration QUIET = Duration.ofSeconds(20);
  static final Duration PROBATION_MAX = Duration.ofMinutes(1);
  static final Duration UNKNOWN_MAX = Duration.ofSeconds(30);
  static final Duration EXECUTE = Duration.ofSeconds(50);
  static final Duration DRAIN = Duration.ofSeconds(30);
  static final Duration VERIFY = Duration.ofSeconds(90);
  static final Duration STEP = Duration.ofMinutes(2);
  static final Duration RETRY = Duration.ofSeconds(15);

  static final List<String> WATCHDOGS = List.of("disk", "heartbeat", "reachable");

  private QuickFleet() {}

  static Fleet spec() {
    Fleet.Builder fleet =
        Fleet.newBuilder()
            .setName("quick")
            .setBudgets(
                Budgets.newBuilder()
                    .setFleet(Limit.newBuilder().setAbsolute(3))
                    .setUnit(Limit.newBuilder().setPercent(40))
                    .setType(Limit.newBuilder().setPercent(100)))
            .addTypes(
                MachineType.newBuilder()
                    .setName("frontend")
                    .setImage("base")
                    .setManifest("web")
                    .setWatchdogSet("health")
                    .setAgent("pilot-agent")
                    .addAllWatchdogs(WATCHDOGS)
                    .setRepairPolicy("short")
                    .setRolloutPolicy("short"))
            .addUnits(ScaleUnit.newBuilder().setName("canary").setOrder(1))
            .addUnits(ScaleUnit.newBuilder().setName("su-1").setOrder(2))
            .addRepairPolicies(
                RepairPolicy.newBuilder()
                    .setName("short")
                    .setConfirmAfterMs(CONFIRM.toMillis())
                    .setQuietMs(QUIET.toMillis())
                    .setProbationMaxMs(PROBATION_MAX.toMillis())
                    .setUnknownMaxMs(UNKNOWN_MAX.toMillis())
                    .setExecuteDeadlineMs(EXECUTE.toMillis())
                    .setDrainMs(DRAIN.toMillis())
                    .setVerifyDeadlineMs(VERIFY.toMillis()))
            .addRolloutPolicies(RolloutPolicy.newBuilder().setName("short").setDeadlineMs(600_000))
            .addImages(Image.newBuilder().setName("base").setVersion("1.0.0"))
            .setProvisioning(
                ProvisioningPolicy.newBuilder()
                    .setMaxConcurrent(2)
                    .setMaxAttempts(2)
                    .setStepDeadlineMs(STEP.toMillis())
                    .setRetryAfterMs(RETRY.toMillis()));
    for (String name : WATCHDOGS) {
      fleet.addWatchdogs(watchdog(name, WatchdogState.Mode.LIVE));
    }
    for (int i = 1; i <= 7; i++) {
      fleet.addMachines(machine("web-0" + i, i <= 2 ? "canary" : "su-1", i));
    }
    return fleet.build();
  }

  /** Where most of the seven may fail, and it is no incident. */
  static Fleet withoutIncidents() {
    Fleet.Builder fleet = spec().toBuilder();
    fleet.getIncidentsBuilder().setMachines(1000).setMassMachines(1000);
    return fleet.build();
  }

  static WatchdogSpec watchdog(String name, WatchdogState.Mode mode) {
    return WatchdogSpec.newBuilder()
        .setName(name)
        .setRunner(
            name.equals("reachable") ? WatchdogSpec.Runner.REMOTE : WatchdogSpec.Runner.BUILTIN)
        .setEveryMs(5000)
        .setInitialMode(mode)
        .build();
  }

  static InventoryMachine machine(String name, String unit, int number) {
    return InventoryMachine.newBuilder()
        .setName(name)
        .setType("frontend")
        .setScaleUnit(unit)
        .setRack("r" + number)
        .setMac("02:00:00:00:00:0" + number)
        .build();
  }
}
