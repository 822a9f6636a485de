package io.pilothouse.dm.server;

import static io.pilothouse.dm.server.EdgeHarness.KEY;
import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.log.v1.Command;
import io.pilothouse.api.log.v1.Command.KindCase;
import io.pilothouse.api.log.v1.DrainMachine;
import io.pilothouse.api.log.v1.NoticeSilence.Silent;
import io.pilothouse.api.log.v1.PromoteWatchdog;
import io.pilothouse.api.log.v1.Request;
import io.pilothouse.api.log.v1.UndrainMachine;
import io.pilothouse.api.v1.Condition;
import io.pilothouse.api.v1.Lifecycle;
import io.pilothouse.api.v1.ReportReplicaRequest;
import io.pilothouse.api.v1.ReportRequest;
import io.pilothouse.api.v1.ReportVerdictsRequest;
import io.pilothouse.api.v1.VerdictKind;
import io.pilothouse.api.v1.VerdictReportItem;
import io.pilothouse.api.v1.WatchdogState;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The leader's loop under a clock that is moved by hand; valid-for is 15 s for every watchdog. */
class SilenceTest {

  private final EdgeHarness dm = new EdgeHarness();
  private long sequence;

  @BeforeEach
  void inService() {
    dm.fleet.apply();
    dm.fleet.serve("web-01", KEY);
    dm.edge.leaderLoop().round();
  }

  @AfterEach
  void close() {
    dm.close();
  }

  private void heartbeats() {
    reports(item("heartbeat"), item("disk"));
  }

  private void reports(VerdictReportItem.Builder heartbeat, VerdictReportItem.Builder disk) {
    sequence++;
    dm.machine("web-01")
        .report(
            ReportRequest.newBuilder()
                .setMachine("web-01")
                .setBootId("web-01-boot-2")
                .setSequence(sequence)
                .addVerdicts(heartbeat)
                .addVerdicts(disk)
                .build());
  }

  private void reachable() {
    sequence++;
    dm.satellite("watchdog-1")
        .reportVerdicts(
            ReportVerdictsRequest.newBuilder()
                .setReporter("watchdog-1")
                .addVerdicts(item("reachable").setMachine("web-01").setSequence(sequence))
                .build());
  }

  private static VerdictReportItem.Builder item(String watchdog) {
    return VerdictReportItem.newBuilder().setWatchdog(watchdog).setKind(VerdictKind.OK);
  }

  private void pass(int seconds) {
    dm.clock.pass(Duration.ofSeconds(seconds));
    dm.edge.leaderLoop().round();
  }

  private List<String> silent() {
    return dm.ledger.submitted().stream()
        .map(Request::getCommand)
        .filter(each -> each.getKindCase() == KindCase.NOTICE_SILENCE)
        .flatMap(each -> each.getNoticeSilence().getSilentList().stream())
        .map(Silent::getWatchdog)
        .toList();
  }

  @Test
  void silenceIsNoticedAfterValidForAndOnce() {
    heartbeats();
    reachable();
    pass(10);
    heartbeats();
    pass(6);
    assertThat(silent()).containsExactly("reachable");

    pass(10);
    pass(10);

    assertThat(silent()).containsExactly("reachable", "heartbeat", "disk");
    assertThat(dm.ledger.read(state -> state.verdict("web-01", "disk").orElseThrow()).getSilent())
        .isTrue();
  }

  @Test
  void aReportEndsTheSilence() {
    pass(16);
    assertThat(silent()).hasSize(3);

    heartbeats();

    assertThat(dm.ledger.read(state -> state.verdict("web-01", "disk").orElseThrow()).getSilent())
        .isFalse();
  }

  @Test
  void steadyReportsKeepSilenceAway() {
    for (int i = 0; i < 20; i++) {
      heartbeats();
      reachable();
      pass(5);
    }

    assertThat(silent()).isEmpty();
  }

  @Test
  void whatWasSeenBeforeTheMachineJoinedIsASignOfLifeAndNoVerdict() {
    pass(10);
    reports(item("heartbeat").setAgeMs(10_000), item("disk").setAgeMs(10_001));
    assertThat(awaits("heartbeat")).isFalse();
    assertThat(awaits("disk")).isTrue();

    pass(10);

    assertThat(silent()).containsExactly("reachable");
  }

  private boolean awaits(String watchdog) {
    return dm.ledger.read(state -> state.verdict("web-01", watchdog).orElseThrow().getAwaiting());
  }

