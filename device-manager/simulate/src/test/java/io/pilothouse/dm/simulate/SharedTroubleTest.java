package io.pilothouse.dm.simulate;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.v1.Action;
import io.pilothouse.api.v1.AuditRecord;
import io.pilothouse.api.v1.Condition;
import io.pilothouse.api.v1.Incident;
import io.pilothouse.api.v1.Rollout;
import io.pilothouse.api.v1.Severity;
import io.pilothouse.api.v1.VersionRef;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
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

  /** What it costs to have no latch: one machine an hour is tried, to see whether repairs help. */
  @Test
  void aFeedLosesPowerAndNoMoreThanOneMachineAnHourIsRebooted() {
    Scenario fleet = Scenario.of(200);
    List<AuditRecord> begun = executions(fleet);
    fleet.strike(DomainFaults.power("feed/f01", 6 * Spans.HOUR)).pass(12 * Spans.HOUR).calm();
    assertThat(fleet.incidents())
        .extracting(each -> each.getDimension() + "/" + each.getValue())
        .containsExactly("feed/f01");
    assertThat(begun).as("%s", fleet.outcome()).hasSizeBetween(1, 5);
    assertThat(begun).allMatch(each -> each.getAction() == Action.REBOOT);
    for (int i = 1; i < begun.size(); i++) {
      assertThat(begun.get(i).getAt() - begun.get(i - 1).getAt())
          .as("%s", begun)
          .isGreaterThan(Spans.HOUR - Spans.MINUTE); // the repair service's beat
    }
    assertThat(fleet.outcome().repairs().executed()).isEqualTo(begun.size());
  }

  /** Records of repairs that begin, as they come. */
  private static List<AuditRecord> executions(Scenario fleet) {
    List<AuditRecord> begun = new ArrayList<>();
    fleet
        .simulation
        .pilothouse()
        .leader
        .watch(
            event -> {
              boolean begins =
                  event.hasAudit()
                      && event.getAudit().getKind().equals("ACTION")
                      && event.getAudit().getTo().equals("EXECUTING");
              if (begins) {
                begun.add(event.getAudit());
              }
            });
    return begun;
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

  /** Before five machines have failed of it, they look like machines that fail. */
  @Test
  void aVersionThatFailsAfterAWhileIsBlamedByNameAndNoMachineRepairedForItFromThenOn() {
    Scenario fleet = Scenario.of(200);
    List<AuditRecord> begun = executions(fleet);
    fleet
        .strike(world -> world.control().rollOut(GeneratedFleet.FRONTEND, true))
        .pass(11 * Spans.HOUR);
    assertThat(fleet.incidents())
        .extracting(each -> each.getDimension() + "/" + each.getValue())
        .containsExactly("manifest/web@1.1.0");
    Incident blame = fleet.incidents().get(0);
    assertThat(blame.getRolloutsList()).containsExactly(fleet.rollouts().get(0).getId());
    assertThat(fleet.rollouts().get(0).getState()).isEqualTo(Rollout.State.ROLLED_BACK);
    assertThat(begun)
        .hasSizeLessThan(5)
        .allMatch(each -> each.getAction() == Action.REBOOT)
        .allMatch(each -> each.getAt() < blame.getOpenedAt());
    fleet.calm();
  }

  @Test
  void aDeviceManagerThatIsGoneForADayChangesAndRepairsNothingMeanwhile() {
    Scenario fleet =
        Scenario.of(200)
            .strike(world -> world.control().rollOut(GeneratedFleet.FRONTEND, false))
            .suffers("m00033", Sign.DEAD, Mend.REBOOT)
            .pass(30 * Spans.MINUTE)
            .strike(world -> world.control().failOver(Spans.DAY))
            .pass(Spans.MINUTE); // an order that was given is carried out to its end
    Map<String, VersionRef> active = active(fleet);
    int executed = fleet.executed();
    assertThat(new HashSet<>(active.values())).as("in the middle of it").hasSizeGreaterThan(2);
    fleet.suffers("m00077", Sign.SMART_FATAL, Mend.REPLACE).pass(23 * Spans.HOUR);
    assertThat(active(fleet)).isEqualTo(active);
    assertThat(fleet.executed()).isEqualTo(executed);
    fleet.pass(2 * Spans.DAY).calm();
    assertThat(fleet.condition("m00033")).isEqualTo(Condition.HEALTHY);
    assertThat(fleet.condition("m00077")).isEqualTo(Condition.HEALTHY);
    assertThat(fleet.outcome().repairs().replaces()).isEqualTo(1);
  }

  /** What really runs on each machine. */
  private static Map<String, VersionRef> active(Scenario fleet) {
    Map<String, VersionRef> active = new TreeMap<>();
    fleet.simulation.world.machines.forEach((name, each) -> active.put(name, each.active()));
    return active;
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
