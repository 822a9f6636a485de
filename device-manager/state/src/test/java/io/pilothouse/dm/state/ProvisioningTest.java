package io.pilothouse.dm.state;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.log.v1.Command;
import io.pilothouse.api.log.v1.Refusal;
import io.pilothouse.api.log.v1.RetryProvisioning;
import io.pilothouse.api.v1.Condition;
import io.pilothouse.api.v1.Lifecycle;
import io.pilothouse.api.v1.Observed;
import io.pilothouse.api.v1.ProbationCause;
import io.pilothouse.api.v1.Provisioning.Step;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** From the network into service, and all that may go wrong on the way. */
class ProvisioningTest {
  private final FleetScenario fleet = FleetScenario.expected();
  private final FakeMachine web01 = fleet.machine("web-01");

  @Test
  void machineJoinsThroughProbation() {
    web01.isDiscovered().isInstalled().is(Condition.PROBATION);
    assertThat(fleet.show("web-01").getCause()).isEqualTo(ProbationCause.CAUSE_JOINING);
    assertThat(Budget.taken(fleet.state, fleet.show("web-01"))).isFalse();
    assertThat(Budget.lost(fleet.state, fleet.show("web-01"))).isFalse();
    web01.reportsOk();
    fleet.passes(QuickFleet.QUIET);
    web01.is(Condition.HEALTHY);
  }

  @Test
  void onlySoManyInstallAtOnceAndTheNextGetsTheFreeSlot() {
    web01.isDiscovered();
    fleet.machine("web-02").isDiscovered();
    fleet.machine("web-03").isDiscovered();
    assertThat(step("web-03")).isEqualTo(Step.MATCHED);
    assertThat(fleet.machine("web-03").provisioning().getReason())
        .isEqualTo("waits for one of 2 install slots");

    web01.isInstalled();

    assertThat(step("web-03")).isEqualTo(Step.POWERING);
  }

  @Test
  void installWaitsUntilItsImageIsRegistered() {
    FleetScenario empty = new FleetScenario();
    empty.apply(QuickFleet.spec());
    FakeMachine machine = empty.machine("web-01").isDiscovered();
    assertThat(machine.provisioning().getReason())
        .isEqualTo("image base@1.0.0 is not registered: pilot manifest add its directory");
    empty.registers(FleetScenario.IMAGE, true);
    assertThat(machine.provisioning().getStep()).isEqualTo(Step.POWERING);
  }

  @Test
  void lateStepIsTriedAgainAfterABackOffWithANewToken() {
    web01.isDiscovered().isPowered();
    long token = web01.provisioning().getToken();
    fleet.passes(QuickFleet.STEP);
    assertThat(step("web-01")).isEqualTo(Step.MATCHED);
    assertThat(web01.provisioning().getReason())
        .isEqualTo("BOOTING: BOOTING did not end before its deadline");

    fleet.passes(QuickFleet.RETRY.minusMillis(1));
    assertThat(step("web-01")).isEqualTo(Step.MATCHED);
    fleet.passes(Duration.ofMillis(1));
    assertThat(step("web-01")).isEqualTo(Step.POWERING);
    assertThat(web01.provisioning().getToken()).isGreaterThan(token);
  }

  @Test
  void outOfAttemptsItWaitsForAPersonWhoHasItTriedAgain() {
    web01.isDiscovered();
    fleet.sends(web01.report(Step.POWERING, "the BMC does not answer"));
    fleet.passes(QuickFleet.RETRY);
    fleet.sends(web01.report(Step.POWERING, "the BMC does not answer"));
    assertThat(step("web-01")).isEqualTo(Step.AWAITING_OPERATOR);
    assertThat(web01.provisioning().getReason()).isEqualTo("POWERING: the BMC does not answer");
    fleet.passes(Duration.ofDays(9));
    assertThat(step("web-01")).isEqualTo(Step.AWAITING_OPERATOR);

    fleet.sends(retry("web-01"));

    assertThat(step("web-01")).isEqualTo(Step.POWERING);
    assertThat(web01.provisioning().getAttempts()).isEqualTo(1);
    assertThat(fleet.isRefused(retry("web-01")).getMessage())
        .contains("not waiting for an operator");
  }

  @Test
  void timeWithoutTheDeviceManagerIsNoneOfTheStep() {
    web01.isDiscovered().isPowered().bootsInstaller();
    fleet.jumps(Duration.ofHours(1));
    fleet.passes(Duration.ofSeconds(59));
    assertThat(step("web-01")).isEqualTo(Step.IMAGING);
    web01.isImaged();
    assertThat(web01.provisioning().getAttempts()).isEqualTo(1);
    assertThat(fleet.state.audit())
        .anyMatch(
            each -> each.getText().contains("installs and watchdogs in shadow move on by it"));
  }