  @Test
  void aLongWaitForTheStateKeepsNoSilenceAway() {
    ReportReplicaRequest report =
        ReportReplicaRequest.newBuilder()
            .setId("deployment-1")
            .setAddress("127.0.0.1:18541")
            .build();
    heartbeats();
    reachable();
    dm.satellite("deployment-1").reportReplica(report);
    dm.ledger.readsWait(Duration.ofSeconds(2));
    pass(0);
    dm.ledger.readsWait(Duration.ZERO);

    pass(16);

    assertThat(silent()).containsExactlyInAnyOrder("heartbeat", "reachable", "disk");
    assertThat(up()).isFalse();
  }

  @Test
  void anApplyThatHeldTheStateForLongStartsTheCountAnew() {
    ReportReplicaRequest report =
        ReportReplicaRequest.newBuilder()
            .setId("deployment-1")
            .setAddress("127.0.0.1:18541")
            .build();
    heartbeats();
    reachable();
    dm.satellite("deployment-1").reportReplica(report);
    pass(0);
    dm.ledger.readsWait(Duration.ofSeconds(20));
    pass(0);
    dm.ledger.readsWait(Duration.ZERO);
    pass(0);
    assertThat(silent()).isEmpty();
    assertThat(up()).isTrue();

    pass(9);
    assertThat(up()).isTrue();
    pass(5);
    assertThat(silent()).isEmpty();
    pass(2);
    assertThat(silent()).containsExactlyInAnyOrder("heartbeat", "reachable", "disk");
    assertThat(up()).isFalse();
  }

  @Test
  void entriesOfWhichNoneIsAppliedForLongStartTheCountAnew() {
    heartbeats();
    reachable();
    dm.ledger.hold();
    dm.ledger.logWaits(1);
    pass(0);
    pass(20);
    pass(20);
    dm.ledger.logWaits(0);
    dm.ledger.release();
    pass(0);
    assertThat(silent()).isEmpty();

    pass(14);
    assertThat(silent()).isEmpty();
    pass(2);
    assertThat(silent()).containsExactlyInAnyOrder("heartbeat", "reachable", "disk");
  }

  @Test
  void aLogThatWentOnBetweenTwoLooksKeepsNoSilenceAway() {
    heartbeats();
    reachable();
    dm.ledger.logWaits(1);
    pass(0);
    dm.clock.pass(Duration.ofSeconds(16));
    dm.satellite("deployment-1")
        .reportReplica(
            ReportReplicaRequest.newBuilder()
                .setId("deployment-1")
                .setAddress("127.0.0.1:18541")
                .build());

    pass(0);

    assertThat(silent()).containsExactlyInAnyOrder("heartbeat", "reachable", "disk");
  }

  @Test
  void entriesThatWaitForAMomentKeepNoSilenceAway() {
    heartbeats();
    reachable();
    dm.ledger.logWaits(1);
    pass(0);
    dm.ledger.logWaits(0);
    dm.clock.pass(Duration.ofMillis(900));
    dm.edge.leaderLoop().round();

    pass(15);

    assertThat(silent()).containsExactlyInAnyOrder("heartbeat", "reachable", "disk");
  }

  @Test
  void theWalkOverAllMachinesPausesTwentyTimesAsLongAndTenSecondsAtMost() {
    assertThat(LeaderLoop.pauseAfter(Duration.ofMillis(300).toNanos()))
        .isEqualTo(Duration.ofSeconds(6).toNanos());
    assertThat(LeaderLoop.pauseAfter(Duration.ofSeconds(5).toNanos()))
        .isEqualTo(Duration.ofSeconds(10).toNanos());
  }

  @Test
  void anOvertakenReportIsNoSignOfLife() {
    heartbeats();
    reachable();
    sequence -= 2;
    pass(10);
    heartbeats();
    pass(6);

    assertThat(silent()).contains("heartbeat", "disk");
  }

  @Test
  void anElectionStartsTheCountAnew() {
    heartbeats();
    reachable();
    pass(14);
    dm.ledger.leaderIs(Optional.of(FakeLedger.OTHER));
    pass(60);
    dm.ledger.leaderIs(Optional.of(FakeLedger.SELF));
    pass(0);

    pass(14);
    assertThat(silent()).isEmpty();
    pass(2);
    assertThat(silent()).hasSize(3);
  }

