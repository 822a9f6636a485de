package io.pilothouse.dm.state;

import static io.pilothouse.dm.state.RolloutScenario.CANARY;
import static io.pilothouse.dm.state.RolloutScenario.NONE;
import static io.pilothouse.dm.state.RolloutScenario.SU_1;
import static io.pilothouse.dm.state.RolloutScenario.V1;
import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.log.v1.Command;
import io.pilothouse.api.log.v1.ControlRollout;
import io.pilothouse.api.log.v1.Refusal;
import io.pilothouse.api.log.v1.RetryProvisioning;
import io.pilothouse.api.v1.Condition;
import io.pilothouse.api.v1.Fleet;
import io.pilothouse.api.v1.Lifecycle;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.ProbationCause;
import io.pilothouse.api.v1.Provisioning;
import io.pilothouse.api.v1.Rollout;
import io.pilothouse.api.v1.RolloutPolicy;
import io.pilothouse.api.v1.RolloutUnit;
import io.pilothouse.api.v1.Thing;
import io.pilothouse.api.v1.VerdictKind;
import io.pilothouse.api.v1.VersionRef;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A rollout of an image takes each machine through provisioning, and counts on its way. */
class ImageRolloutTest {
  private static final Thing IMAGE = Thing.THING_IMAGE;
  private static final VersionRef OLD = FleetScenario.IMAGE;
  private static final VersionRef NEW = FleetScenario.version("base", "2.0.0");
  private static final Duration LONG = Duration.ofMinutes(30);

  @Test
  void eachMachineIsInstalledAnewAndTakenUntilItIsHealthy() {
    RolloutScenario rollouts = running();
    String rollout = rollouts.starts(NEW);
    rollouts.until(rollout, "su-1", RolloutUnit.State.UNIT_ACTIVATING, LONG);
    rollouts.have(CANARY, IMAGE, NEW);

    Machine away = rollouts.fleet.show("web-03");
    assertThat(away.getLifecycle()).isEqualTo(Lifecycle.PROVISIONING);
    assertThat(away.getCause()).isEqualTo(ProbationCause.CAUSE_ROLLOUT);
    assertThat(Budget.taken(rollouts.fleet.state, away)).isTrue();
    assertThat(rollouts.unit(rollout, "su-1").getMachines()).as("eligible").isEqualTo(5);

    rollouts.until(rollout, Rollout.State.COMPLETED, LONG).have(SU_1, IMAGE, NEW).allRun(V1);
    assertThat(rollouts.agents.mostAway).isEqualTo(1);
    assertThat(rollouts.fleet.state.repairs()).isEmpty();
  }

  @Test
  void itsProcessesHaveTimeToStopBeforeThePowerIsCut() {
    RolloutScenario rollouts = running();
    rollouts.agents.isOff("web-01");
    String rollout = rollouts.starts(NEW);
    rollouts.until(rollout, "canary", RolloutUnit.State.UNIT_ACTIVATING, LONG);
    assertThat(step(rollouts, "web-01")).isEqualTo(Provisioning.Step.MATCHED);

    rollouts.fleet.machine("web-01").runs(NONE);
    assertThat(step(rollouts, "web-01")).isEqualTo(Provisioning.Step.POWERING);
  }

  @Test
  void anAgentThatDoesNotStopThemIsNotWaitedForLongerThanTheDrain() {
    RolloutScenario rollouts = running();
    rollouts.agents.isOff("web-01");
    String rollout = rollouts.starts(NEW);
    rollouts.until(rollout, "canary", RolloutUnit.State.UNIT_ACTIVATING, LONG);

    rollouts.fleet.passes(QuickFleet.DRAIN);
    assertThat(step(rollouts, "web-01")).isEqualTo(Provisioning.Step.POWERING);
  }

  @Test
  void anImageThatCannotBeInstalledFailsItsUnitAndTheOneBeforeIsInstalled() {
    RolloutScenario rollouts = running();
    rollouts.agents.cannotInstall(NEW);

    String rollout = rollouts.starts(NEW);
    rollouts.until(rollout, Rollout.State.ROLLED_BACK, LONG);
    rollouts.agents.work(Duration.ofMinutes(3));

    assertThat(rollouts.show(rollout).getReason())
        .contains("failed on base@2.0.0", "IMAGING: the disk is too small for it");
    assertThat(observed(rollouts, CANARY)).containsOnly(OLD);
    assertThat(observed(rollouts, SU_1)).containsOnly(OLD);
    rollouts.allRun(V1);
    assertThat(rollouts.fleet.state.machines())
        .allMatch(each -> each.getCondition() == Condition.HEALTHY);
  }

