package io.pilothouse.dm.state;

import static io.pilothouse.dm.state.RolloutScenario.CANARY;
import static io.pilothouse.dm.state.RolloutScenario.NONE;
import static io.pilothouse.dm.state.RolloutScenario.SU_1;
import static io.pilothouse.dm.state.RolloutScenario.V1;
import static io.pilothouse.dm.state.RolloutScenario.V2;
import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.log.v1.Refusal;
import io.pilothouse.api.v1.Condition;
import io.pilothouse.api.v1.Fleet;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.Rollout;
import io.pilothouse.api.v1.RolloutUnit;
import io.pilothouse.api.v1.Thing;
import io.pilothouse.api.v1.VersionRef;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Watchdog sets and agents roll out like manifests; two things of a type take turns. */
class ThingRolloutTest {
  private static final VersionRef HEALTH_1 = FleetScenario.version("health", "1");
  private static final VersionRef HEALTH_2 = FleetScenario.version("health", "2-bad");
  private static final VersionRef AGENT_2 = FleetScenario.version("pilot-agent", "2");
  private static final Duration LONG = Duration.ofMinutes(9);

  @ParameterizedTest
  @EnumSource(names = {"THING_WATCHDOG_SET", "THING_AGENT"})
  void unitByUnitThroughProbation(Thing thing) {
    VersionRef to = thing == Thing.THING_AGENT ? AGENT_2 : HEALTH_1;
    RolloutScenario rollouts = RolloutScenario.running().registers(to, thing);

    String rollout = rollouts.starts(to);
    rollouts
        .until(rollout, "su-1", RolloutUnit.State.UNIT_ACTIVATING, LONG)
        .have(CANARY, thing, to)
        .have(List.of("web-04", "web-05", "web-06", "web-07"), thing, NONE)
        .until(rollout, Rollout.State.COMPLETED, LONG)
        .have(SU_1, thing, to)
        .allRun(V1);

    assertThat(rollouts.show(rollout).getThing()).isEqualTo(thing);
    assertThat(rollouts.agents.mostAway).isEqualTo(1);
    assertThat(rollouts.fleet.conditionsOf("web-03")).endsWith("HEALTHY", "PROBATION", "HEALTHY");
  }

  @Test
  void whatTheOldSetSaidDoesNotCountForTheNewOne() {
    RolloutScenario rollouts = RolloutScenario.running().registers(HEALTH_1, thing());
    String rollout = rollouts.starts(HEALTH_1);
    rollouts.until(rollout, "canary", RolloutUnit.State.UNIT_ACTIVATING, LONG);

    assertThat(rollouts.fleet.state.verdicts("web-01")).allMatch(each -> each.getAwaiting());
    assertThat(rollouts.fleet.show("web-01").getCondition()).isEqualTo(Condition.PROBATION);
  }

  @Test
  void aBadWatchdogSetFailsItsFirstUnitAndGoesBack() {
    RolloutScenario rollouts =
        RolloutScenario.running().registers(HEALTH_1, thing()).registers(HEALTH_2, thing());
    rollouts.until(rollouts.starts(HEALTH_1), Rollout.State.COMPLETED, LONG);
    rollouts.agents.failOn(HEALTH_2);

    String bad = rollouts.starts(HEALTH_2);
    rollouts
        .until(bad, Rollout.State.ROLLED_BACK, LONG)
        .have(CANARY, thing(), HEALTH_1)
        .have(SU_1, thing(), HEALTH_1);
    rollouts.agents.work(Duration.ofMinutes(2));

    assertThat(rollouts.show(bad).getReason()).contains("failed on health@2-bad");
    assertThat(rollouts.fleet.state.repairs()).isEmpty();
    assertThat(rollouts.fleet.state.machines())
        .allMatch(each -> each.getCondition() == Condition.HEALTHY);
    assertThat(SU_1).noneMatch(each -> rollouts.ran(each).contains("health@2-bad"));
  }

