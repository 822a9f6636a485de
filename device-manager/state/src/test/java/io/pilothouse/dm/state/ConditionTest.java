package io.pilothouse.dm.state;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.log.v1.Command;
import io.pilothouse.api.log.v1.ObserveMachine;
import io.pilothouse.api.log.v1.PromoteWatchdog;
import io.pilothouse.api.log.v1.VerdictReport;
import io.pilothouse.api.v1.Action;
import io.pilothouse.api.v1.Condition;
import io.pilothouse.api.v1.Fleet;
import io.pilothouse.api.v1.Observed;
import io.pilothouse.api.v1.Severity;
import io.pilothouse.api.v1.VerdictKind;
import io.pilothouse.api.v1.VersionRef;
import io.pilothouse.api.v1.WatchdogState;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** What verdicts and time make of a machine's condition. */
class ConditionTest {
  private static final Duration MOMENT = Duration.ofMillis(1);

  private final FleetScenario fleet = FleetScenario.inService();
  private final FakeMachine web03 = fleet.machine("web-03");

  @Test
  void errorMustLastToBecomeAFailure() {
    web03.reports(VerdictKind.ERROR, "disk");
    fleet.passes(QuickFleet.CONFIRM.minus(MOMENT));
    web03.is(Condition.HEALTHY);
    fleet.passes(MOMENT);
    assertThat(fleet.conditionsOf("web-03")).endsWith("FAILURE", "PROBATION");
  }

  @Test
  void errorThatClearsInTimeIsNone() {
    web03.reports(VerdictKind.ERROR, "disk");
    fleet.passes(QuickFleet.CONFIRM.minus(MOMENT));
    web03.reports(VerdictKind.OK, "disk");
    fleet.passes(Duration.ofHours(1));
    web03.is(Condition.HEALTHY);
    assertThat(web03.error()).isEmpty();
    assertThat(fleet.state.nextDue().filter(d -> d.isBefore(fleet.now()))).isEmpty();
  }

  @Test
  void errorThatMovesFromOneWatchdogToAnotherIsOneError() {
    web03.reports(VerdictKind.ERROR, "disk");
    fleet.passes(QuickFleet.CONFIRM.dividedBy(2));
    web03.reports(VerdictKind.ERROR, "heartbeat").reports(VerdictKind.OK, "disk");
    fleet.passes(QuickFleet.CONFIRM.dividedBy(2));
    assertThat(fleet.conditionsOf("web-03")).contains("FAILURE");
  }

  @Test
  void warningAndUnknownOnlyInform() {
    web03.reports(VerdictKind.WARNING, "disk").reports(VerdictKind.UNKNOWN, "heartbeat");
    fleet.passes(QuickFleet.UNKNOWN_MAX.minus(MOMENT));
    assertThat(web03.error()).isEmpty();
  }

  @Test
  void unknownForTooLongIsAFaultOfItsOwn() {
    web03.reports(VerdictKind.UNKNOWN, "heartbeat");
    fleet.passes(QuickFleet.UNKNOWN_MAX);
    assertThat(web03.error().orElseThrow().getFault()).isEqualTo("undetermined");
    fleet.passes(QuickFleet.CONFIRM);
    assertThat(fleet.conditionsOf("web-03")).contains("FAILURE");
  }

  @Test
  void oneSilentWatchdogIsSofterThanSeveral() {
    web03.fallsSilent("disk");
    assertThat(web03.error().orElseThrow().getFault()).isEqualTo("silent");
    web03.fallsSilent("heartbeat");
    assertThat(web03.error().orElseThrow().getFault()).isEqualTo("unreachable");
    web03.reports(VerdictKind.OK, "disk").reports(VerdictKind.OK, "heartbeat");
    assertThat(web03.error()).isEmpty();
  }

  @Test
  void anErrorOutweighsSilence() {
    web03.fallsSilent("disk", "heartbeat").reports(VerdictKind.ERROR, "reachable", Severity.FATAL);
    web03.is(Condition.FAILURE);
    assertThat(fleet.repairOf("web-03").getFault()).isEqualTo("reachable");
  }

