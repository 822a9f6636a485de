package io.pilothouse.dm.state;

import static io.pilothouse.dm.state.RolloutScenario.NONE;
import static io.pilothouse.dm.state.RolloutScenario.V1;
import static io.pilothouse.dm.state.RolloutScenario.V2;
import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.log.v1.ControlRollout.Verb;
import io.pilothouse.api.v1.Fleet;
import io.pilothouse.api.v1.Incident;
import io.pilothouse.api.v1.InventoryMachine;
import io.pilothouse.api.v1.Limit;
import io.pilothouse.api.v1.Rollout;
import io.pilothouse.api.v1.RolloutPolicy;
import io.pilothouse.api.v1.RolloutUnit;
import io.pilothouse.api.v1.Thing;
import io.pilothouse.api.v1.VersionRef;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/**
 * Two things roll out in one type, and errors correlate with the version of one of them. Twelve
 * machines are in su-1, eight in su-2; six may be away at once.
 */
class IncidentThingTest {
  private static final VersionRef AGENT_2 = FleetScenario.version("pilot-agent", "2");
  private static final Duration LONG = Duration.ofMinutes(20);
  private static final List<String> SU_1 =
      IntStream.rangeClosed(1, 12).mapToObj(IncidentThingTest::name).toList();
  private static final List<String> SU_2 =
      IntStream.rangeClosed(13, 20).mapToObj(IncidentThingTest::name).toList();

  private final RolloutScenario rollouts = RolloutScenario.of(spec(RolloutPolicy.newBuilder()));

  private static String name(int number) {
    return number < 10 ? "web-0" + number : "web-" + number;
  }

  private static Fleet spec(RolloutPolicy.Builder policy) {
    Limit six = RolloutTest.limit(6);
    Fleet.Builder spec = QuickFleet.spec().toBuilder().clearMachines().clearUnits();
    spec.addUnits(QuickFleet.spec().getUnits(1).toBuilder().setName("su-1").setOrder(1));
    spec.addUnits(QuickFleet.spec().getUnits(1).toBuilder().setName("su-2").setOrder(2));
    spec.getBudgetsBuilder().setFleet(six).setUnit(six).setRack(six);
    spec.getIncidentsBuilder().setMassMachines(1000);
    spec.setRolloutPolicies(
        0,
        policy
            .setName("short")
            .setDeadlineMs(Duration.ofHours(1).toMillis())
            .setMaxUnavailable(six));
    SU_1.forEach(each -> spec.addMachines(machine(each, "su-1")));
    SU_2.forEach(each -> spec.addMachines(machine(each, "su-2")));
    return spec.build();
  }

  private static InventoryMachine.Builder machine(String name, String unit) {
    int number = Integer.parseInt(name.substring(4));
    return QuickFleet.machine(name, unit, number).toBuilder()
        .setMac("02:00:00:00:00:%02x".formatted(number));
  }

  private void goesBy(RolloutPolicy.Builder policy) {
    rollouts.fleet.apply(spec(policy));
  }

  private static RolloutPolicy.Builder pace(int machines) {
    return RolloutPolicy.newBuilder()
        .setPaceMachines(machines)
        .setPaceMs(Duration.ofHours(9).toMillis());
  }

  private Incident onlyIncident() {
    assertThat(rollouts.fleet.state.incidents()).hasSize(1);
    return rollouts.fleet.state.incidents().iterator().next();
  }

