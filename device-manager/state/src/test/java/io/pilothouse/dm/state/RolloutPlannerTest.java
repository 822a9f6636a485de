package io.pilothouse.dm.state;

import static io.pilothouse.dm.state.RolloutScenario.V1;
import static io.pilothouse.dm.state.RolloutScenario.V2;
import static io.pilothouse.dm.state.RolloutScenario.start;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.pilothouse.api.log.v1.Command;
import io.pilothouse.api.log.v1.ObserveReplica;
import io.pilothouse.api.log.v1.Refusal;
import io.pilothouse.api.v1.DeploymentReplica;
import io.pilothouse.api.v1.Fleet;
import io.pilothouse.api.v1.PlannedCapacity;
import io.pilothouse.api.v1.PlannedUnit;
import io.pilothouse.api.v1.Rollout;
import io.pilothouse.api.v1.RolloutPlan;
import io.pilothouse.api.v1.Thing;
import io.pilothouse.api.v1.VerdictKind;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

/** What a plan shows, what it rests on, and what cannot be rolled out. */
class RolloutPlannerTest {

  @Test
  void aPlanShowsUnitsInOrderAndTheCapacityLeft() throws RefusedException {
    RolloutScenario rollouts = RolloutScenario.running();
    RolloutPlan plan = RolloutPlanner.plan(rollouts.fleet.state, "frontend", "web", "1.1.0");
    assertThat(plan.getUnitsList())
        .extracting(PlannedUnit::getName, PlannedUnit::getBatch, PlannedUnit::getCapacityLeft)
        .containsExactly(tuple("canary", 1, 1), tuple("su-1", 1, 4));
    assertThat(plan.getUnits(0).getFrom()).isEqualTo(V1);
    assertThat(plan.getEstimatedMs()).isEqualTo(7 * QuickFleet.QUIET.toMillis());
    assertThat(plan.getConflictsList()).isEmpty();
  }

  @Test
  void aPlanNamesWhatIsInTheWay() throws RefusedException {
    RolloutScenario rollouts = RolloutScenario.running(policy -> policy.setDeadlineMs(30_000));
    rollouts.fleet.machine("web-04").isHeldFor(Duration.ZERO);
    rollouts.agents.isOff("web-05");
    rollouts.fleet.machine("web-05").failsOnce("disk");
    RolloutPlan plan = RolloutPlanner.plan(rollouts.fleet.state, "frontend", "web", "1.1.0");
    assertThat(plan.getConflictsList())
        .containsExactly(
            "canary needs about 40s, its deadline is 30s",
            "su-1 needs about 1m 20s, its deadline is 30s",
            "web-04 is held: as the test asks",
            "web-05 is in PROBATION (after DoNothing)");
  }

  @Test
  void aStartIsRefusedWhenTheFleetChangedSinceThePlan() throws RefusedException {
    RolloutScenario rollouts = RolloutScenario.running();
    String digest =
        RolloutPlanner.plan(rollouts.fleet.state, "frontend", "web", "1.1.0").getDigest();
    Command.Builder start = start(V2);
    start.getStartRolloutBuilder().setPlanDigest(digest);
    rollouts.fleet.machine("web-04").isHeldFor(Duration.ZERO);
    Refusal refusal = rollouts.fleet.isRefused(start);
    assertThat(refusal.getMessage())
        .startsWith(
            "the fleet has changed since the plan: which machines can be switched"
                + " (now: web-04 is held: as the test asks); its digest was "
                + digest);
    rollouts.fleet.machine("web-04").isUnheld();
    rollouts.fleet.sends(start);
  }

  @Test
  void aPlanNamesTheCapacityThatEachDomainHasLeftAtTheWorstMoment() throws RefusedException {
    RolloutScenario rollouts = RolloutScenario.running();
    RolloutPlan plan = RolloutPlanner.plan(rollouts.fleet.state, "frontend", "web", "1.1.0");
    assertThat(plan.getCapacityList())
        .extracting(
            PlannedCapacity::getDomain, PlannedCapacity::getServing, PlannedCapacity::getLeft)
        .contains(
            tuple("unit/canary", 2, 1),
            tuple("unit/su-1", 5, 4),
            tuple("rack/r1", 1, 0),
            tuple("type/frontend", 7, 6),
            tuple("fleet", 7, 6));
    assertThat(plan.getCapacity(0).getLeft()).as("the least first").isZero();
  }

  @Test
  void aPlanReckonsWithPaceWindowsAndCanary() throws RefusedException {
    RolloutScenario rollouts =
        RolloutScenario.running()
            .goesBy(
                policy ->
                    policy
                        .addFirst("web-05")
                        .setPaceMachines(2)
                        .setPaceMs(600_000)
                        .addWindows(WindowsTest.window(0, 540, 720)));
    RolloutPlan plan = RolloutPlanner.plan(rollouts.fleet.state, "frontend", "web", "1.1.0");
    assertThat(plan.getUnits(0).getMembersList()).containsExactly("web-05");
    assertThat(plan.getUnitsList())
        .extracting(PlannedUnit::getName, PlannedUnit::getMachines, PlannedUnit::getEligible)
        .containsExactly(tuple("first", 1, 1), tuple("canary", 2, 2), tuple("su-1", 5, 4));
    assertThat(Instant.ofEpochMilli(plan.getNotBefore())).isEqualTo("2026-03-01T09:00:00Z");
    long wait = plan.getNotBefore() - rollouts.fleet.state.meta().getNow();
    assertThat(plan.getEstimatedMs() - wait)
        .as("seven machines, two in ten minutes")
        .isBetween(1_800_000L, 1_860_000L);
  }

