package io.pilothouse.dm.state;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.log.v1.ApplyVerdicts;
import io.pilothouse.api.log.v1.Command;
import io.pilothouse.api.log.v1.MachineReplaced;
import io.pilothouse.api.log.v1.VerdictReport;
import io.pilothouse.api.v1.Action;
import io.pilothouse.api.v1.Condition;
import io.pilothouse.api.v1.DeviceKind;
import io.pilothouse.api.v1.Fleet;
import io.pilothouse.api.v1.InventoryMachine;
import io.pilothouse.api.v1.Lifecycle;
import io.pilothouse.api.v1.MachineType;
import io.pilothouse.api.v1.ProbationCause;
import io.pilothouse.api.v1.Repair;
import io.pilothouse.api.v1.StatusReply;
import io.pilothouse.api.v1.VerdictKind;
import io.pilothouse.api.v1.WatchdogSpec;
import org.junit.jupiter.api.Test;

/** Network switches: watched from outside, repaired like machines, never installed. */
class SwitchTest {
  private final FleetScenario fleet = FleetScenario.expected(spec());
  private long sequence;

  private static Fleet spec() {
    Fleet.Builder spec = QuickFleet.spec().toBuilder();
    spec.addTypes(
        MachineType.newBuilder()
            .setName("tor")
            .setDevice(DeviceKind.DEVICE_SWITCH)
            .addWatchdogs("reachable")
            .setRepairPolicy("short"));
    spec.addMachines(
        InventoryMachine.newBuilder()
            .setName("sw1")
            .setType("tor")
            .setRack("r3")
            .setBmc("local:sw1")
            .setAddress("sw1.example:22"));
    return spec.build();
  }

  @Test
  void switchIsInServiceAsSoonAsTheInventoryNamesIt() {
    assertThat(fleet.show("sw1").getKind()).isEqualTo(DeviceKind.DEVICE_SWITCH);
    assertThat(fleet.show("sw1").getLifecycle()).isEqualTo(Lifecycle.IN_SERVICE);
    assertThat(fleet.show("sw1").getCondition()).isEqualTo(Condition.PROBATION);
    assertThat(fleet.show("sw1").getCause()).isEqualTo(ProbationCause.CAUSE_JOINING);
    assertThat(fleet.show("web-01").getLifecycle()).isEqualTo(Lifecycle.EXPECTED);
    heals();
  }

  @Test
  void rebootIsVerifiedByWhatItsWatchdogsSaySince() {
    heals();
    failsTwice();
    assertThat(fleet.repairOf("sw1").getAction()).isEqualTo(Action.REBOOT);
    FakeRepairService service = fleet.repairService().claims("sw1");
    assertThat(fleet.repairOf("sw1").getState())
        .as("nothing to drain")
        .isEqualTo(Repair.State.CLAIMED);
    service.executes("sw1");
    says(VerdictKind.OK); // before the power was cut: says nothing of what comes after
    assertThat(fleet.show("sw1").getCondition()).isEqualTo(Condition.FAILURE);
    String repair = fleet.repairOf("sw1").getId();
    service.hasExecuted("sw1");
    assertThat(fleet.repairOf("sw1").getState()).isEqualTo(Repair.State.VERIFYING);

    says(VerdictKind.OK);

    assertThat(fleet.state.repair(repair).orElseThrow().getState()).isEqualTo(Repair.State.DONE);
    assertThat(fleet.state.repair(repair).orElseThrow().getOutcome())
        .isEqualTo("verified: OK since the reboot from reachable");
    heals();
  }

  @Test
  void rebootAfterWhichItIsNotOkFailsAtTheDeadlineAndIsFollowedByReplace() {
    needsReplacement();
    Repair replace = fleet.repairOf("sw1");
    assertThat(replace.getAction()).as("never ReImage").isEqualTo(Action.REPLACE);
    assertThat(replace.getRule()).endsWith("; a switch is never re-imaged -> Replace");
  }

  private void needsReplacement() {
    heals();
    failsTwice();
    for (int i = 0; i < 2; i++) {
      assertThat(fleet.repairOf("sw1").getAction()).isEqualTo(Action.REBOOT);
      fleet.repairService().claims("sw1").executes("sw1").hasExecuted("sw1");
      says(VerdictKind.ERROR);
      fleet.passes(QuickFleet.VERIFY);
    }
  }