  @Test
  void watchdogInShadowCountsForNothingUntilItIsPromoted() {
    Fleet.Builder spec = QuickFleet.spec().toBuilder();
    spec.addWatchdogs(QuickFleet.watchdog("fan", WatchdogState.Mode.SHADOW));
    spec.getTypesBuilder(0).addWatchdogs("fan");
    fleet.apply(spec.build());
    web03.reports(VerdictKind.ERROR, "fan");
    fleet.passes(Duration.ofHours(1));
    web03.is(Condition.HEALTHY);
    assertThat(fleet.state.watchdog("fan").orElseThrow().getErrors()).isEqualTo(1);

    promote("fan", WatchdogState.Mode.LIVE);

    assertThat(web03.error().orElseThrow().getWatchdog()).isEqualTo("fan");
    fleet.passes(QuickFleet.CONFIRM);
    assertThat(fleet.conditionsOf("web-03")).contains("FAILURE");
  }

  @Test
  void evidenceNamesOnlyWatchdogsThatCount() {
    Fleet.Builder spec = QuickFleet.spec().toBuilder();
    spec.addWatchdogs(QuickFleet.watchdog("fan", WatchdogState.Mode.SHADOW));
    spec.getTypesBuilder(0).addWatchdogs("fan");
    fleet.apply(spec.build());
    web03.reports(VerdictKind.ERROR, "fan").failsOnce("disk");

    assertThat(fleet.history("web-03", "CONDITION"))
        .filteredOn(each -> each.getTo().equals("FAILURE"))
        .allSatisfy(
            each -> {
              assertThat(each.getEvidenceList()).anyMatch(e -> e.startsWith("disk ERROR since"));
              assertThat(each.getEvidenceList()).noneMatch(e -> e.contains("fan"));
            });
  }

  @Test
  void errorsInProbationTriggerNothingUntilItsEnd() {
    web03.failsOnce("disk");
    web03.reports(VerdictKind.ERROR, "disk");
    fleet.passes(QuickFleet.PROBATION_MAX.minus(MOMENT));
    web03.is(Condition.PROBATION);
    fleet.passes(MOMENT);
    web03.is(Condition.FAILURE);
  }

  @Test
  void fatalErrorEndsProbationAtOnce() {
    web03.failsOnce("disk").reports(VerdictKind.ERROR, "disk", Severity.FATAL);
    web03.is(Condition.FAILURE);
    assertThat(fleet.repairOf("web-03").getAction()).isEqualTo(Action.REPLACE);
  }

  @Test
  void probationNeedsAReportOfEveryWatchdog() {
    web03.failsOnce("disk");
    web03.reports(VerdictKind.OK, "disk").reports(VerdictKind.OK, "heartbeat");
    fleet.passes(QuickFleet.QUIET);
    web03.is(Condition.PROBATION);

    web03.reports(VerdictKind.OK, "reachable");
    fleet.passes(QuickFleet.QUIET);
    web03.is(Condition.HEALTHY);
  }

  @Test
  void watchdogThatNeverReportsEndsProbationInFailure() {
    web03.failsOnce("disk");
    web03.reports(VerdictKind.OK, "disk").reports(VerdictKind.OK, "heartbeat");
    fleet.passes(QuickFleet.PROBATION_MAX);
    web03.is(Condition.FAILURE);
    assertThat(fleet.show("web-03").getError().getText()).contains("no report yet from reachable");
  }

  @Test
  void anErrorRestartsTheQuietTime() {
    web03.failsOnce("disk").reportsOk();
    fleet.passes(QuickFleet.QUIET.minus(MOMENT));
    web03.reports(VerdictKind.ERROR, "disk").reports(VerdictKind.OK, "disk");
    fleet.passes(QuickFleet.QUIET.minus(MOMENT));
    web03.is(Condition.PROBATION);
    fleet.passes(MOMENT);
    web03.is(Condition.HEALTHY);
  }