  @Test
  void aPlanOfAnImageReckonsWithInstallsAndTheirSlots() throws RefusedException {
    RolloutScenario rollouts = RolloutScenario.running();
    FleetScenario fleet = rollouts.fleet;
    Fleet.Builder more = QuickFleet.spec().toBuilder();
    more.getRolloutPoliciesBuilder(0).setMaxUnavailable(RolloutTest.limit(2));
    more.getProvisioningBuilder().setMaxConcurrent(1);
    fleet.apply(more.addMachines(QuickFleet.machine("web-08", "su-1", 8)).build());
    Duration minute = Duration.ofMinutes(1);
    FakeMachine last = fleet.machine("web-08").isDiscovered();
    fleet.passes(minute);
    last.isPowered();
    fleet.passes(minute);
    last.bootsInstaller();
    fleet.passes(minute);
    last.isImaged().isBurntIn().bootsFromDisk(FleetScenario.IMAGE);
    rollouts.agents.work(minute);
    rollouts.registers(FleetScenario.version("base", "2.0.0"), Thing.THING_IMAGE);

    RolloutPlan plan = RolloutPlanner.plan(fleet.state, "frontend", "base", "2.0.0");
    long each = QuickFleet.DRAIN.plus(QuickFleet.QUIET).toMillis();
    long install = minute.toMillis() * 3;
    assertThat(plan.getUnitsList())
        .extracting(PlannedUnit::getName, PlannedUnit::getBatch, PlannedUnit::getEstimatedMs)
        .containsExactly(
            tuple("canary", 1, 2 * (each + install)), tuple("su-1", 2, 3 * (each + 2 * install)));
    assertThat(plan.getConflictsList())
        .containsExactly("su-1 needs about 20m 30s, its deadline is 10m");
  }

  @Test
  void whereNoInstallIsOnRecordTheDeadlinesOfItsStepsAreReckonedWithAndThePlanSaysSo() {
    State empty = new State();
    InstallSpan span = InstallSpan.of(empty, "frontend");
    assertThat(span).isEqualTo(new InstallSpan(Duration.ofMinutes(5 * 30).toMillis(), false));
    PlanConflicts conflicts = new PlanConflicts(empty, Thing.THING_IMAGE);
    conflicts.install("frontend", span);
    assertThat(conflicts.sentences())
        .containsExactly(
            "no install of a machine of frontend is on record: each is reckoned with 2h 30m, the"
                + " most that its steps may take");
  }

  @Test
  void aStartIsToldOfEachPartOfThePlanThatNoLongerHolds() throws RefusedException {
    RolloutScenario rollouts = RolloutScenario.running();
    String digest =
        RolloutPlanner.plan(rollouts.fleet.state, "frontend", "web", "1.1.0").getDigest();
    rollouts.goesBy(policy -> policy.setSuccessShare(50));
    Command.Builder start = start(V2);
    start.getStartRolloutBuilder().setPlanDigest(digest);
    assertThat(rollouts.fleet.isRefused(start).getMessage())
        .contains("since the plan: the rollout policy or the canary; its digest");
    start.getStartRolloutBuilder().setPlanDigest("0123456789abcdef");
    assertThat(rollouts.fleet.isRefused(start).getMessage())
        .contains("the digest is none of this version's plans");
  }

  @Test
  void aMachineInErrorForAMomentDoesNotSpoilThePlan() throws RefusedException {
    RolloutScenario rollouts = RolloutScenario.running();
    String digest =
        RolloutPlanner.plan(rollouts.fleet.state, "frontend", "web", "1.1.0").getDigest();
    rollouts.fleet.machine("web-04").reports(VerdictKind.ERROR, "disk");
    Command.Builder start = start(V2);
    start.getStartRolloutBuilder().setPlanDigest(digest);
    rollouts.fleet.sends(start);
  }

  @Test
  void whatCannotBeRolledOutIsRefusedByName() {
    RolloutScenario rollouts = RolloutScenario.running();
    assertRefused(rollouts, "fronted", "web", "1.1.0", "no machine type \"fronted\" (did you mean");
    assertRefused(rollouts, "frontend", "wob", "1.1.0", "runs the manifest \"web\", not \"wob\"");
    assertRefused(rollouts, "frontend", "web", "1.1.1", "no version web@1.1.1 (did you mean");
    assertRefused(rollouts, "frontend", "web", "1.0.0", "every unit of frontend runs web@1.0.0");
    String second = rollouts.starts(V2);
    assertRefused(rollouts, "frontend", "web", "1.2.0-bad", "rollout O-2 of frontend to web@1.1.0");
    rollouts.until(second, Rollout.State.COMPLETED, Duration.ofMinutes(9));
    rollouts.fleet.sends(
        Command.newBuilder()
            .setObserveReplica(
                ObserveReplica.newBuilder()
                    .setReplica(
                        DeploymentReplica.newBuilder()
                            .setId("deployment-1")
                            .setAddress("127.0.0.1:1")
                            .addHeld(V1.getDigest())
                            .setUp(false))));
    assertRefused(rollouts, "frontend", "web", "1.0.0", "no deployment replica that is up holds");
  }

  private static void assertRefused(
      RolloutScenario rollouts, String type, String name, String version, String message) {
    Command.Builder start = start(V2);
    start.getStartRolloutBuilder().setType(type).setName(name).setVersion(version);
    assertThat(rollouts.fleet.isRefused(start).getMessage()).contains(message);
  }
}