  @Test
  void aReturnIntoServiceStartsTheCountAnew() {
    for (int i = 0; i < 70; i++) {
      heartbeats();
      reachable();
      pass(5);
    }
    assertThat(dm.fleet.machine("web-01").getCondition()).isEqualTo(Condition.HEALTHY);
    dm.fleet.decide(
        Command.newBuilder().setDrainMachine(DrainMachine.newBuilder().setMachine("web-01")));
    assertThat(dm.fleet.machine("web-01").getLifecycle()).isEqualTo(Lifecycle.MAINTENANCE);
    pass(3600);
    assertThat(silent()).isEmpty();
    dm.fleet.decide(
        Command.newBuilder().setUndrainMachine(UndrainMachine.newBuilder().setMachine("web-01")));
    pass(0);

    pass(14);
    assertThat(silent()).isEmpty();
    pass(2);
    assertThat(silent()).hasSize(3);
  }

  @Test
  void aWordInShadowExpiresTooSoThatItIsSilentAndNotWellWhenItIsPromoted() {
    mode("disk", WatchdogState.Mode.SHADOW);
    heartbeats();
    pass(0);
    for (int i = 0; i < 4; i++) {
      pass(5);
      reachable();
      heartbeat();
    }
    assertThat(silent()).containsExactly("disk");

    mode("disk", WatchdogState.Mode.LIVE);

    assertThat(dm.ledger.read(state -> state.verdict("web-01", "disk").orElseThrow()).getSilent())
        .isTrue();
    assertThat(dm.fleet.machine("web-01").getError().getFault()).isEqualTo("silent");
  }

  @Test
  void aWordInQuarantineExpires() {
    heartbeats();
    mode("disk", WatchdogState.Mode.QUARANTINED);
    pass(16);

    assertThat(silent()).contains("disk");
  }

  @Test
  void inShadowToHaveSaidNothingYetIsNoSilence() {
    mode("disk", WatchdogState.Mode.SHADOW);

    pass(60);

    assertThat(silent()).containsExactly("heartbeat", "reachable");
  }

  private void heartbeat() {
    sequence++;
    dm.machine("web-01")
        .report(
            ReportRequest.newBuilder()
                .setMachine("web-01")
                .setBootId("web-01-boot-2")
                .setSequence(sequence)
                .addVerdicts(item("heartbeat"))
                .build());
  }

  private void mode(String watchdog, WatchdogState.Mode mode) {
    dm.fleet.decide(
        Command.newBuilder()
            .setPromoteWatchdog(PromoteWatchdog.newBuilder().setWatchdog(watchdog).setMode(mode)));
    pass(0);
  }

  @Test
  void aWallClockThatJumpsMakesNoSilence() {
    heartbeats();
    reachable();
    dm.clock.jump(Duration.ofHours(3));

    pass(1);

    assertThat(silent()).isEmpty();
  }

  @Test
  void aFollowerDoesNothing() {
    dm.ledger.leaderIs(Optional.of(FakeLedger.OTHER));
    int before = dm.ledger.submitted().size();

    pass(3600);

    assertThat(dm.ledger.submitted()).hasSize(before);
  }

  @Test
  void aTickIsLoggedWhenSomethingIsDueAndNotBefore() {
    long due = dm.ledger.read(state -> state.nextDue().orElseThrow()).toEpochMilli();
    int before = dm.ledger.submitted().size();
    long left = due - dm.clock.now().toEpochMilli();

    dm.clock.pass(Duration.ofMillis(Math.min(left - 1, 10_000)));
    dm.edge.leaderLoop().round();
    assertThat(dm.ledger.submitted()).hasSize(before);
    dm.clock.pass(Duration.ofMillis(left));
    dm.edge.leaderLoop().round();

    assertThat(dm.ledger.submitted().stream().skip(before).map(r -> r.getCommand().getKindCase()))
        .contains(KindCase.TICK);
    int after = dm.ledger.submitted().size();
    dm.edge.leaderLoop().round();
    assertThat(dm.ledger.submitted()).hasSize(after);
  }

  @Test
  void aDeploymentReplicaThatFallsSilentIsDownUntilItReports() {
    ReportReplicaRequest report =
        ReportReplicaRequest.newBuilder()
            .setId("deployment-1")
            .setAddress("127.0.0.1:18541")
            .addHeld("b")
            .addHeld("a")
            .build();
    dm.satellite("deployment-1").reportReplica(report);
    int before = dm.ledger.submitted().size();
    dm.satellite("deployment-1").reportReplica(report);
    assertThat(dm.ledger.submitted()).hasSize(before);

    pass(0);
    heartbeats();
    reachable();
    pass(9);
    assertThat(up()).isTrue();
    pass(2);
    assertThat(up()).isFalse();
    dm.satellite("deployment-1").reportReplica(report);
    pass(1);
    assertThat(up()).isTrue();
  }

  private boolean up() {
    return dm.ledger.read(state -> state.replica("deployment-1").orElseThrow()).getUp();
  }
}