  @Test
  void anImageOnWhichMachinesFailGoesBack() {
    RolloutScenario rollouts = running();
    rollouts.agents.failOn(NEW);

    String rollout = rollouts.starts(NEW);
    rollouts.until(rollout, Rollout.State.ROLLED_BACK, LONG);
    assertThat(observed(rollouts, CANARY)).containsOnly(OLD);
    assertThat(observed(rollouts, SU_1)).containsOnly(OLD);
  }

  @Test
  void aRollBackInTheMiddleOfAnInstallationStartsItOver() {
    RolloutScenario rollouts = running();
    String rollout = rollouts.starts(NEW);
    for (int i = 0; i < 900 && step(rollouts, "web-01") != Provisioning.Step.BURNING_IN; i++) {
      rollouts.agents.work(Duration.ofSeconds(1));
    }
    rollouts.orders(rollout, ControlRollout.Verb.ROLL_BACK);

    assertThat(rollouts.fleet.show("web-01").getProvisioning().getImage()).isEqualTo(OLD);
    assertThat(step(rollouts, "web-01")).isEqualTo(Provisioning.Step.POWERING);
    rollouts.until(rollout, Rollout.State.ROLLED_BACK, LONG);
    assertThat(observed(rollouts, CANARY)).containsOnly(OLD);
  }

  @Test
  void aResumedRolloutInstallsAgainWhatWasGivenUp() {
    RolloutScenario rollouts =
        running(policy -> policy.setOnFailure(RolloutPolicy.OnFailure.PAUSE));
    rollouts.agents.cannotInstall(NEW);
    String rollout = rollouts.starts(NEW);
    rollouts.until(rollout, Rollout.State.PAUSED, LONG);
    assertThat(step(rollouts, "web-01")).isEqualTo(Provisioning.Step.AWAITING_OPERATOR);

    rollouts.agents.canInstall(NEW);
    rollouts.orders(rollout, ControlRollout.Verb.RESUME);
    rollouts.until(rollout, Rollout.State.COMPLETED, LONG).have(CANARY, IMAGE, NEW);
  }

  @Test
  void aMachineThatWasGivenUpIsRetriedByAPersonWithoutTheRollout() {
    RolloutScenario rollouts =
        running(policy -> policy.setOnFailure(RolloutPolicy.OnFailure.PAUSE));
    rollouts.agents.cannotInstall(NEW);
    String rollout = rollouts.starts(NEW);
    rollouts.until(rollout, Rollout.State.PAUSED, LONG);
    rollouts.orders(rollout, ControlRollout.Verb.ABORT);

    rollouts.fleet.sends(
        Command.newBuilder()
            .setRetryProvisioning(RetryProvisioning.newBuilder().setMachine("web-01")));
    rollouts.agents.work(Duration.ofMinutes(3));
    assertThat(observed(rollouts, List.of("web-01"))).containsOnly(OLD);
    assertThat(rollouts.fleet.show("web-01").getCondition()).isEqualTo(Condition.HEALTHY);
  }

  @Test
  void theUnitsImageIsWhatJoinersAndRepairsGet() {
    RolloutScenario rollouts = running();
    rollouts.until(rollouts.starts(NEW), Rollout.State.COMPLETED, LONG);

    Fleet.Builder more = QuickFleet.spec().toBuilder();
    rollouts.fleet.apply(more.addMachines(QuickFleet.machine("web-08", "su-1", 8)).build());
    rollouts.fleet.machine("web-08").isDiscovered();
    rollouts.agents.work(Duration.ofMinutes(2));
    rollouts.have(List.of("web-08"), IMAGE, NEW).run(List.of("web-08"), V1);

    Machine repaired =
        rollouts.fleet.show("web-04").toBuilder()
            .setLifecycle(Lifecycle.PROVISIONING)
            .setCondition(Condition.FAILURE)
            .build();
    assertThat(ImageSwitch.toInstall(rollouts.fleet.state, repaired)).contains(NEW);
  }