  @Test
  void staleAssignmentDoesNothing() {
    web01.isDiscovered();
    Command.Builder powered = web01.report(Step.POWERING, "");
    powered.getReportProvisioningBuilder().setToken(99);
    assertThat(fleet.isRefused(powered).getCode()).isEqualTo(Refusal.Code.STALE_TOKEN);

    web01.isPowered().bootsInstaller();
    Command.Builder imaged = web01.installer(Step.IMAGING);
    imaged.getObserveMachineBuilder().setProvisioningToken(99);
    assertThat(fleet.isRefused(imaged).getRemedy()).contains("do not touch the machine");
    assertThat(step("web-01")).isEqualTo(Step.IMAGING);
  }

  @Test
  void machineInServiceIsNeverImaged() {
    web01.isDiscovered().isInstalled();
    Command.Builder imaged = web01.installer(Step.IMAGING);
    imaged.getObserveMachineBuilder().setProvisioningToken(1);
    assertThat(fleet.isRefused(imaged).getMessage()).isEqualTo("web-01 is not being provisioned");
  }

  @Test
  void failureOfAStepThatIsOverIsRefused() {
    web01.isDiscovered();
    Command.Builder failed = web01.report(Step.POWERING, "no power");
    fleet.sends(failed);
    assertThat(fleet.isRefused(failed).getMessage())
        .isEqualTo("web-01 is at MATCHED, not POWERING");
    assertThat(fleet.isRefused(web01.report(Step.MATCHED, "no power")).getCode())
        .isEqualTo(Refusal.Code.PRECONDITION);
  }

  @Test
  void wrongImageIsNotTakenIntoService() {
    web01.isDiscovered().isPowered().bootsInstaller().isImaged().isBurntIn();
    assertThat(fleet.show("web-01").getLifecycle()).isEqualTo(Lifecycle.BURN_IN);
    web01.bootsFromDisk(FleetScenario.version("base", "0.9.0"));
    assertThat(fleet.show("web-01").getLifecycle()).isEqualTo(Lifecycle.PROVISIONING);
    assertThat(web01.provisioning().getReason())
        .contains("booted base@0.9.0")
        .contains("should be");
  }

  @Test
  void installerThatFailsIsTriedAgain() {
    web01.isDiscovered().isPowered().bootsInstaller();
    Command.Builder failed = web01.installer(Step.STEP_UNSPECIFIED);
    failed.getObserveMachineBuilder().setStepFailed("disk is full");
    fleet.sends(failed);
    assertThat(step("web-01")).isEqualTo(Step.MATCHED);
    assertThat(web01.provisioning().getReason()).isEqualTo("IMAGING: disk is full");
  }

  @Test
  void repeatedReportsOfTheInstallerAdvanceOneStepOnly() {
    web01.isDiscovered().isPowered().bootsInstaller().isImaged();
    fleet.sends(web01.installer(Step.IMAGING));
    assertThat(step("web-01")).isEqualTo(Step.BURNING_IN);
  }

  @Test
  void oldSystemIsNoInstaller() {
    web01.isDiscovered().isInstalled();
    fleet.machine("web-01").reportsOk();
    fleet.passes(QuickFleet.QUIET);
    reImage();
    String old = fleet.show("web-01").getObserved().getBootId();

    fleet.sends(web01.register(old, Observed.getDefaultInstance(), "key of the old system"));

    assertThat(step("web-01")).isEqualTo(Step.POWERING);
    assertThat(fleet.show("web-01").getKeySha256()).isEmpty();
    fleet.sends(
        web01.register(
            "reset by itself", Observed.newBuilder().setImage(FleetScenario.IMAGE).build(), "key"));
    assertThat(step("web-01")).as("booted the old system once more").isEqualTo(Step.POWERING);
    assertThat(fleet.show("web-01").getKeySha256()).isEmpty();
    fleet.sends(web01.register("installer", Observed.getDefaultInstance(), "new key"));
    assertThat(fleet.show("web-01").getKeySha256()).isEqualTo("new key");
    assertThat(step("web-01")).isEqualTo(Step.IMAGING);
  }

  private void reImage() {
    web01.failsOnce("disk").failsAgain("disk");
    FakeRepairService service = fleet.repairService();
    service.claims("web-01").fails("web-01").claims("web-01").fails("web-01");
    service.claims("web-01").executes("web-01");
  }

  @Test
  void anotherKeyIsRefused() {
    web01.isDiscovered().isInstalled();
    assertThat(
            fleet
                .isRefused(web01.register("boot", Observed.getDefaultInstance(), "another key"))
                .getCode())
        .isEqualTo(Refusal.Code.NOT_ALLOWED);
    assertThat(fleet.isRefused(web01.register("", Observed.getDefaultInstance(), "key")).getCode())
        .isEqualTo(Refusal.Code.INVALID);
  }

  @Test
  void heldMachineIsNotInstalled() {
    web01.isHeldFor(Duration.ofHours(1)).isDiscovered();
    assertThat(step("web-01")).isEqualTo(Step.MATCHED);
    fleet.passes(Duration.ofHours(1));
    assertThat(step("web-01")).isEqualTo(Step.POWERING);
  }

  private Step step(String machine) {
    return fleet.show(machine).getProvisioning().getStep();
  }

  private static Command.Builder retry(String machine) {
    return Command.newBuilder()
        .setRetryProvisioning(RetryProvisioning.newBuilder().setMachine(machine));
  }
}