  @Test
  void aSetThatNobodyHadBeforeGoesBackToNone() {
    RolloutScenario rollouts = RolloutScenario.running().registers(HEALTH_2, thing());
    rollouts.agents.failOn(HEALTH_2);

    rollouts
        .until(rollouts.starts(HEALTH_2), Rollout.State.ROLLED_BACK, LONG)
        .have(CANARY, thing(), NONE);
  }

  @Test
  void anAgentThatNeverReportsFailsItsUnitAndIsTakenBack() {
    RolloutScenario rollouts = RolloutScenario.running().registers(AGENT_2, Thing.THING_AGENT);
    rollouts.agents.neverBecomes(AGENT_2);

    String rollout = rollouts.starts(AGENT_2);
    rollouts
        .until(rollout, Rollout.State.ROLLED_BACK, LONG)
        .have(CANARY, Thing.THING_AGENT, NONE)
        .allRun(V1);

    assertThat(rollouts.show(rollout).getReason())
        .contains("has the agent nothing, should have pilot-agent@2");
  }

  @Test
  void lateJoinersAndMachinesThatWereHeldGetTheSetOfTheirUnit() {
    RolloutScenario rollouts = RolloutScenario.running().registers(HEALTH_1, thing());
    rollouts.fleet.machine("web-05").isHeldFor(Duration.ofMinutes(60));
    rollouts.until(rollouts.starts(HEALTH_1), Rollout.State.COMPLETED, LONG);
    rollouts.have(List.of("web-05"), thing(), NONE);

    rollouts.fleet.machine("web-05").isUnheld();
    Fleet.Builder more = QuickFleet.spec().toBuilder();
    rollouts.fleet.apply(more.addMachines(QuickFleet.machine("web-08", "su-1", 8)).build());
    rollouts.fleet.machine("web-08").isDiscovered();
    rollouts.agents.work(Duration.ofMinutes(3));

    rollouts.have(List.of("web-05", "web-08"), thing(), HEALTH_1).run(List.of("web-08"), V1);
  }

  @Test
  void twoThingsTakeTurnsInEachUnitTheOlderFirst() {
    RolloutScenario rollouts = RolloutScenario.running().registers(HEALTH_1, thing());
    String older = rollouts.starts(V2);
    String newer = rollouts.starts(HEALTH_1);

    rollouts.until(older, "canary", RolloutUnit.State.UNIT_ACTIVATING, LONG);
    rollouts.agents.work(Duration.ofSeconds(2));
    assertThat(rollouts.unit(newer, "canary").getState()).isEqualTo(RolloutUnit.State.PENDING);
    assertThat(rollouts.show(newer).getWaitingFor())
        .isEqualTo("canary: rollout %s of the manifest web@1.1.0 has its turn there", older);

    rollouts.until(older, "canary", RolloutUnit.State.PASSED, LONG);
    rollouts.agents.work(Duration.ofSeconds(2));
    assertThat(rollouts.unit(newer, "canary").getState())
        .isEqualTo(RolloutUnit.State.UNIT_ACTIVATING);

    rollouts
        .until(older, Rollout.State.COMPLETED, LONG)
        .until(newer, Rollout.State.COMPLETED, LONG)
        .have(SU_1, thing(), HEALTH_1)
        .allRun(V2);
    assertThat(rollouts.agents.mostAway).as("one batch of su-1 at a time").isEqualTo(1);
  }

  @Test
  void aPausedRolloutKeepsItsTurnAndTheOthersDeadlineDoesNotRun() {
    RolloutScenario rollouts = RolloutScenario.running().registers(HEALTH_1, thing());
    String older = rollouts.starts(V2);
    rollouts.until(older, "canary", RolloutUnit.State.UNIT_ACTIVATING, LONG);
    rollouts.orders(older, io.pilothouse.api.log.v1.ControlRollout.Verb.PAUSE);
    String newer = rollouts.starts(HEALTH_1);

    rollouts.agents.work(Duration.ofMinutes(12));
    rollouts.is(newer, Rollout.State.ACTIVATING);
    assertThat(rollouts.show(newer).getDueAt()).isZero();

    rollouts.orders(older, io.pilothouse.api.log.v1.ControlRollout.Verb.ABORT);
    rollouts.until(newer, Rollout.State.COMPLETED, LONG);
  }

