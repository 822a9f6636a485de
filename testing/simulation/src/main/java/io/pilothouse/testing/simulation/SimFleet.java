package io.pilothouse.testing.simulation;

import io.pilothouse.api.v1.Budgets;
import io.pilothouse.api.v1.Fleet;
import io.pilothouse.api.v1.Image;
import io.pilothouse.api.v1.IncidentPolicy;
import io.pilothouse.api.v1.InventoryMachine;
import io.pilothouse.api.v1.Limit;
import io.pilothouse.api.v1.MachineType;
import io.pilothouse.api.v1.ProvisioningPolicy;
import io.pilothouse.api.v1.RepairPolicy;
import io.pilothouse.api.v1.RolloutPolicy;
import io.pilothouse.api.v1.ScaleUnit;
import io.pilothouse.api.v1.Thing;
import io.pilothouse.api.v1.VersionRef;
import io.pilothouse.api.v1.WatchdogSpec;
import io.pilothouse.api.v1.WatchdogState;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;

/** The fleet specification of a run, and the versions there are. Times are short. */
final class SimFleet {
  static final String TYPE = "frontend";
  static final String HEARTBEAT = "heartbeat";
  static final String PROCESSES = "processes";
  static final String DISK = "disk";
  static final String REACHABLE = "reachable";
  static final List<String> OF_AGENT = List.of(DISK, HEARTBEAT, PROCESSES);
  static final long REPORT_EVERY_MS = 20_000;
  static final long VALID_FOR_MS = 60_000;

  static final VersionRef IMAGE = version("base", "1.0.0");
  static final VersionRef IMAGE_2 = version("base", "2.0.0");
  static final VersionRef IMAGE_BAD = version("base", "3.0.0");
  static final VersionRef CHECKS = version("checks", "1");
  static final VersionRef CHECKS_BAD = version("checks", "2");
  static final VersionRef AGENT = version("pilot-agent", "1");
  static final VersionRef AGENT_2 = version("pilot-agent", "2");
  static final VersionRef FIRST = version("web", "1.0.0");
  static final VersionRef GOOD = version("web", "1.1.0");
  static final VersionRef BAD = version("web", "1.2.0");
  static final VersionRef FLAKY = version("web", "1.3.0");
  static final VersionRef BETTER = version("web", "1.4.0");
  static final List<VersionRef> VERSIONS = List.of(FIRST, GOOD, BAD, FLAKY, BETTER);

  /** All that rolls out, by what it is; manifests more often than the rest. */
  static final SortedMap<Thing, List<VersionRef>> CONTENTS =
      new TreeMap<>(
          Map.of(
              Thing.THING_MANIFEST, VERSIONS,
              Thing.THING_IMAGE, List.of(IMAGE, IMAGE_2, IMAGE_BAD),
              Thing.THING_WATCHDOG_SET, List.of(CHECKS, CHECKS_BAD),
              Thing.THING_AGENT, List.of(AGENT, AGENT_2)));

  static final int RACKS = 3;

  private SimFleet() {}

  /** Whether the version comes up on the machine and does well there. */
  static boolean works(VersionRef version, String machine) {
    boolean flaky = version.equals(FLAKY) && machine.hashCode() % 3 == 0;
    return !List.of(BAD, IMAGE_BAD, CHECKS_BAD).contains(version) && !flaky;
  }

