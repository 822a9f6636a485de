package io.pilothouse.dm.state;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.v1.Condition;
import io.pilothouse.api.v1.Fleet;
import io.pilothouse.api.v1.VerdictKind;
import io.pilothouse.api.v1.WatchdogState;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** What becomes of a watchdog's errors, and what that says of it. */
class ScorecardTest {
  private static final Duration PROMOTE_AFTER = Duration.ofHours(1);

  private FleetScenario fleet = FleetScenario.inService();

  private FakeMachine web() {
    return fleet.machine("web-03");
  }

  private WatchdogState score(String watchdog) {
    return fleet.state.watchdog(watchdog).orElseThrow();
  }

  @Test
  void anErrorThatAnotherLiveWatchdogSharesIsConfirmed() {
    web().reports(VerdictKind.ERROR, "heartbeat");
    fleet.passes(Duration.ofSeconds(3));
    web().reports(VerdictKind.ERROR, "disk");

    assertThat(score("disk").getErrors()).isEqualTo(1);
    assertThat(score("disk").getConfirmed()).isEqualTo(1);
    assertThat(score("disk").getDetected()).isEqualTo(1);
    assertThat(score("disk").getDetectMs()).isEqualTo(3_000);
    assertThat(score("heartbeat").getConfirmed()).isEqualTo(1);
    assertThat(score("heartbeat").getDetectMs()).isZero();
  }

  @Test
  void silenceOfAnotherConfirms() {
    web().reports(VerdictKind.ERROR, "disk").fallsSilent("heartbeat");

    assertThat(score("disk").getConfirmed()).isEqualTo(1);
  }

  @Test
  void anEpisodeCountsOnceHoweverOftenItsFaultChanges() {
    web().reports(VerdictKind.ERROR, "disk").reports(VerdictKind.ERROR, "heartbeat");
    web().reports(VerdictKind.OK, "heartbeat").reports(VerdictKind.ERROR, "heartbeat");

    assertThat(score("disk").getErrors()).isEqualTo(1);
    assertThat(score("disk").getConfirmed()).isEqualTo(1);
    assertThat(score("heartbeat").getErrors()).isEqualTo(2);
  }

  @Test
  void anErrorThatWentAwayByItselfIsUnconfirmed() {
    web().reports(VerdictKind.ERROR, "disk").reports(VerdictKind.OK, "disk");

    assertThat(score("disk").getUnconfirmed()).isEqualTo(1);
    assertThat(score("disk").getConfirmed()).isZero();
  }

  @Test
  void anErrorThatWaitingEndedIsDismissed() {
    web().failsOnce("disk").reports(VerdictKind.OK, "disk");

    assertThat(score("disk").getDismissed()).isEqualTo(1);
    assertThat(score("disk").getUnconfirmed()).isZero();
  }

  @Test
  void anErrorThatARebootEndedIsConfirmed() {
    web().failsOnce("disk").failsAgain("disk");
    fleet.repairService().claims("web-03").executes("web-03");
    web().boots("reboot");
    web().is(Condition.PROBATION).reports(VerdictKind.OK, "disk");

    assertThat(score("disk").getConfirmed()).isEqualTo(1);
    assertThat(score("disk").getDismissed()).isZero();
  }

  private static Fleet withShadow(Duration promoteAfter) {
    Fleet.Builder spec = QuickFleet.spec().toBuilder();
    spec.getWatchdogsBuilder(0)
        .setInitialMode(WatchdogState.Mode.SHADOW)
        .setPromoteAfterMs(promoteAfter.toMillis());
    return spec.build();
  }

  @Test
  void aShadowThatNothingContradictedBecomesLive() {
    fleet = FleetScenario.inService(withShadow(PROMOTE_AFTER));
    assertThat(score("disk").getMode()).isEqualTo(WatchdogState.Mode.SHADOW);
    web().reports(VerdictKind.ERROR, "disk");
    assertThat(web().error()).isEmpty();
    web().reports(VerdictKind.ERROR, "heartbeat");
    web().reports(VerdictKind.OK, "disk").reports(VerdictKind.OK, "heartbeat");
    assertThat(score("disk").getConfirmed()).isEqualTo(1);

    fleet.passes(PROMOTE_AFTER);

    assertThat(score("disk").getMode()).isEqualTo(WatchdogState.Mode.LIVE);
    assertThat(score("disk").getDueAt()).isZero();
  }

  @Test
  void aShadowThatWasContradictedWaitsAnew() {
    fleet = FleetScenario.inService(withShadow(PROMOTE_AFTER));
    fleet.passes(PROMOTE_AFTER.minusMinutes(5));
    web().reports(VerdictKind.ERROR, "disk").reports(VerdictKind.OK, "disk");

    fleet.passes(PROMOTE_AFTER.minusMinutes(1));
    assertThat(score("disk").getMode()).isEqualTo(WatchdogState.Mode.SHADOW);
    fleet.passes(Duration.ofMinutes(1));
    assertThat(score("disk").getMode()).isEqualTo(WatchdogState.Mode.LIVE);
  }

  @Test
  void aShadowIsNotPromotedIntoAnErrorThatNobodyShares() {
    fleet = FleetScenario.inService(withShadow(PROMOTE_AFTER));
    web().reports(VerdictKind.ERROR, "disk");

    fleet.passes(PROMOTE_AFTER.multipliedBy(3));

    assertThat(score("disk").getMode()).isEqualTo(WatchdogState.Mode.SHADOW);
    web().is(Condition.HEALTHY);
  }

  @Test
  void aShadowIsNotPromotedWhileItIsSilentOnAMachineThatIsWell() {
    fleet = FleetScenario.inService(withShadow(PROMOTE_AFTER));
    web().fallsSilent("disk");
    assertThat(web().error()).isEmpty();

    fleet.passes(PROMOTE_AFTER.multipliedBy(2));
    assertThat(score("disk").getMode()).isEqualTo(WatchdogState.Mode.SHADOW);

    web().reports(VerdictKind.OK, "disk");
    fleet.passes(PROMOTE_AFTER);
    assertThat(score("disk").getMode()).isEqualTo(WatchdogState.Mode.LIVE);
  }

  @Test
  void aShadowThatSaidNothingIsNotPromoted() {
    Fleet.Builder spec = withShadow(PROMOTE_AFTER).toBuilder();
    spec.addWatchdogs(
        QuickFleet.watchdog("mute", WatchdogState.Mode.SHADOW).toBuilder()
            .setPromoteAfterMs(PROMOTE_AFTER.toMillis())
            .addTypes("frontend"));
    fleet = FleetScenario.inService(spec.build());

    fleet.passes(PROMOTE_AFTER.multipliedBy(2));

    assertThat(score("mute").getMode()).isEqualTo(WatchdogState.Mode.SHADOW);
  }
}