  @Test
  void rolloutsOfTwoTypesDrawOnTheSameBudget() {
    VersionRef api1 = FleetScenario.version("api", "1");
    VersionRef api2 = FleetScenario.version("api", "2");
    Fleet.Builder spec = QuickFleet.spec().toBuilder();
    spec.getBudgetsBuilder().getUnitBuilder().clearPercent().setAbsolute(1);
    spec.addTypes(QuickFleet.spec().getTypes(0).toBuilder().setName("backend").setManifest("api"));
    for (int i = 8; i <= 9; i++) {
      spec.addMachines(QuickFleet.machine("api-0" + i, "su-1", i).toBuilder().setType("backend"));
    }
    RolloutScenario rollouts = RolloutScenario.of(spec.build());
    rollouts.registers(api1, Thing.THING_MANIFEST).registers(api2, Thing.THING_MANIFEST);
    rollouts.until(rollouts.starts("backend", api1), Rollout.State.COMPLETED, LONG);
    rollouts.until(rollouts.starts(V1), Rollout.State.COMPLETED, LONG);

    String web = rollouts.starts(V2);
    rollouts.until(web, "su-1", RolloutUnit.State.UNIT_ACTIVATING, LONG);
    String api = rollouts.starts("backend", api2);
    rollouts.agents.work(Duration.ofSeconds(3));
    assertThat(rollouts.show(api).getWaitingFor())
        .contains("the budget of unit/su-1 is spent: 1 of 1 machines are taken");

    rollouts
        .until(web, Rollout.State.COMPLETED, LONG)
        .until(api, Rollout.State.COMPLETED, LONG)
        .allRun(V2)
        .run(List.of("api-08", "api-09"), api2);
  }

  @Test
  void theSameThingOfATypeTwiceIsRefusedByName() {
    RolloutScenario rollouts =
        RolloutScenario.running().registers(HEALTH_1, thing()).registers(HEALTH_2, thing());
    String first = rollouts.starts(HEALTH_1);

    Refusal refusal = rollouts.fleet.isRefused(RolloutScenario.start(HEALTH_2));
    assertThat(refusal.getMessage()).contains("rollout " + first, "health@1");
  }

  @Test
  void aNameThatTheTypeDoesNotUseIsRefused() {
    VersionRef other = FleetScenario.version("checks", "1");
    RolloutScenario rollouts = RolloutScenario.running().registers(other, thing());

    Refusal refusal = rollouts.fleet.isRefused(RolloutScenario.start(other));
    assertThat(refusal.getMessage())
        .isEqualTo("type frontend has the watchdog set \"health\", not \"checks\"");
    assertThat(refusal.getRemedy()).contains("`watchdog-set:`");
  }

  @Test
  void explainNamesTheThing() {
    RolloutScenario rollouts = RolloutScenario.running().registers(HEALTH_1, thing());
    String rollout = rollouts.starts(HEALTH_1);
    rollouts.until(rollout, "canary", RolloutUnit.State.UNIT_ACTIVATING, LONG);
    Machine machine = rollouts.fleet.show("web-01");

    assertThat(RolloutExplainer.explain(rollouts.fleet.state, rollouts.show(rollout)).getSentence())
        .startsWith("frontend → watchdog set health@1 is ACTIVATING");
    assertThat(
            MachineExplainer.explain(rollouts.fleet.state, machine, rollouts.fleet.now())
                .getSentence())
        .contains("has the watchdog set nothing, should have health@1");
  }

  private static Thing thing() {
    return Thing.THING_WATCHDOG_SET;
  }
}
