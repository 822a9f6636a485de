package io.pilothouse.dm.state;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.log.v1.ApplyFleet;
import io.pilothouse.api.log.v1.Command;
import io.pilothouse.api.log.v1.DecommissionMachine;
import io.pilothouse.api.log.v1.Discover;
import io.pilothouse.api.log.v1.RegisterManifest;
import io.pilothouse.api.v1.Condition;
import io.pilothouse.api.v1.Fleet;
import io.pilothouse.api.v1.InventoryMachine;
import io.pilothouse.api.v1.Lifecycle;
import io.pilothouse.api.v1.Limit;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.Manifest;
import io.pilothouse.api.v1.VersionRef;
import io.pilothouse.api.v1.WatchdogState;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Specifications, inventories, and the machines and contents that are named by them. */
class FleetApplyTest {
  private static final Fleet SPEC = QuickFleet.spec();

  private final FleetScenario fleet = FleetScenario.expected();

  @Test
  void everyMistakeIsNamedAtOnceAndNothingChanges() {
    Fleet.Builder spec = SPEC.toBuilder();
    spec.getTypesBuilder(0).setImage("bass").addWatchdogs("dsk").setRepairPolicy("shrt");
    spec.getMachinesBuilder(0).setType("frontent").setScaleUnit("");
    spec.getMachinesBuilder(1).setName("web-03");
    spec.getMachinesBuilder(4).setMac(SPEC.getMachines(5).getMac());
    spec.addMachines(InventoryMachine.newBuilder().setName("Web 1"));
    assertThat(fleet.refuses(spec.build()).getMessage().lines())
        .containsExactlyInAnyOrder(
            "machine type frontend: no image \"bass\" (did you mean \"base\"?)",
            "machine type frontend: no watchdog \"dsk\" (did you mean \"disk\"?)",
            "machine type frontend: no repair policy \"shrt\" (did you mean \"short\"?)",
            "machine web-01: no machine type \"frontent\" (did you mean \"frontend\"?)",
            "machine web-01 has no scale unit",
            "machine \"web-03\" is there twice",
            "machines web-05 and web-06 have the same MAC 02:00:00:00:00:06",
            "machine \"Web 1\": a name has 1 to 63 of a-z 0-9 . - and begins with a letter or digit",
            "machine Web 1 has no machine type",
            "machine Web 1 has no scale unit");
  }

  @Test
  void numbersBeyondReasonAreRefused() {
    Fleet.Builder spec = SPEC.toBuilder();
    spec.getRepairPoliciesBuilder(0).setProbationMaxMs(-1).setReboots(-1);
    spec.getRolloutPoliciesBuilder(0)
        .setSuccessShare(300)
        .setStagedShare(Double.NaN)
        .setMaxUnavailable(Limit.newBuilder().setPercent(-5));
    spec.getProvisioningBuilder().setRetryAfterMs(Long.MAX_VALUE);
    assertThat(fleet.refuses(spec.build()).getMessage().lines())
        .hasSize(6)
        .anyMatch(each -> each.startsWith("RepairPolicy short: probation-max-ms cannot be -1"))
        .anyMatch(each -> each.startsWith("RolloutPolicy short: success-share cannot be 300.0"))
        .anyMatch(each -> each.startsWith("RolloutPolicy short: percent cannot be -5.0"));
  }

  @Test
  void sameSpecificationChangesNothing() {
    long revision = fleet.state.meta().getFleetRevision();
    assertThat(fleet.apply(SPEC)).isEmpty();
    assertThat(fleet.state.meta().getFleetRevision()).isEqualTo(revision);
    fleet.machine("web-01").isDiscovered();
    assertThat(fleet.show("web-01").getBmc()).isEqualTo("local:web-01");
    assertThat(fleet.apply(SPEC)).as("a discovered power address").isEmpty();
  }

  @Test
  void theSameMachineInTwoUnitsIsRefusedAndBothAreNamed() {
    Fleet.Builder spec = SPEC.toBuilder();
    spec.getUnitsBuilder(0).addRacks("r3");
    spec.getUnitsBuilder(1).addMachines("web-[02-04]");
    assertThat(fleet.refuses(spec.build()).getMessage().lines())
        .containsExactly(
            "machine web-02 is in the scale units canary and su-1; correct them, so that it is in"
                + " one",
            "machine web-03 is in the scale units canary and su-1; correct them, so that it is in"
                + " one");
  }

