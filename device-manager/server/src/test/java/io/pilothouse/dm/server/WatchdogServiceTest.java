package io.pilothouse.dm.server;

import static io.pilothouse.dm.server.EdgeHarness.KEY;
import static io.pilothouse.dm.server.EdgeHarness.refusal;
import static io.pilothouse.dm.server.EdgeHarness.remedy;
import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.pilothouse.api.log.v1.ApplyFleet;
import io.pilothouse.api.log.v1.Command;
import io.pilothouse.api.v1.Fleet;
import io.pilothouse.api.v1.ListWatchdogsRequest;
import io.pilothouse.api.v1.ReportVerdictsRequest;
import io.pilothouse.api.v1.SatelliteWriteReply;
import io.pilothouse.api.v1.Verdict;
import io.pilothouse.api.v1.VerdictKind;
import io.pilothouse.api.v1.VerdictReportItem;
import io.pilothouse.api.v1.WatchdogApiGrpc;
import io.pilothouse.api.v1.WatchdogReportReply;
import io.pilothouse.api.v1.WatchdogReportRequest;
import io.pilothouse.api.v1.WatchdogRow;
import io.pilothouse.api.v1.WatchdogSpec;
import io.pilothouse.api.v1.WatchdogState;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Reports from anywhere: who may, how many, in which order. */
class WatchdogServiceTest {

  private final EdgeHarness dm = new EdgeHarness();

  @BeforeEach
  void fleet() {
    Fleet.Builder spec = TestFleet.spec().toBuilder();
    spec.addWatchdogs(external("burn-test"))
        .addWatchdogs(external("synthetic").addReporters("operator/ci").setQuotaPerMinute(60));
    dm.fleet.decide(
        Command.newBuilder().setApplyFleet(ApplyFleet.newBuilder().setFleet(spec.build())));
    dm.fleet.serve("web-01", KEY);
  }

  private static WatchdogSpec.Builder external(String name) {
    return WatchdogSpec.newBuilder()
        .setName(name)
        .setRunner(WatchdogSpec.Runner.EXTERNAL)
        .setEveryMs(5_000)
        .setValidForMs(15_000)
        .addTypes("frontend")
        .setInitialMode(WatchdogState.Mode.LIVE);
  }

  @AfterEach
  void close() {
    dm.close();
  }

  private WatchdogReportReply report(String principal, VerdictReportItem.Builder... items) {
    WatchdogReportRequest.Builder request = WatchdogReportRequest.newBuilder();
    for (VerdictReportItem.Builder item : items) {
      request.addVerdicts(item);
    }
    return WatchdogApiGrpc.newBlockingStub(dm.as(principal, "")).report(request.build());
  }

  private static VerdictReportItem.Builder burnTest(VerdictKind kind) {
    return item("burn-test", kind);
  }

  private static VerdictReportItem.Builder item(String watchdog, VerdictKind kind) {
    return VerdictReportItem.newBuilder()
        .setMachine("web-01")
        .setWatchdog(watchdog)
        .setKind(kind)
        .setText("as reported");
  }

  private Verdict verdict(String watchdog) {
    return dm.ledger.read(
        state -> state.verdict("web-01", watchdog).orElse(Verdict.getDefaultInstance()));
  }