  @Test
  void replacedSwitchIsBackInProbationWithoutBeingInstalled() {
    needsReplacement();
    String repair = fleet.repairOf("sw1").getId();
    fleet.repairService().claims("sw1").executes("sw1");
    assertThat(fleet.show("sw1").getLifecycle()).isEqualTo(Lifecycle.AWAITING_REPLACEMENT);

    fleet.sends(
        Command.newBuilder().setMachineReplaced(MachineReplaced.newBuilder().setMachine("sw1")));

    assertThat(fleet.show("sw1").getLifecycle()).isEqualTo(Lifecycle.IN_SERVICE);
    assertThat(fleet.show("sw1").getGeneration()).isEqualTo(1);
    assertThat(fleet.state.repair(repair).orElseThrow().getState()).isEqualTo(Repair.State.DONE);
    assertThat(fleet.state.repair(repair).orElseThrow().getTicket().getClosedAt()).isPositive();
    heals();
  }

  @Test
  void switchesAreNotCountedAmongTheMachines() {
    heals();
    StatusReply status = StatusView.of(fleet.state, fleet.now()).build();
    assertThat(status.getTotal()).isEqualTo(7);
    assertThat(status.getSwitches()).isEqualTo(1);
    assertThat(status.getSwitchesHealthy()).isEqualTo(1);
    failsTwice();
    assertThat(StatusView.of(fleet.state, fleet.now()).getCodesList())
        .anyMatch(each -> each.getCode().equals("SWITCH_FAILURE"));
  }

  @Test
  void typeOfSwitchesWithAnImageOrWatchdogsOfItsOwnIsRefused() {
    Fleet.Builder wrong = spec().toBuilder();
    wrong.getTypesBuilder(1).setImage("base").addWatchdogs("disk");
    assertThat(fleet.refuses(wrong.build()).getMessage())
        .contains("machine type tor: a switch has neither image nor manifest")
        .contains("machine type tor: watchdog disk runs on the machine itself");
  }

  @Test
  void whatCannotLookAtASwitchIsRefused() {
    Fleet.Builder wrong = spec().toBuilder();
    wrong.addWatchdogs(
        WatchdogSpec.newBuilder()
            .setName("latency")
            .setBuiltin("slow")
            .setRunner(WatchdogSpec.Runner.REMOTE)
            .setEveryMs(5000)
            .addTypes("tor"));
    wrong.getMachinesBuilder(7).clearAddress();
    assertThat(fleet.refuses(wrong.build()).getMessage())
        .contains("machine type tor: watchdog latency compares counters of agents")
        .contains("machine sw1: it is a switch, and `reachable` looks at it by its address");
  }

  @Test
  void switchInServiceDoesNotBecomeAMachine() {
    Fleet.Builder wrong = spec().toBuilder();
    wrong.getTypesBuilder(1).setDevice(DeviceKind.DEVICE_MACHINE);
    wrong.getMachinesBuilder(7).setScaleUnit("su-1");
    assertThat(fleet.refuses(wrong.build()).getMessage())
        .contains("machine type tor: device cannot change while sw1 is in service");
  }

  private void failsTwice() {
    says(VerdictKind.ERROR);
    fleet.passes(QuickFleet.CONFIRM);
    says(VerdictKind.ERROR);
    fleet.passes(QuickFleet.PROBATION_MAX);
    assertThat(fleet.show("sw1").getCondition()).isEqualTo(Condition.FAILURE);
  }

  private void heals() {
    says(VerdictKind.OK);
    fleet.passes(QuickFleet.QUIET);
    assertThat(fleet.show("sw1").getCondition()).isEqualTo(Condition.HEALTHY);
  }

  private void says(VerdictKind kind) {
    fleet.sends(
        Command.newBuilder()
            .setApplyVerdicts(
                ApplyVerdicts.newBuilder()
                    .setReporter("satellite/watchdog-1")
                    .addReports(
                        VerdictReport.newBuilder()
                            .setMachine("sw1")
                            .setWatchdog("reachable")
                            .setKind(kind)
                            .setText("it is " + kind)
                            .setSequence(++sequence))));
  }
}