  @Test
  void aMachineThatWasHeldIsBroughtToItsUnitsImageWithinTheBudget() {
    RolloutScenario rollouts = running();
    rollouts.fleet.machine("web-05").isHeldFor(Duration.ofMinutes(60));
    rollouts.until(rollouts.starts(NEW), Rollout.State.COMPLETED, LONG);
    assertThat(observed(rollouts, List.of("web-05"))).containsOnly(OLD);

    rollouts.fleet.machine("web-05").isUnheld();
    assertThat(Budget.taken(rollouts.fleet.state, rollouts.fleet.show("web-05"))).isTrue();
    rollouts.agents.work(Duration.ofMinutes(2));
    rollouts.have(List.of("web-05"), IMAGE, NEW);
  }

  @Test
  void whatTheFilesNameSwitchesNothingOnceAUnitHasAnImage() {
    RolloutScenario rollouts = running();
    rollouts.until(rollouts.starts(NEW), Rollout.State.COMPLETED, LONG);
    VersionRef third = FleetScenario.version("base", "3.0.0");
    rollouts.registers(third, IMAGE);

    Fleet.Builder files = QuickFleet.spec().toBuilder();
    files.getImagesBuilder(0).setVersion("3.0.0");
    assertThat(FleetDiff.of(rollouts.fleet.state, files.build()))
        .anySatisfy(
            each ->
                assertThat(each.getEffect())
                    .contains("canary, su-1 of frontend have base@2.0.0 by a rollout")
                    .contains("pilot rollout start frontend base@3.0.0"));
    rollouts.fleet.apply(files.build());
    rollouts.agents.work(Duration.ofMinutes(2));
    rollouts.have(CANARY, IMAGE, NEW).have(SU_1, IMAGE, NEW);
  }

  @Test
  void aMachineThatIsInstalledWithItAlreadyIsLeftAlone() {
    RolloutScenario rollouts = running();
    String rollout = rollouts.starts(OLD);
    rollouts.until(rollout, Rollout.State.COMPLETED, LONG).have(CANARY, IMAGE, OLD);
    assertThat(rollouts.fleet.history("web-01", "PROVISIONING"))
        .filteredOn(each -> each.getTo().equals("POWERING"))
        .as("but for its first installation")
        .hasSize(1);
  }

  @Test
  void withoutAWayBackItDoesNotStart() {
    RolloutScenario rollouts = running();
    Fleet.Builder files = QuickFleet.spec().toBuilder();
    files.getImagesBuilder(0).setVersion("9.9.9");
    rollouts.fleet.apply(files.build());

    Refusal refusal = rollouts.fleet.isRefused(RolloutScenario.start(NEW));
    assertThat(refusal.getMessage()).contains("canary, su-1 could not go back");
  }

  @Test
  void imageAndRepairDrawOnTheSameBudget() {
    RolloutScenario rollouts = running();
    rollouts.fleet.machine("web-06").reports(VerdictKind.ERROR, "disk");
    rollouts.fleet.machine("web-07").reports(VerdictKind.ERROR, "disk");
    rollouts.agents.isOff("web-06").isOff("web-07");
    rollouts.fleet.passes(QuickFleet.CONFIRM);

    String rollout = rollouts.starts(NEW);
    rollouts.until(rollout, "su-1", RolloutUnit.State.UNIT_ACTIVATING, LONG);
    rollouts.agents.work(Duration.ofSeconds(5));
    assertThat(rollouts.show(rollout).getWaitingFor()).contains("the budget of unit/su-1 is spent");
  }

  private static RolloutScenario running() {
    return running(policy -> {});
  }

  private static RolloutScenario running(
      java.util.function.Consumer<RolloutPolicy.Builder> policy) {
    return RolloutScenario.running(policy.andThen(each -> each.setDeadlineMs(3_600_000)))
        .registers(NEW, IMAGE);
  }

  private static Provisioning.Step step(RolloutScenario rollouts, String machine) {
    return rollouts.fleet.show(machine).getProvisioning().getStep();
  }

  private static List<VersionRef> observed(RolloutScenario rollouts, List<String> machines) {
    return machines.stream()
        .map(each -> Things.observed(rollouts.fleet.show(each), IMAGE))
        .toList();
  }
}
