package io.pilothouse.dm.state;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.log.v1.Command;
import io.pilothouse.api.log.v1.ObserveMachine;
import io.pilothouse.api.v1.Condition;
import io.pilothouse.api.v1.Incident;
import io.pilothouse.api.v1.Limit;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.Rollout;
import io.pilothouse.api.v1.RolloutPolicy;
import io.pilothouse.api.v1.Thing;
import io.pilothouse.api.v1.UnitVersion;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A bad version is laid at the door of its rollout; a rack without power is not. */
class IncidentRolloutTest {

  @Test
  void rackThatLosesItsPowerInTheMiddleOfARolloutIsNotBlamedOnIt() {
    WideFleet wide = switching(RolloutPolicy.OnFailure.ROLLBACK);
    List<String> rack = wide.rack("r00");
    wide.losePower(rack);
    assertThat(wide.causes()).containsExactly("rack/r00");
    assertThat(wide.open().get(0).getConsideredList())
        .anyMatch(each -> each.startsWith("manifest version web@1.1.0"));

    wide.fleet.passes(QuickFleet.PROBATION_MAX.plusMinutes(1));
    assertThat(rack).allMatch(each -> wide.fleet.show(each).getCondition() == Condition.FAILURE);
    assertThat(rollout(wide).getState()).isIn(Rollout.State.ACTIVATING, Rollout.State.VERIFYING);
    assertThat(rollout(wide).getUnits(0).getFailedList()).isEmpty();
    assertThat(wide.everReady()).isEmpty();

    wide.areWell(rack).areWell(rack);
    wide.fleet.passes(Duration.ofSeconds(70));
    assertThat(rack).allMatch(each -> wide.fleet.show(each).getCondition() == Condition.HEALTHY);
    assertThat(wide.open()).isEmpty();
    assertThat(rollout(wide).getState()).isIn(Rollout.State.ACTIVATING, Rollout.State.VERIFYING);
  }

  @Test
  void badVersionIsBlamedByNameAndRolledBack() {
    WideFleet wide = switching(RolloutPolicy.OnFailure.ROLLBACK);
    wide.err("heartbeat", wide.rack("r00"));
    assertThat(wide.open()).as("errors are expected in Probation").isEmpty();

    wide.fleet.passes(QuickFleet.PROBATION_MAX);

    Incident incident = wide.fleet.state.incidents().iterator().next();
    assertThat(incident.getDimension() + " " + incident.getValue()).isEqualTo("manifest web@1.1.0");
    assertThat(incident.getRolloutsList()).containsExactly(rollout(wide).getId());
    assertThat(rollout(wide).getReason()).contains(incident.getId(), "web@1.1.0");
    assertThat(rollout(wide).getState()).isEqualTo(Rollout.State.ROLLING_BACK);
    assertThat(wide.everReady()).isEmpty();
  }

  @Test
  void badVersionPausesTheRolloutWhenItsPolicySaysSo() {
    WideFleet wide = switching(RolloutPolicy.OnFailure.PAUSE);
    wide.err("heartbeat", wide.rack("r00"));
    wide.fleet.passes(QuickFleet.PROBATION_MAX);
    assertThat(rollout(wide).getState()).isEqualTo(Rollout.State.PAUSED);
    assertThat(rollout(wide).getPauseReason()).contains("web@1.1.0");
    assertThat(wide.causes()).containsExactly("manifest/web@1.1.0");
  }

  @Test
  void errorsThatBeginAfterAUnitPassedAreBlamedOnTheRolloutThatIsStillUnderWay() {
    WideFleet wide = switching(RolloutPolicy.OnFailure.PAUSE);
    String id = rollout(wide).getId();
    wide.areWell(wide.rack("r00")).areWell(wide.rack("r00"));
    wide.fleet.passes(QuickFleet.QUIET.plusSeconds(5));
    assertThat(wide.rack("r00"))
        .allMatch(each -> wide.fleet.show(each).getCondition() == Condition.HEALTHY);
    wide.err("heartbeat", wide.rack("r00"));
    wide.fleet.passes(QuickFleet.CONFIRM.plusSeconds(5));
    assertThat(wide.causes()).containsExactly("manifest/web@1.1.0");
    assertThat(wide.fleet.state.rollout(id).orElseThrow().getState())
        .isEqualTo(Rollout.State.PAUSED);
    assertThat(wide.fleet.state.rollout(id).orElseThrow().getPauseReason())
        .startsWith("incident I-1: ");
  }

  /** Forty machines run 1.0.0; those of the first rack were switched to 1.1.0 this moment. */
  private static WideFleet switching(RolloutPolicy.OnFailure onFailure) {
    WideFleet wide =
        WideFleet.of(
            40,
            10,
            spec -> {
              spec.getBudgetsBuilder()
                  .setFleet(Limit.newBuilder().setAbsolute(10))
                  .setUnit(Limit.newBuilder().setAbsolute(10))
                  .setRack(Limit.newBuilder().setAbsolute(10))
                  .setSwitch(Limit.newBuilder().setAbsolute(10))
                  .setFeed(Limit.newBuilder().setAbsolute(10))
                  .setType(Limit.newBuilder().setAbsolute(10));
              spec.getRolloutPoliciesBuilder(0)
                  .setMaxUnavailable(Limit.newBuilder().setAbsolute(10))
                  .setOnFailure(onFailure);
            });
    for (String unit : List.of("su-1", "su-2")) {
      UnitVersion version =
          UnitVersion.newBuilder()
              .setType("frontend")
              .setScaleUnit(unit)
              .setVersion(WideFleet.V1)
              .build();
      wide.fleet.putEverywhere(
          new Change(
              Table.UNIT_VERSION,
              Change.unitVersionKey("frontend", unit, Thing.THING_MANIFEST),
              version));
    }
    wide.fleet.sends(RolloutScenario.start(WideFleet.V2));
    for (String name : wide.rack("r00")) {
      Machine machine = wide.fleet.show(name);
      assertThat(machine.getWantedActive()).isEqualTo(WideFleet.V2);
      wide.fleet.sends(
          Command.newBuilder()
              .setObserveMachine(
                  ObserveMachine.newBuilder()
                      .setMachine(name)
                      .setBootId(machine.getObserved().getBootId())
                      .setObserved(machine.getObserved().toBuilder().setActive(WideFleet.V2))));
    }
    return wide;
  }

  private static Rollout rollout(WideFleet wide) {
    return wide.fleet.state.rollouts().iterator().next();
  }
}
