package io.pilothouse.dm.state;

import static io.pilothouse.dm.state.RolloutScenario.V1;
import static io.pilothouse.dm.state.RolloutScenario.V2;
import static io.pilothouse.dm.state.RolloutScenario.start;
import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.log.v1.Command;
import io.pilothouse.api.log.v1.ObserveReplica;
import io.pilothouse.api.log.v1.Refusal;
import io.pilothouse.api.v1.DeploymentReplica;
import io.pilothouse.api.v1.PlannedUnit;
import io.pilothouse.api.v1.Rollout;
import io.pilothouse.api.v1.RolloutPlan;
import io.pilothouse.api.v1.VerdictKind;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** What a plan shows, what it rests on, and what cannot be rolled out. */
class RolloutPlannerTest {

  @Test
  void aPlanShowsUnitsInOrderAndTheCapacityLeft() throws RefusedException {
    RolloutScenario rollouts = RolloutScenario.running();
    RolloutPlan plan = RolloutPlanner.plan(rollouts.fleet.state, "frontend", "web", "1.1.0");
    assertThat(plan.getUnitsList())
        .extracting(PlannedUnit::getName, PlannedUnit::getBatch, PlannedUnit::getCapacityLeft)
        .containsExactly(
            org.assertj.core.groups.Tuple.tuple("canary", 1, 1),
            org.assertj.core.groups.Tuple.tuple("su-1", 1, 4));
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
            "web-04 is held: as the test asks",
            "web-05 is in PROBATION (after DoNothing)",
            "su-1 needs about 1m 40s, its deadline is 30s");
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
    assertThat(refusal.getMessage()).startsWith("the fleet has changed since the plan");
    rollouts.fleet.machine("web-04").isUnheld();
    rollouts.fleet.sends(start);
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