  @Test
  void differencesReadLikeTheSpecification() {
    Fleet.Builder spec = SPEC.toBuilder();
    spec.getBudgetsBuilder().setFleet(Limit.newBuilder().setPercent(12.5));
    spec.getRepairPoliciesBuilder(0).setQuietMs(300_000);
    spec.getTypesBuilder(0).clearWatchdogs().addWatchdogs("disk");
    spec.removeMachines(6);
    assertThat(fleet.apply(spec.build()))
        .containsExactly(
            "change cluster/quick: budgets: fleet absolute 3, unit percent 40.0, type percent 100.0"
                + " -> fleet percent 12.5, unit percent 40.0, type percent 100.0",
            "change repair-policy/short: quiet: 20s -> 5m",
            "change type/frontend: watchdogs: disk, heartbeat, reachable -> disk",
            "remove machine/web-07");
    assertThat(fleet.state.machine("web-07")).isEmpty();
  }

  @Test
  void discoveredBmcSurvivesAnApply() {
    fleet.machine("web-01").isDiscovered();
    Fleet.Builder spec = SPEC.toBuilder();
    spec.getMachinesBuilder(0).setRack("r9");
    assertThat(fleet.apply(spec.build())).containsExactly("change machine/web-01: rack: r1 -> r9");
    assertThat(fleet.show("web-01").getBmc()).isEqualTo("local:web-01");
  }

  @Test
  void planThatIsOutOfDateIsRefused() {
    Command.Builder stale =
        Command.newBuilder()
            .setApplyFleet(ApplyFleet.newBuilder().setFleet(SPEC).setIfRevision(77));
    assertThat(fleet.isRefused(stale).getMessage())
        .isEqualTo("the server's copy has moved on: it is at revision 1, the plan was made at 77");
    stale.getApplyFleetBuilder().setIfRevision(1);
    fleet.sends(stale);
    assertThat(fleet.refuses(SPEC.toBuilder().setName("other").build()).getMessage())
        .contains("runs the fleet \"quick\", the files are of \"other\"");
    stale.getApplyFleetBuilder().setDryRun(true);
    assertThat(fleet.isRefused(stale).getMessage()).contains("dry run");
  }

  @Test
  void machinesInUseDoNotVanishByAnEdit() {
    fleet.machine("web-01").isDiscovered();
    Fleet.Builder spec = SPEC.toBuilder().removeMachines(1).removeMachines(0);
    assertThat(fleet.refuses(spec.build()).getMessage())
        .isEqualTo(
            "machine web-01 is missing from the inventory but PROVISIONING; decommission it first");
  }

  @Test
  void newWatchdogIsLiveOnlyWhenItSaysSo() {
    assertThat(fleet.state.watchdog("disk").orElseThrow().getMode())
        .isEqualTo(WatchdogState.Mode.LIVE);
    Fleet.Builder spec = SPEC.toBuilder();
    spec.addWatchdogs(QuickFleet.watchdog("fan", WatchdogState.Mode.MODE_UNSPECIFIED));
    spec.getTypesBuilder(0).addWatchdogs("fan");
    fleet.apply(spec.build());
    assertThat(fleet.state.watchdog("fan").orElseThrow().getMode())
        .isEqualTo(WatchdogState.Mode.SHADOW);
  }

  @Test
  void discoveredMachineWaitsForItsLineAndTakesItsNameByMac() {
    String mac = "02:00:00:00:00:99";
    Discover.Builder seen = Discover.newBuilder().setName("u17").setMac(mac).setBmc("redfish+x");
    fleet.sends(Command.newBuilder().setDiscover(seen));
    fleet.sends(Command.newBuilder().setDiscover(seen));
    assertThat(fleet.show("u17").getLifecycle()).isEqualTo(Lifecycle.DISCOVERED);

    InventoryMachine.Builder line = QuickFleet.machine("web-08", "su-1", 8).toBuilder().setMac(mac);
    fleet.apply(SPEC.toBuilder().addMachines(line).build());

    assertThat(fleet.state.machine("u17")).isEmpty();
    assertThat(fleet.show("web-08").getLifecycle()).isEqualTo(Lifecycle.PROVISIONING);
    assertThat(fleet.show("web-08").getBmc()).isEqualTo("redfish+x");
  }

  @Test
  void machineIsKnownByItsMacWhateverItIsCalled() {
    fleet.sends(
        Command.newBuilder()
            .setDiscover(Discover.newBuilder().setName("u3").setMac("02:00:00:00:00:03")));
    assertThat(fleet.show("web-03").getLifecycle()).isEqualTo(Lifecycle.PROVISIONING);
    assertThat(
            fleet
                .isRefused(
                    Command.newBuilder().setDiscover(Discover.newBuilder().setName("No Name/")))
                .getMessage())
        .contains("cannot be a machine's name");
  }

