package io.pilothouse.dm.state;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.log.v1.Command;
import io.pilothouse.api.log.v1.HoldDomain;
import io.pilothouse.api.log.v1.Refusal;
import io.pilothouse.api.v1.Condition;
import io.pilothouse.api.v1.Repair;
import io.pilothouse.api.v1.Rollout;
import io.pilothouse.api.v1.StatusReply;
import io.pilothouse.api.v1.VersionRef;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A person's hand over a whole rack, unit or fleet. */
class DomainHoldTest {
  private static final Duration AN_HOUR = Duration.ofHours(1);

  private final FleetScenario fleet = FleetScenario.inService();

  @Test
  void noRepairBeginsInAHeldRackUntilTheHoldExpires() {
    fleet.sends(hold("rack/r3", AN_HOUR));
    fleet.machine("web-03").failsOnce("disk").failsAgain("disk");
    fleet.machine("web-04").failsOnce("disk").failsAgain("disk");
    Repair held = fleet.repairOf("web-03");
    assertThat(held.getState()).isEqualTo(Repair.State.WAITING);
    assertThat(held.getVetoes(0).getKind()).isEqualTo("hold");
    assertThat(held.getVetoes(0).getDomain()).isEqualTo("rack/r3");
    assertThat(held.getVetoes(0).getSentence())
        .contains("rack/r3 is held by operator/alice until")
        .endsWith("as the test asks");
    assertThat(fleet.repairOf("web-04").getState()).isEqualTo(Repair.State.READY);

    fleet.passes(AN_HOUR);

    assertThat(fleet.state.domainHolds()).isEmpty();
    assertThat(fleet.repairOf("web-03").getState()).isEqualTo(Repair.State.READY);
  }

  @Test
  void everyKindOfDomainCanBeHeldAndReleased() {
    fleet.machine("web-03").failsOnce("disk").failsAgain("disk");
    for (String domain : List.of("fleet", "unit/su-1", "rack/r3", "type/frontend")) {
      fleet.sends(hold(domain, Duration.ZERO));
      assertThat(fleet.repairOf("web-03").getState()).as(domain).isEqualTo(Repair.State.WAITING);
      fleet.sends(end(domain));
      assertThat(fleet.repairOf("web-03").getState()).as(domain).isEqualTo(Repair.State.READY);
    }
  }

  @Test
  void holdOfADomainNeverStopsTheReturnToHealthy() {
    fleet.machine("web-03").failsOnce("disk");
    fleet.sends(hold("fleet", Duration.ZERO));
    fleet.machine("web-03").reportsOk();
    fleet.passes(QuickFleet.QUIET);
    fleet.machine("web-03").is(Condition.HEALTHY);
  }

  @Test
  void rolloutLeavesAHeldUnitAlone() {
    RolloutScenario rollouts = RolloutScenario.running();
    VersionRef before = rollouts.fleet.show("web-01").getObserved().getActive();
    rollouts.fleet.sends(hold("unit/canary", Duration.ZERO));
    String rollout = rollouts.starts(RolloutScenario.V2);

    rollouts.agents.work(Duration.ofMinutes(5));

    assertThat(rollouts.fleet.state.rollout(rollout).orElseThrow().getState())
        .isNotEqualTo(Rollout.State.COMPLETED);
    rollouts.run(List.of("web-01", "web-02"), before);
  }

  @Test
  void domainThatIsNotThereOrNotHeldIsRefusedByName() {
    Refusal refusal = fleet.isRefused(hold("rack/r33", AN_HOUR));
    assertThat(refusal.getMessage())
        .contains("no domain \"rack/r33\"", "did you mean \"rack/r3\"?");
    assertThat(fleet.isRefused(end("rack/r3")).getMessage()).isEqualTo("\"rack/r3\" is not held");
    assertThat(fleet.isRefused(hold("fleet", Duration.ofMillis(-1))).getCode())
        .isEqualTo(Refusal.Code.INVALID);
    var unreasoned = FleetScenario.request(hold("fleet", AN_HOUR), "operator/alice", " ").build();
    assertThat(fleet.commit(List.of(unreasoned)).get(0).getRefusal().getMessage())
        .isEqualTo("a hold needs a reason for the audit trail");
  }

  @Test
  void statusNamesWhatIsHeld() {
    fleet.sends(hold("rack/r3", AN_HOUR));
    StatusReply status = StatusView.of(fleet.state, fleet.now()).build();
    assertThat(status.getHoldsList()).hasSize(1);
    assertThat(status.getCodesList())
        .filteredOn(each -> each.getCode().equals("DOMAIN_HELD"))
        .singleElement()
        .satisfies(each -> assertThat(each.getScope()).isEqualTo("rack/r3"));
  }

  private static Command.Builder hold(String domain, Duration span) {
    return Command.newBuilder()
        .setHoldDomain(HoldDomain.newBuilder().setDomain(domain).setForMs(span.toMillis()));
  }

  private static Command.Builder end(String domain) {
    return Command.newBuilder()
        .setHoldDomain(HoldDomain.newBuilder().setDomain(domain).setEnd(true));
  }
}