  @Test
  void aBadAgentGoesBackAndTheManifestThatRollsOutBesideItGoesOn() {
    rollouts.until(rollouts.starts(V1), Rollout.State.COMPLETED, LONG);
    rollouts.registers(AGENT_2, Thing.THING_AGENT);
    goesBy(pace(12));
    String agent = rollouts.starts(AGENT_2);
    rollouts.until(agent, "su-2", RolloutUnit.State.UNIT_ACTIVATING, LONG);
    goesBy(RolloutPolicy.newBuilder());
    String web = rollouts.starts(V2);
    rollouts.until(web, "su-1", RolloutUnit.State.UNIT_ACTIVATING, LONG);
    assertThat(rollouts.unit(web, "su-1").getSwitchedCount()).as("half of su-1").isEqualTo(6);

    rollouts.agents.failOn(AGENT_2);
    rollouts.until(agent, Rollout.State.ROLLING_BACK, LONG);

    assertThat(onlyIncident().getDimension() + " " + onlyIncident().getValue())
        .isEqualTo("agent pilot-agent@2");
    assertThat(onlyIncident().getRolloutsList()).containsExactly(agent);
    assertThat(IncidentExplainer.explain(rollouts.fleet.state, onlyIncident()).getEvidenceList())
        .contains("no other rollout is blamed for these machines");

    rollouts.until(agent, Rollout.State.ROLLED_BACK, LONG);
    rollouts.agents.work(Duration.ofSeconds(2));
    rollouts.have(SU_1, Thing.THING_AGENT, NONE);
    assertThat(rollouts.show(web).getState())
        .isIn(Rollout.State.ACTIVATING, Rollout.State.VERIFYING);
    rollouts
        .until(web, Rollout.State.COMPLETED, LONG)
        .run(SU_1, V2)
        .run(SU_2, V2)
        .have(SU_2, Thing.THING_AGENT, NONE);
    assertThat(rollouts.show(web).getUnitsList())
        .extracting(RolloutUnit::getFailedCount)
        .containsOnly(0);
  }

  @Test
  void aVersionIsBlamedWhileItsRolloutWaitsForItsTurn() {
    String web = waitsForItsTurn(RolloutPolicy.OnFailure.ROLLBACK);

    rollouts.agents.failOn(V2);
    rollouts.until(web, Rollout.State.ROLLED_BACK, LONG).run(SU_1, V1);

    assertThat(onlyIncident().getRolloutsList()).containsExactly(web);
    assertThat(rollouts.show(web).getReason()).startsWith("incident I-1: ");
    assertThat(rollouts.unit(web, "su-2").getState())
        .as("it had not begun, so it did not fail")
        .isEqualTo(RolloutUnit.State.PENDING);
    assertThat(rollouts.story(web)).noneMatch(each -> each.startsWith("unit su-2"));
    assertThat(SU_2).noneMatch(each -> rollouts.ran(each).contains("web@1.1.0"));
  }

  @Test
  void oneThatIsPausedWhileItWaitsForItsTurnWaitsOnWhenItIsResumed() {
    String web = waitsForItsTurn(RolloutPolicy.OnFailure.PAUSE);
    rollouts.agents.failOn(V2);
    rollouts.until(web, Rollout.State.PAUSED, LONG);
    rollouts.agents.mends(V2);
    rollouts.agents.work(Duration.ofMinutes(5));

    rollouts.orders(web, Verb.RESUME);
    rollouts.agents.work(Duration.ofSeconds(2));

    rollouts.is(web, Rollout.State.ACTIVATING);
    assertThat(rollouts.show(web).getWaitingFor()).contains("has its turn there");
    rollouts.orders("O-2", Verb.ABORT);
    rollouts.until(web, Rollout.State.COMPLETED, LONG).run(SU_1, V2).run(SU_2, V2);
  }

  /** A rollout of web@1.1.0 that passed su-1 and waits for su-2, where O-2 of the agent is. */
  private String waitsForItsTurn(RolloutPolicy.OnFailure onFailure) {
    rollouts.until(rollouts.starts(V1), Rollout.State.COMPLETED, LONG);
    rollouts.registers(AGENT_2, Thing.THING_AGENT);
    goesBy(pace(1));
    String agent = rollouts.starts(AGENT_2);
    rollouts.until(agent, Rollout.State.ACTIVATING, LONG).skips(agent, "su-1");
    rollouts.until(agent, "su-2", RolloutUnit.State.UNIT_ACTIVATING, LONG);
    goesBy(RolloutPolicy.newBuilder().setOnFailure(onFailure));
    String web = rollouts.starts(V2);
    rollouts.until(web, "su-1", RolloutUnit.State.PASSED, LONG);
    rollouts.agents.work(Duration.ofSeconds(2));
    assertThat(rollouts.show(web).getWaitingFor())
        .isEqualTo("su-2: rollout %s of the agent pilot-agent@2 has its turn there", agent);
    return web;
  }
}
