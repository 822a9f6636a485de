package io.pilothouse.dm.simulate;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.v1.Action;
import io.pilothouse.api.v1.Condition;
import io.pilothouse.api.v1.Incident;
import io.pilothouse.api.v1.Severity;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Troubles that many machines share: none of them is to be repaired for it. */
class SharedTroubleTest {

  @Test
  void aRackLosesPowerOneIncidentNoRepairsNoRolloutBlame() {
    Scenario fleet =
        Scenario.of(200)
            .strike(world -> world.control().rollOut(GeneratedFleet.FRONTEND, false))
            .pass(20 * Spans.MINUTE)
            .strike(DomainFaults.power("rack/r003", 50 * Spans.MINUTE))
            .pass(45 * Spans.MINUTE);
    assertThat(fleet.incidents())
        .singleElement()
        .satisfies(
            each -> {
              assertThat(each.getDimension() + "/" + each.getValue()).isEqualTo("rack/r003");
              assertThat(each.getState()).isEqualTo(Incident.State.OPEN);
            });
    assertThat(fleet.executed()).isZero();
    fleet.pass(4 * Spans.HOUR).calm();
    assertThat(fleet.executed()).isZero();
    assertThat(fleet.counted("rollout/PAUSED") + fleet.counted("rollout/ROLLING_BACK")).isZero();
    assertThat(fleet.incidents()).allMatch(each -> each.getState() == Incident.State.CLOSED);
  }

  @Test
  void aFeedLosesPowerNoRepairs() {
    Scenario fleet =
        Scenario.of(200)
            .strike(DomainFaults.power("feed/f01", 6 * Spans.HOUR))
            .pass(12 * Spans.HOUR)
            .calm();
    assertThat(fleet.outcome().incidents()).isPositive();
    assertThat(fleet.outcome().repairs().needless())
        .as("one machine an hour is tried, to see whether a repair helps")
        .isLessThanOrEqualTo(6);
  }

  @Test
  void aSwitchIsDownAndItsMachinesAreNotRepaired() {
    Scenario fleet =
        Scenario.of(200)
            .strike(DomainFaults.network("switch/sw002", 50 * Spans.MINUTE))
            .pass(3 * Spans.HOUR)
            .calm();
    assertThat(fleet.executed()).isZero();
    assertThat(fleet.incidents())
        .as("%s", fleet.incidents())
        .extracting(each -> each.getDimension() + "/" + each.getValue())
        .containsExactly("switch/sw002");
  }

  @Test
  void aBadWatchdogTurnsSixtyPercentOfTheFleetRedZeroRepairs() {
    badWatchdog(Severity.NORMAL);
  }

  @Test
  void aBadWatchdogThatSaysFatalZeroRepairs() {
    badWatchdog(Severity.FATAL);
  }

  private static void badWatchdog(Severity severity) {
    Scenario fleet =
        Scenario.of(200)
            .strike(FleetFaults.badWatchdog("processes", 0.6, severity, new Random(1)))
            .pass(10 * Spans.HOUR)
            .calm();
    assertThat(fleet.executed()).isZero();
    assertThat(fleet.outcome().incidents()).isPositive();
    assertThat(fleet.outcome().repairs().wrong()).isZero();
  }

  @Test
  void aVersionThatFailsAfterAWhileIsBlamedAndNoMachineRepairedForIt() {
    Scenario fleet =
        Scenario.of(200)
            .strike(world -> world.control().rollOut(GeneratedFleet.FRONTEND, true))
            .pass(18 * Spans.HOUR);
    assertThat(fleet.outcome().repairs().wrong())
        .as(fleet.incidents().toString())
        .isLessThanOrEqualTo(6);
    assertThat(fleet.outcome().repairs().replaces()).isZero();
  }

  @Test
  void aFreezeThatLastsDaysIsFollowedByNoStampede() {
    Scenario fleet = Scenario.of(200).strike(world -> world.control().freeze(3 * Spans.DAY));
    fleet.pass(Spans.HOUR);
    for (int i = 1; i <= 12; i++) {
      fleet.suffers("m%05d".formatted(i * 16), Sign.DEAD, Mend.REBOOT).pass(5 * Spans.HOUR);
    }
    assertThat(fleet.executed()).isZero();
    fleet.pass(2 * Spans.DAY).calm();
    assertThat(fleet.outcome().repairs().wrong()).isZero();
    assertThat(fleet.outcome().repairs().reboots()).isBetween(12, 30);
    assertThat(fleet.outcome().taken().get("fleet")).isLessThanOrEqualTo(0.05);
  }

  @Test
  void aClockThatJumpsAnHourForwardRepairsNothing() {
    jump(Spans.HOUR);
  }

  @Test
  void aClockThatJumpsAnHourBackRepairsNothing() {
    jump(-Spans.HOUR);
  }

  private static void jump(long millis) {
    Scenario fleet =
        Scenario.of(60)
            .suffers("m00007", Sign.DEAD, Mend.REBOOT)
            .pass(5 * Spans.MINUTE)
            .strike(FleetFaults.clockJump(millis))
            .pass(8 * Spans.HOUR)
            .calm();
    assertThat(fleet.outcome().repairs().needless()).isZero();
    assertThat(fleet.repairs(Action.REBOOT)).hasSizeLessThanOrEqualTo(3);
    assertThat(fleet.condition("m00007")).isEqualTo(Condition.HEALTHY);
  }

  @Test
  void anOperatorWhoResolvesEveryIncidentAtOnceSetsOffNoStampede() {
    Habits hasty = new Habits(Spans.DAY, 10 * Spans.MINUTE, 0, true);
    Scenario fleet =
        Scenario.of(200, hasty)
            .strike(DomainFaults.power("rack/r003", 3 * Spans.HOUR))
            .pass(8 * Spans.HOUR)
            .calm();
    assertThat(fleet.outcome().taken().get("fleet")).isLessThanOrEqualTo(0.05);
    assertThat(fleet.outcome().taken().get("rack")).isLessThanOrEqualTo(0.20);
  }
}
