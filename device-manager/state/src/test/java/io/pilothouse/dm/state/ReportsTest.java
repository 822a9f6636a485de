package io.pilothouse.dm.state;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.log.v1.Command;
import io.pilothouse.api.log.v1.VerdictReport;
import io.pilothouse.api.v1.Condition;
import io.pilothouse.api.v1.ErrorState;
import io.pilothouse.api.v1.Fleet;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.Verdict;
import io.pilothouse.api.v1.VerdictKind;
import io.pilothouse.api.v1.WatchdogState;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Which reports count, in which order, and for how long. */
class ReportsTest {
  private static final long VALID_FOR = 15_000;

  private final FleetScenario fleet = FleetScenario.inService();
  private final FakeMachine web = fleet.machine("web-03");

  private Command.Builder report(VerdictKind kind, long sequence, long ageMs) {
    return FakeMachine.verdict(
        "machine/web-03",
        VerdictReport.newBuilder()
            .setMachine("web-03")
            .setWatchdog("disk")
            .setKind(kind)
            .setText("disk")
            .setSequence(sequence)
            .setAgeMs(ageMs)
            .setBootId(fleet.show("web-03").getObserved().getBootId()));
  }

  private Verdict disk() {
    return fleet.state.verdict("web-03", "disk").orElseThrow();
  }

  @Test
  void whatWasSeenBeforeAnActionDoesNotCountAfterIt() {
    web.failsOnce("disk");
    Machine asked = fleet.show("web-03");
    assertThat(asked.getAskedAt()).isEqualTo(fleet.now().toEpochMilli());
    assertThat(WantedStates.of(fleet.state, asked).getAskedAt()).isEqualTo(asked.getAskedAt());
    fleet.passes(Duration.ofSeconds(3));
    long next = disk().getSequence() + 1;

    fleet.sends(report(VerdictKind.OK, next, 3_001));
    assertThat(disk().getAwaiting()).as("it is of before").isTrue();
    fleet.sends(report(VerdictKind.OK, next, 3_000));
    assertThat(disk().getAwaiting()).isFalse();
  }

  @Test
  void whatWasSeenBeforeASwitchOfVersionDoesNotCountAfterIt() {
    web.failsOnce("disk").reportsOk();
    fleet.passes(Duration.ofSeconds(3));
    web.runs(FleetScenario.version("web", "1.0.0"));
    assertThat(fleet.show("web-03").getAskedAt()).isEqualTo(fleet.now().toEpochMilli());
    fleet.passes(Duration.ofSeconds(1));
    fleet.sends(report(VerdictKind.OK, disk().getSequence() + 1, 2_000));
    assertThat(disk().getAwaiting()).isTrue();
  }

  @Test
  void anErrorCountsAndTheOtherThreeVerdictsDoNot() {
    for (VerdictKind kind : new VerdictKind[] {VerdictKind.WARNING, VerdictKind.OK}) {
      web.reports(kind, "disk");
      fleet.passes(QuickFleet.CONFIRM.multipliedBy(2));
      web.is(Condition.HEALTHY);
    }
    web.reports(VerdictKind.UNKNOWN, "disk");
    fleet.passes(QuickFleet.UNKNOWN_MAX.minusSeconds(1));
    assertThat(web.error()).isEmpty();

    web.reports(VerdictKind.ERROR, "disk");
    assertThat(web.error()).map(ErrorState::getFault).contains("disk");
  }

  @Test
  void anUnknownThatLastsIsAFaultWhateverReasonsItGives() {
    fleet.sends(fault("no-tool", 1_000));
    fleet.passes(QuickFleet.UNKNOWN_MAX.minusSeconds(1));
    fleet.sends(fault("no-permission", 1_001));
    fleet.passes(Duration.ofSeconds(1));

    assertThat(web.error()).map(ErrorState::getFault).contains("undetermined");
  }

  private Command.Builder fault(String fault, long sequence) {
    Command.Builder command = report(VerdictKind.UNKNOWN, sequence, 0);
    command.getApplyVerdictsBuilder().getReportsBuilder(0).setFault(fault);
    return command;
  }

  @Test
  void aReportOlderThanItStaysFreshIsDropped() {
    fleet.sends(report(VerdictKind.ERROR, 1_000, VALID_FOR + 1));
    assertThat(disk().getKind()).isEqualTo(VerdictKind.OK);

    fleet.sends(report(VerdictKind.ERROR, 1_001, VALID_FOR));
    assertThat(disk().getKind()).isEqualTo(VerdictKind.ERROR);
    assertThat(disk().getObservedAt()).isEqualTo(fleet.now().toEpochMilli() - VALID_FOR);
  }

  @Test
  void aReportOfTheFutureIsOneOfNow() {
    fleet.sends(report(VerdictKind.ERROR, 1_000, -3_600_000));

    assertThat(disk().getObservedAt()).isEqualTo(fleet.now().toEpochMilli());
  }

  @Test
  void anOlderReportChangesNothingAlsoAfterAFreeze() {
    fleet.sends(report(VerdictKind.ERROR, 2_000, 0));
    fleet.passes(Duration.ofDays(3));
    Verdict before = disk();

    fleet.sends(report(VerdictKind.OK, 1_999, 0));
    fleet.sends(report(VerdictKind.OK, 2_000, 0));
    assertThat(disk()).isEqualTo(before);

    fleet.sends(report(VerdictKind.OK, 2_001, 0));
    assertThat(disk().getKind()).isEqualTo(VerdictKind.OK);
  }