  @Test
  void machineOnTheWrongVersionIsNotTakenForMended() {
    VersionRef other = FleetScenario.version("web", "0.9.0");
    fleet.sends(
        Command.newBuilder()
            .setObserveMachine(
                ObserveMachine.newBuilder()
                    .setMachine("web-03")
                    .setBootId(fleet.show("web-03").getObserved().getBootId())
                    .setObserved(
                        fleet.show("web-03").getObserved().toBuilder()
                            .addStaged(other)
                            .setActive(other))));
    web03.failsOnce("disk").reportsOk();
    fleet.passes(QuickFleet.PROBATION_MAX);

    web03.is(Condition.FAILURE);
    assertThat(fleet.show("web-03").getError().getFault()).isEqualTo("wrong-version");
    assertThat(fleet.repairOf("web-03").getAction()).isEqualTo(Action.REBOOT);
  }

  @Test
  void olderReportChangesNothing() {
    web03.reports(VerdictKind.ERROR, "disk");
    long sequence = fleet.state.verdict("web-03", "disk").orElseThrow().getSequence();
    fleet.sends(
        FakeMachine.verdict(
            "machine/web-03",
            VerdictReport.newBuilder()
                .setMachine("web-03")
                .setWatchdog("disk")
                .setKind(VerdictKind.OK)
                .setSequence(sequence)));
    assertThat(web03.error()).isPresent();
  }

  @Test
  void reportOfAnEarlierBootOrAnUnknownNameChangesNothing() {
    String before = tables();
    for (VerdictReport.Builder report :
        new VerdictReport.Builder[] {
          report("web-03", "disk").setBootId("an earlier boot"),
          report("web-99", "disk"),
          report("web-03", "nonsense"),
          report("web-03", "disk").setKind(VerdictKind.VERDICT_UNSPECIFIED)
        }) {
      fleet.sends(FakeMachine.verdict("machine/web-03", report));
    }
    assertThat(tables()).isEqualTo(before);
  }

  private String tables() {
    return fleet.state.table(Table.VERDICT).toString() + fleet.state.table(Table.MACHINE);
  }

  private static VerdictReport.Builder report(String machine, String watchdog) {
    return VerdictReport.newBuilder()
        .setMachine(machine)
        .setWatchdog(watchdog)
        .setKind(VerdictKind.ERROR)
        .setSequence(1000);
  }

  @Test
  void verdictOfARemovedWatchdogIsForgotten() {
    web03.reports(VerdictKind.ERROR, "disk");
    Fleet.Builder spec = QuickFleet.spec().toBuilder().removeWatchdogs(0);
    spec.getTypesBuilder(0).clearWatchdogs().addWatchdogs("heartbeat").addWatchdogs("reachable");
    fleet.apply(spec.build());
    assertThat(web03.error()).isEmpty();
    assertThat(fleet.state.verdict("web-03", "disk")).isEmpty();
  }

  @Test
  void changedWatchdogGoesBackToShadow() {
    Fleet.Builder spec = QuickFleet.spec().toBuilder();
    spec.getWatchdogsBuilder(0).setEveryMs(9000);
    web03.reports(VerdictKind.ERROR, "disk");
    assertThat(fleet.apply(spec.build())).containsExactly("change watchdog/disk: every: 5s -> 9s");
    assertThat(fleet.state.watchdog("disk").orElseThrow().getMode())
        .isEqualTo(WatchdogState.Mode.SHADOW);
    assertThat(web03.error()).isEmpty();
  }

  @Test
  void agentThatCameBackRunningAnotherVersionMustReportAnew() {
    web03.failsOnce("disk").reportsOk();
    Observed observed = fleet.show("web-03").getObserved();
    VersionRef web = FleetScenario.version("web", "0.9.0");
    fleet.sends(
        web03.register(
            observed.getBootId(),
            observed.toBuilder().addStaged(web).setActive(web).build(),
            "key"));
    assertThat(fleet.state.verdicts("web-03")).allMatch(each -> each.getAwaiting());
  }

  private void promote(String watchdog, WatchdogState.Mode mode) {
    fleet.sends(
        Command.newBuilder()
            .setPromoteWatchdog(PromoteWatchdog.newBuilder().setWatchdog(watchdog).setMode(mode)));
  }
}