  @Test
  void typeThatNamesNoPolicyHasTheOneCalledDefault() {
    Fleet.Builder spec = SPEC.toBuilder();
    spec.getTypesBuilder(0).clearRepairPolicy();
    fleet.apply(spec.build());
    assertThat(Policies.repair(fleet.state, fleet.show("web-01")).getQuietMs()).isEqualTo(300_000);
    spec.addRepairPolicies(spec.getRepairPolicies(0).toBuilder().setName("default"));
    fleet.apply(spec.build());
    assertThat(Policies.repair(fleet.state, fleet.show("web-01")).getQuietMs()).isEqualTo(20_000);
  }

  @Test
  void shorterTimesHoldForErrorsThatAreThereAlready() {
    FleetScenario serving = FleetScenario.inService();
    serving.machine("web-03").reports(io.pilothouse.api.v1.VerdictKind.ERROR, "disk");
    serving.passes(java.time.Duration.ofSeconds(5));
    Fleet.Builder spec = SPEC.toBuilder();
    spec.getRepairPoliciesBuilder(0).setConfirmAfterMs(1000);
    serving.apply(spec.build());
    serving.machine("web-03").is(Condition.PROBATION);
  }

  @Test
  void versionNeverChangesItsContent() {
    VersionRef ref = FleetScenario.version("web", "1.0.0");
    fleet.registers(ref, false);
    fleet.registers(ref, false);
    VersionRef other = ref.toBuilder().setDigest("0".repeat(64)).build();
    assertThat(fleet.isRefused(manifest(other)).getMessage())
        .contains(ref.getDigest())
        .contains(other.getDigest());
    assertThat(fleet.isRefused(manifest(ref.toBuilder().setDigest("beef").build())).getMessage())
        .contains("cannot be registered");
  }

  @Test
  void decommissionedMachineMayComeBackAsANewOne() {
    Machine before = fleet.show("web-01");
    fleet.machine("web-01").isDiscovered();
    fleet.sends(
        Command.newBuilder()
            .setDecommissionMachine(
                io.pilothouse.api.log.v1.DecommissionMachine.newBuilder().setMachine("web-01")));
    assertThat(fleet.apply(SPEC)).containsExactly("add machine/web-01");
    assertThat(fleet.show("web-01").getLifecycle()).isEqualTo(before.getLifecycle());
    fleet.machine("web-01").isDiscovered().isInstalled().is(Condition.PROBATION);
  }

  private static Command.Builder manifest(VersionRef ref) {
    return Command.newBuilder()
        .setRegisterManifest(
            RegisterManifest.newBuilder().setManifest(Manifest.newBuilder().setRef(ref)));
  }

  /** Seen as a machine that no line names, since the line of web-02 has a wrong MAC. */
  private Fleet.Builder seenBehindAWrongLine(String name) {
    Fleet.Builder right = SPEC.toBuilder();
    String mac = right.getMachines(1).getMac();
    Fleet.Builder wrong = SPEC.toBuilder();
    wrong.getMachinesBuilder(1).setMac("02:00:00:00:99:99");
    fleet.apply(wrong.build());
    fleet.sends(
        Command.newBuilder()
            .setDiscover(Discover.newBuilder().setName(name).setMac(mac).setBmc("redfish+x")));
    assertThat(fleet.show(name).getLifecycle()).isEqualTo(Lifecycle.DISCOVERED);
    return right;
  }

  @ParameterizedTest
  @ValueSource(strings = {"a17", "z17"})
  void aCorrectedMacIsTheMachineThatWasSeen(String name) {
    fleet.apply(seenBehindAWrongLine(name).build());
    assertThat(fleet.state.machine(name)).isEmpty();
    assertThat(fleet.show("web-02").getLifecycle()).isEqualTo(Lifecycle.PROVISIONING);
    assertThat(fleet.show("web-02").getBmc()).isEqualTo("redfish+x");
  }

  @ParameterizedTest
  @ValueSource(strings = {"a17", "z17"})
  void whoWasTakenOutUnderAnotherNameIsSeenAsTheLineSays(String name) {
    Fleet.Builder right = seenBehindAWrongLine(name);
    fleet.sends(
        Command.newBuilder()
            .setDecommissionMachine(DecommissionMachine.newBuilder().setMachine(name)));
    fleet.apply(right.build());
    assertThat(fleet.show("web-02").getLifecycle()).isEqualTo(Lifecycle.EXPECTED);
    fleet.sends(
        Command.newBuilder()
            .setDiscover(
                Discover.newBuilder()
                    .setName(name)
                    .setMac(right.getMachines(1).getMac())
                    .setBmc("redfish+x")));
    assertThat(fleet.show("web-02").getLifecycle()).isEqualTo(Lifecycle.PROVISIONING);
  }
}