  private WatchdogRow row(String watchdog) {
    return dm
        .operator()
        .listWatchdogs(ListWatchdogsRequest.getDefaultInstance())
        .getItemsList()
        .stream()
        .filter(each -> each.getSpec().getName().equals(watchdog))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void allFourVerdictsAreTakenAndNumberedAsTheyArrive() {
    for (VerdictKind kind :
        new VerdictKind[] {
          VerdictKind.OK, VerdictKind.WARNING, VerdictKind.ERROR, VerdictKind.UNKNOWN
        }) {
      long before = verdict("burn-test").getSequence();
      assertThat(report("watchdog/burn-test", burnTest(kind)).getRefusedList()).isEmpty();
      assertThat(verdict("burn-test").getKind()).isEqualTo(kind);
      assertThat(verdict("burn-test").getSequence()).isGreaterThan(before);
    }
    assertThat(row("burn-test").getReportersList()).containsExactly("watchdog/burn-test");
  }

  @Test
  void aWatchdogReportsForItselfOnly() {
    StatusRuntimeException denied =
        refusal(() -> report("watchdog/other", burnTest(VerdictKind.OK)));

    assertThat(denied.getStatus().getCode()).isEqualTo(Status.Code.PERMISSION_DENIED);
    assertThat(remedy(denied)).contains("watchdog/burn-test");
  }

  @Test
  void whomADefinitionNamesMayReportAndNobodyElse() {
    report("operator/ci", item("synthetic", VerdictKind.OK));
    assertThat(verdict("synthetic").getKind()).isEqualTo(VerdictKind.OK);

    StatusRuntimeException denied =
        refusal(() -> report("watchdog/synthetic", item("synthetic", VerdictKind.ERROR)));
    assertThat(remedy(denied)).contains("operator/ci");
  }

  @Test
  void nobodyReportsForWatchdogsOfTheMachinesOrOfSatellitesThatWay() {
    StatusRuntimeException local =
        refusal(() -> report("watchdog/disk", item("disk", VerdictKind.ERROR)));
    StatusRuntimeException remote =
        refusal(() -> report("watchdog/reachable", item("reachable", VerdictKind.ERROR)));

    assertThat(remedy(local)).contains("an agent reports for its own machine");
    assertThat(remedy(remote)).contains("satellites");
  }

  @Test
  void aSatelliteReportsRemoteOnesOnlyAndUnderItsOwnName() {
    StatusRuntimeException local =
        refusal(() -> satellite("watchdog-1", item("disk", VerdictKind.ERROR).setSequence(1)));
    StatusRuntimeException external =
        refusal(() -> satellite("watchdog-1", burnTest(VerdictKind.ERROR).setSequence(1)));
    StatusRuntimeException other =
        refusal(() -> satellite("watchdog-2", item("reachable", VerdictKind.OK).setSequence(1)));

    assertThat(local.getStatus().getCode()).isEqualTo(Status.Code.PERMISSION_DENIED);
    assertThat(external.getStatus().getCode()).isEqualTo(Status.Code.PERMISSION_DENIED);
    assertThat(remedy(other)).contains("watchdog-1");
  }

  private SatelliteWriteReply satellite(String reporter, VerdictReportItem.Builder item) {
    return dm.satellite("watchdog-1")
        .reportVerdicts(
            ReportVerdictsRequest.newBuilder().setReporter(reporter).addVerdicts(item).build());
  }

  @Test
  void anAgentReportsWhatRunsOnItsMachineOnly() {
    StatusRuntimeException denied =
        refusal(() -> dm.agentReports(item("reachable", VerdictKind.ERROR)));
    assertThat(denied.getStatus().getCode()).isEqualTo(Status.Code.PERMISSION_DENIED);

    dm.agentReports(item("disk", VerdictKind.ERROR));
    assertThat(verdict("disk").getKind()).isEqualTo(VerdictKind.ERROR);
  }

  @Test
  void aReportOfTheFutureIsRefusedAndTheOthersCount() {
    WatchdogReportReply reply =
        report(
            "watchdog/burn-test",
            burnTest(VerdictKind.ERROR).setAgeMs(-3_600_000),
            burnTest(VerdictKind.ERROR).setSequence(Long.MAX_VALUE),
            burnTest(VerdictKind.ERROR).setAgeMs(15_001).setValidForMs(Long.MAX_VALUE),
            burnTest(VerdictKind.WARNING));

    assertThat(reply.getRefusedList()).hasSize(3);
    assertThat(reply.getRefused(0).getMessage()).contains("future");
    assertThat(reply.getRefused(1).getMessage()).contains("beyond the last");
    assertThat(reply.getRefused(2).getMessage()).contains("stays fresh for 15000 ms");
    assertThat(verdict("burn-test").getKind()).isEqualTo(VerdictKind.WARNING);
  }

  @Test
  void aReporterAtTheLastSequenceSpeaksOn() {
    report("watchdog/burn-test", burnTest(VerdictKind.OK).setSequence(1L << 62));

    report("watchdog/burn-test", burnTest(VerdictKind.ERROR));

    assertThat(verdict("burn-test").getKind()).isEqualTo(VerdictKind.ERROR);
  }

  @Test
  void aReporterRestartedWithALowerSequenceIsToldTheFloorAlsoAfterAFailOver() {
    report("watchdog/burn-test", burnTest(VerdictKind.ERROR).setSequence(1_000));
    failOver();

    WatchdogReportReply lower =
        report("watchdog/burn-test", burnTest(VerdictKind.OK).setSequence(5));

    assertThat(lower.getSequenceFloor()).isEqualTo(1_000);
    assertThat(verdict("burn-test").getKind()).isEqualTo(VerdictKind.ERROR);
    report(
        "watchdog/burn-test", burnTest(VerdictKind.OK).setSequence(lower.getSequenceFloor() + 1));
    assertThat(verdict("burn-test").getKind()).isEqualTo(VerdictKind.OK);
  }

  private void failOver() {
    dm.ledger.leaderIs(Optional.of(FakeLedger.OTHER));
    dm.ledger.leaderIs(Optional.of(FakeLedger.SELF));
  }

  @Test
  void aFloodIsShedAndShownAndHarmsNobodyElse() {
    StatusRuntimeException shed = null;
    int taken = 0;
    while (shed == null && taken < 10_000) {
      try {
        report("operator/ci", item("synthetic", VerdictKind.OK));
        taken++;
      } catch (StatusRuntimeException e) {
        shed = e;
      }
    }

    assertThat(taken).isEqualTo(60);
    assertThat(shed.getStatus().getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
    assertThat(shed.getTrailers().get(Refusals.RETRY_AFTER)).isEqualTo("1");
    assertThat(row("synthetic").getShed()).isEqualTo(1);
    assertThat(dm.codes()).contains("WATCHDOG_FLOOD");
    report("watchdog/burn-test", burnTest(VerdictKind.ERROR));
    assertThat(verdict("burn-test").getKind()).isEqualTo(VerdictKind.ERROR);
    dm.agentReports(item("disk", VerdictKind.ERROR));
    assertThat(verdict("disk").getKind()).isEqualTo(VerdictKind.ERROR);

    dm.clock.pass(Duration.ofSeconds(1));
    report("operator/ci", item("synthetic", VerdictKind.ERROR));
    assertThat(verdict("synthetic").getKind()).isEqualTo(VerdictKind.ERROR);
    dm.clock.pass(Duration.ofMinutes(6));
    assertThat(dm.codes()).doesNotContain("WATCHDOG_FLOOD");
  }

  @Test
  void madeUpNamesOfReportersDoNotFillTheMemory() {
    int refused = 0;
    for (int i = 0; i < Reporters.MOST + 10; i++) {
      try {
        dm.satellite("w" + i)
            .reportVerdicts(
                ReportVerdictsRequest.newBuilder()
                    .addVerdicts(item("reachable", VerdictKind.OK))
                    .build());
      } catch (StatusRuntimeException e) {
        assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
        refused++;
      }
    }
    assertThat(refused).isEqualTo(10);
    assertThat(verdict("reachable").getObservationsCount()).isEqualTo(16);

    dm.clock.pass(Duration.ofHours(2));
    satellite("watchdog-1", item("reachable", VerdictKind.OK));
  }

  @Test
  void aVerdictThatFlapsIsLoggedAFewTimesAMinuteAndItsLastWordIsNotLost() {
    int before = dm.ledger.submitted().size();
    for (int i = 0; i < 40; i++) {
      report("watchdog/burn-test", burnTest(i % 2 == 0 ? VerdictKind.OK : VerdictKind.ERROR));
    }

    assertThat(dm.ledger.submitted())
        .as("the first word was awaited")
        .hasSize(before + 1 + FlapDamper.MOST);
    report("watchdog/burn-test", burnTest(VerdictKind.WARNING));
    dm.edge.leaderLoop().round();
    assertThat(verdict("burn-test").getKind()).isNotEqualTo(VerdictKind.WARNING);
    dm.clock.pass(Duration.ofSeconds(11));
    dm.edge.leaderLoop().round();
    assertThat(verdict("burn-test").getKind())
        .as("nothing waits longer than ten seconds")
        .isEqualTo(VerdictKind.WARNING);
  }

  @Test
  void aFlapThatComesToRestWhereItBeganWritesNothingMore() {
    for (int i = 0; i <= FlapDamper.MOST; i++) { // the first is awaited
      report("watchdog/burn-test", burnTest(i % 2 == 0 ? VerdictKind.ERROR : VerdictKind.OK));
    }
    report("watchdog/burn-test", burnTest(VerdictKind.OK));
    report("watchdog/burn-test", burnTest(VerdictKind.ERROR));
    int before = dm.ledger.submitted().size();

    dm.clock.pass(Duration.ofSeconds(61));
    dm.edge.leaderLoop().round();

    assertThat(
            dm.ledger.submitted().stream()
                .skip(before)
                .filter(each -> each.getCommand().hasApplyVerdicts()))
        .isEmpty();
    assertThat(verdict("burn-test").getKind()).isEqualTo(VerdictKind.ERROR);
  }

  @Test
  void unknownNamesAreAnsweredWithThoseProbablyMeant() {
    StatusRuntimeException watchdog =
        refusal(() -> report("watchdog/burn-tset", item("burn-tset", VerdictKind.OK)));
    StatusRuntimeException machine =
        refusal(() -> report("watchdog/burn-test", burnTest(VerdictKind.OK).setMachine("web-1")));

    assertThat(watchdog.getStatus().getDescription()).contains("burn-test");
    assertThat(machine.getStatus().getDescription()).contains("web-01");
  }

  @Test
  void aFailOverKeepsVerdictsAndHealsSilence() {
    report("watchdog/burn-test", burnTest(VerdictKind.ERROR));
    failOver();
    dm.edge.leaderLoop().round();
    assertThat(verdict("burn-test").getKind()).isEqualTo(VerdictKind.ERROR);

    dm.clock.pass(Duration.ofSeconds(16));
    dm.edge.leaderLoop().round();
    assertThat(verdict("burn-test").getSilent()).isTrue();

    failOver();
    dm.edge.leaderLoop().round();
    report("watchdog/burn-test", burnTest(VerdictKind.OK));
    assertThat(verdict("burn-test").getSilent()).isFalse();
    assertThat(verdict("burn-test").getKind()).isEqualTo(VerdictKind.OK);
  }

  @Test
  void anObserverThatDiesIsNoticedWhileAnotherLooksOn() {
    for (int i = 0; i < 4; i++) {
      dm.clock.pass(Duration.ofSeconds(5));
      if (i == 0) {
        dm.satellite("watchdog-2")
            .reportVerdicts(
                ReportVerdictsRequest.newBuilder()
                    .setDomain("rack/r2")
                    .addVerdicts(item("reachable", VerdictKind.ERROR))
                    .build());
        assertThat(verdict("reachable").getKind()).isEqualTo(VerdictKind.ERROR);
      }
      satellite("watchdog-1", item("reachable", VerdictKind.OK));
      dm.edge.leaderLoop().round();
    }
    dm.clock.pass(Duration.ofSeconds(1));
    dm.edge.leaderLoop().round();

    assertThat(verdict("reachable").getKind()).isEqualTo(VerdictKind.OK);
    assertThat(verdict("reachable").getObservationsCount()).isEqualTo(1);
  }

  @Test
  void theLeadersClockAnHourAheadFiresNoTimeout() {
    dm.agentReports(item("disk", VerdictKind.ERROR));
    dm.edge.leaderLoop().round();
    dm.clock.jump(Duration.ofHours(1));
    dm.clock.pass(Duration.ofSeconds(1));
    dm.edge.leaderLoop().round();

    assertThat(dm.fleet.machine("web-01").getError().getFault()).isEqualTo("disk");
    java.time.Instant log = dm.ledger.<java.time.Instant>read(state -> state.now());
    assertThat(log).isBefore(dm.clock.now().minusSeconds(3500));
    assertThat(dm.codes()).contains("CLOCK_SKEW");
  }

  @Test
  void theLeadersClockAnHourBackStopsNoTimeout() {
    dm.agentReports(item("disk", VerdictKind.ERROR));
    dm.edge.leaderLoop().round();
    long before = dm.ledger.read(state -> state.now().toEpochMilli());
    dm.clock.jump(Duration.ofHours(-1));
    dm.clock.pass(Duration.ofSeconds(64));
    dm.edge.leaderLoop().round();

    assertThat(dm.ledger.<Long>read(state -> state.now().toEpochMilli()) - before)
        .isGreaterThan(60_000);
  }
}