  static Fleet spec(Random random, int machines) {
    Fleet.Builder fleet =
        Fleet.newBuilder()
            .setName("simulated")
            .setReportEveryMs(REPORT_EVERY_MS)
            .setBudgets(
                Budgets.newBuilder()
                    .setFleet(Limit.newBuilder().setPercent(15 + random.nextInt(40)))
                    .setUnit(Limit.newBuilder().setPercent(20 + random.nextInt(40)))
                    .setRack(Limit.newBuilder().setPercent(60))
                    .setType(Limit.newBuilder().setPercent(60)))
            .addTypes(
                MachineType.newBuilder()
                    .setName(TYPE)
                    .setImage("base")
                    .setManifest("web")
                    .setWatchdogSet("checks")
                    .setAgent("pilot-agent")
                    .addAllWatchdogs(List.of(DISK, HEARTBEAT, PROCESSES, REACHABLE)))
            .addUnits(ScaleUnit.newBuilder().setName("canary").setOrder(1))
            .addUnits(ScaleUnit.newBuilder().setName("su-1").setOrder(2))
            .addUnits(ScaleUnit.newBuilder().setName("su-2").setOrder(3))
            .addRepairPolicies(
                RepairPolicy.newBuilder()
                    .setName("default")
                    .setConfirmAfterMs(1 + random.nextInt(40_000))
                    .setQuietMs(30_000 + random.nextInt(60_000))
                    .setProbationMaxMs(240_000 + random.nextInt(240_000))
                    .setUnknownMaxMs(90_000)
                    .setHistoryWindowMs(1_800_000 + random.nextInt(7_200_000))
                    .setReboots(1 + random.nextInt(2))
                    .setAttemptsWindowMs(4 * 3_600_000)
                    .setExecuteDeadlineMs(300_000)
                    .setVerifyDeadlineMs(240_000))
            .addRolloutPolicies(
                RolloutPolicy.newBuilder()
                    .setName("default")
                    .setMaxUnavailable(Limit.newBuilder().setPercent(10 + random.nextInt(50)))
                    .setStagedShare(70 + random.nextInt(31))
                    .setSuccessShare(80 + random.nextInt(21))
                    .setDeadlineMs((10 + random.nextInt(40)) * 60_000L)
                    .setSoakMs(random.nextInt(2) * 120_000L)
                    .setOnFailure(
                        random.nextInt(3) == 0
                            ? RolloutPolicy.OnFailure.PAUSE
                            : RolloutPolicy.OnFailure.ROLLBACK))
            .setIncidents(incidents(random))
            .addImages(Image.newBuilder().setName("base").setVersion("1.0.0"))
            .setProvisioning(
                ProvisioningPolicy.newBuilder()
                    .setMaxConcurrent(2 + random.nextInt(4))
                    .setMaxAttempts(2 + random.nextInt(2))
                    .setStepDeadlineMs(300_000)
                    .setRetryAfterMs(30_000));
    for (String name : List.of(DISK, HEARTBEAT, PROCESSES, REACHABLE)) {
      fleet.addWatchdogs(
          WatchdogSpec.newBuilder()
              .setName(name)
              .setRunner(
                  name.equals(REACHABLE) ? WatchdogSpec.Runner.REMOTE : WatchdogSpec.Runner.BUILTIN)
              .setEveryMs(REPORT_EVERY_MS)
              .setValidForMs(VALID_FOR_MS)
              .setInitialMode(WatchdogState.Mode.LIVE));
    }
    int canary = 1 + random.nextInt(2);
    for (int i = 1; i <= machines; i++) {
      fleet.addMachines(
          InventoryMachine.newBuilder()
              .setName("web-%02d".formatted(i))
              .setType(TYPE)
              .setScaleUnit(i <= canary ? "canary" : i % 2 == 0 ? "su-1" : "su-2")
              .setRack(rack(i))
              .setSwitch("sw" + i % 3 / 2)
              .setFeed("f" + i % 2)
              .setModel("model-" + i % 5 / 3)
              .setMac("02:00:00:00:00:%02x".formatted(i))
              .setBmc("sim:web-%02d".formatted(i)));
    }
    return fleet.build();
  }

  private static String rack(int number) {
    return "r" + number % RACKS;
  }

  /** Thresholds that a handful of machines reach. */
  private static IncidentPolicy.Builder incidents(Random random) {
    return IncidentPolicy.newBuilder()
        .setMachines(2 + random.nextInt(3))
        .setMassMachines(3 + random.nextInt(3))
        .setMassShare(20 + random.nextInt(30))
        .setNoiseShare(30 + random.nextInt(30))
        .setWindowMs(120_000 + random.nextInt(480_000))
        .setQuietMs(10_000 + random.nextInt(60_000))
        .setTrialAfterMs(300_000 + random.nextInt(900_000));
  }

  private static VersionRef version(String name, String version) {
    return VersionRef.newBuilder()
        .setName(name)
        .setVersion(version)
        .setDigest("%064x".formatted((name + version).hashCode() & 0xffffffffL))
        .build();
  }
}