  @Test
  void aReporterRestartedWithALowerSequenceIsToldTheFloor() {
    fleet.sends(report(VerdictKind.ERROR, 5_000, 0));

    long floor =
        fleet
            .sends(web.register("boot-x", fleet.show("web-03").getObserved(), "key"))
            .getSequenceFloor();

    assertThat(floor).isGreaterThanOrEqualTo(5_000);
  }

  @Test
  void theVerdictsOfAWatchdogRemovedWhileInErrorAreDiscarded() {
    web.reports(VerdictKind.ERROR, "disk");
    assertThat(web.error()).isPresent();

    fleet.apply(without("disk"));

    assertThat(fleet.state.verdict("web-03", "disk")).isEmpty();
    assertThat(web.error()).isEmpty();
    fleet.passes(QuickFleet.CONFIRM.multipliedBy(2));
    web.is(Condition.HEALTHY);
  }

  @Test
  void soAreThoseOfAWatchdogThatATypeNoLongerHas() {
    web.reports(VerdictKind.ERROR, "disk");
    Fleet.Builder spec = QuickFleet.spec().toBuilder();
    spec.getTypesBuilder(0).clearWatchdogs().addWatchdogs("heartbeat").addWatchdogs("reachable");

    fleet.apply(spec.build());

    assertThat(fleet.state.verdict("web-03", "disk")).isEmpty();
    assertThat(fleet.state.watchdog("disk")).isPresent();
    assertThat(web.error()).isEmpty();
  }

  private static Fleet without(String watchdog) {
    Fleet.Builder spec = QuickFleet.spec().toBuilder();
    spec.getTypesBuilder(0).clearWatchdogs();
    QuickFleet.WATCHDOGS.stream()
        .filter(each -> !each.equals(watchdog))
        .forEach(spec.getTypesBuilder(0)::addWatchdogs);
    for (int i = spec.getWatchdogsCount() - 1; i >= 0; i--) {
      if (spec.getWatchdogs(i).getName().equals(watchdog)) {
        spec.removeWatchdogs(i);
      }
    }
    return spec.build();
  }

  @Test
  void aWatchdogThatIsChangedGoesBackToShadow() {
    web.reports(VerdictKind.ERROR, "disk");
    fleet.apply(QuickFleet.spec().toBuilder().setWatchdogs(0, changed()).build());

    assertThat(fleet.state.watchdog("disk").map(WatchdogState::getMode))
        .contains(WatchdogState.Mode.SHADOW);
    assertThat(web.error()).isEmpty();
  }

  private static io.pilothouse.api.v1.WatchdogSpec changed() {
    return QuickFleet.spec().getWatchdogs(0).toBuilder().addArgs("--strict").build();
  }

  @Test
  void howOftenItMayReportIsNoChangeOfAWatchdog() {
    Fleet.Builder spec = QuickFleet.spec().toBuilder();
    spec.getWatchdogsBuilder(0).setQuotaPerMinute(600).setPromoteAfterMs(60_000);

    fleet.apply(spec.build());

    assertThat(fleet.state.watchdog("disk").map(WatchdogState::getMode))
        .contains(WatchdogState.Mode.LIVE);
  }

  @Test
  void severalSilentWatchdogsAreOneFault() {
    web.fallsSilent("disk");
    assertThat(web.error()).map(ErrorState::getFault).contains("silent");

    web.fallsSilent("heartbeat");
    assertThat(web.error()).map(ErrorState::getFault).contains("unreachable");
  }

  @Test
  void aWatchdogWhoseSilenceIsNoFaultIsNotWaitedForEither() {
    Fleet.Builder spec = QuickFleet.spec().toBuilder();
    spec.getWatchdogsBuilder(0).setSilenceIgnored(true);
    FleetScenario quiet = FleetScenario.inService(spec.build());
    quiet.machine("web-03").reports(VerdictKind.ERROR, "disk").fallsSilent("disk");
    assertThat(quiet.machine("web-03").error()).isEmpty();

    quiet.machine("web-03").reports(VerdictKind.ERROR, "heartbeat");
    quiet.passes(QuickFleet.CONFIRM);
    quiet.machine("web-03").is(Condition.PROBATION);
    quiet
        .machine("web-03")
        .reports(VerdictKind.OK, "heartbeat")
        .reports(VerdictKind.OK, "reachable");
    quiet.passes(QuickFleet.QUIET);
    quiet.machine("web-03").is(Condition.HEALTHY);
  }

  @Test
  void aReportForAMachineOfAnotherTypeIsMoot() {
    Fleet.Builder spec = QuickFleet.spec().toBuilder();
    spec.addWatchdogs(QuickFleet.watchdog("other", WatchdogState.Mode.LIVE));
    fleet.apply(spec.build());

    fleet.sends(
        FakeMachine.verdict(
            "machine/web-03",
            VerdictReport.newBuilder()
                .setMachine("web-03")
                .setWatchdog("other")
                .setKind(VerdictKind.ERROR)
                .setSequence(1)));

    assertThat(fleet.state.verdict("web-03", "other")).isEqualTo(Optional.empty());
  }

  @Test
  void silenceThatIsAgainTheMachinesCountsAtOnce() {
    fleet.state.machines().forEach(each -> fleet.machine(each.getName()).fallsSilent("reachable"));
    fleet.passes(Duration.ofMinutes(1));
    assertThat(web.error()).isEmpty();

    fleet.state.machines().stream()
        .map(each -> each.getName())
        .filter(each -> !each.equals("web-03"))
        .toList()
        .forEach(each -> fleet.machine(each).reports(VerdictKind.OK, "reachable"));

    assertThat(web.error()).map(ErrorState::getFault).contains("silent");
  }
}
