package io.pilothouse.dm.state;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.log.v1.Command;
import io.pilothouse.api.log.v1.DecommissionMachine;
import io.pilothouse.api.log.v1.MachineReplaced;
import io.pilothouse.api.log.v1.Refusal;
import io.pilothouse.api.log.v1.SetFreeze;
import io.pilothouse.api.v1.Action;
import io.pilothouse.api.v1.AuditRecord;
import io.pilothouse.api.v1.Condition;
import io.pilothouse.api.v1.Fleet;
import io.pilothouse.api.v1.Lifecycle;
import io.pilothouse.api.v1.Repair;
import io.pilothouse.api.v1.Severity;
import io.pilothouse.api.v1.VerdictKind;
import io.pilothouse.api.v1.VersionRef;
import io.pilothouse.api.v1.WatchdogState;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What goes wrong around a repair, and that it is done once or not at all. */
class RepairTroubleTest {
  private static final VersionRef WEB = FleetScenario.version("web", "1.0.0");

  /** How far a repair is when the trouble comes. */
  enum Step {
    READY,
    CLAIMED,
    DRAINING,
    DRAINED,
    EXECUTING,
    VERIFYING
  }

  private final FleetScenario fleet = FleetScenario.inService();
  private final FakeMachine web03 = fleet.machine("web-03");

  @ParameterizedTest
  @EnumSource(Step.class)
  void failOverOfTheDeviceManagerInEveryStepExecutesOnce(Step step) {
    FakeRepairService service = reach(step);
    String id = fleet.repairOf("web-03").getId();
    // the service did not hear the answers: it says everything again, to the next leader
    resumes(service);
    web03.boots("disk").is(Condition.PROBATION);
    assertThat(fleet.state.repair(id).orElseThrow().getState()).isEqualTo(Repair.State.DONE);
    assertThat(executions(id)).isEqualTo(1);
    replaysTheSameFromEveryCut();
  }

  /** Claims, executes and reports from wherever the repair is, each of it twice. */
  private void resumes(FakeRepairService service) {
    Repair now = fleet.repairOf("web-03");
    if (now.getState() == Repair.State.READY) {
      service.claims("web-03").claims("web-03");
      web03.runs(VersionRef.getDefaultInstance());
    }
    if (fleet.repairOf("web-03").getState() == Repair.State.REPAIR_DRAINING) {
      web03.runs(VersionRef.getDefaultInstance());
    }
    if (fleet.repairOf("web-03").getState() != Repair.State.VERIFYING) {
      service.executes("web-03").executes("web-03");
    }
    service.hasExecuted("web-03").hasExecuted("web-03");
  }

  /** A replica that takes over at any entry, from a snapshot there or the whole log. */
  private void replaysTheSameFromEveryCut() {
    State whole = new State();
    for (int cut = 0; cut < fleet.log.size(); cut++) {
      new Apply().apply(whole, fleet.log.get(cut), cut + 1);
      State taken = copy(whole);
      for (int rest = cut + 1; rest < fleet.log.size(); rest++) {
        new Apply().apply(taken, fleet.log.get(rest), rest + 1);
      }
      assertThat(StateDigest.of(taken))
          .as("from a snapshot at entry %s of %s", cut + 1, fleet.log.size())
          .isEqualTo(StateDigest.of(fleet.state));
    }
  }

  /** As loading a snapshot does. */
  private static State copy(State state) {
    State loaded = new State();
    for (Table table : Table.values()) {
      state.table(table).forEach((key, value) -> loaded.put(new Change(table, key, value)));
    }
    return loaded;
  }

  @ParameterizedTest
  @EnumSource(Step.class)
  void staleTokenIsRefusedInEveryStepAndWhateverItReports(Step step) {
    FakeRepairService old = reach(step);
    fleet.passes(Duration.ofMinutes(5)); // its lease is over
    FakeRepairService next = new FakeRepairService(fleet, "repair-2");
    assertThat(next.token).isGreaterThan(old.token);
    Repair repair = fleet.state.repairs().iterator().next();
    for (Repair each : fleet.state.repairs()) {
      repair = each.getOrder() > repair.getOrder() ? each : repair;
    }
    List<Command.Builder> late = new ArrayList<>(List.of(old.claim(repair)));
    for (Repair.State state :
        List.of(Repair.State.EXECUTING, Repair.State.VERIFYING, Repair.State.FAILED)) {
      late.add(old.report(repair, state));
    }
    for (Command.Builder each : late) {
      assertThat(fleet.isRefused(each).getCode()).isEqualTo(Refusal.Code.STALE_TOKEN);
    }
  }

  @ParameterizedTest
  @EnumSource(Step.class)
  void machineThatIsDecommissionedTakesItsRepairAlong(Step step) {
    reach(step);
    String id = fleet.repairOf("web-03").getId();

    fleet.sends(
        Command.newBuilder()
            .setDecommissionMachine(DecommissionMachine.newBuilder().setMachine("web-03")));

    assertThat(fleet.state.repair(id).orElseThrow().getState()).isEqualTo(Repair.State.EXPIRED);
    assertThat(fleet.show("web-03").getDraining()).isFalse();
    assertThat(fleet.show("web-03").getRepairId()).isEmpty();
    assertThat(Budget.usage(fleet.state).get("fleet").taken()).isZero();
    fleet.passes(Duration.ofHours(3));
    assertThat(fleet.show("web-03").getLifecycle()).isEqualTo(Lifecycle.DECOMMISSIONED);
  }

  @Test
  void freezeThatLastsForDaysReplaysNothingAtTheThaw() {
    fleet.sends(freeze(true));
    web03.failsOnce("disk").failsAgain("disk");
    fleet.machine("web-04").failsOnce("disk").failsAgain("disk");
    fleet.passes(Duration.ofDays(4));
    assertThat(List.of(fleet.repairOf("web-03"), fleet.repairOf("web-04")))
        .allMatch(each -> each.getState() == Repair.State.WAITING);
    web03.reportsOk(); // reports are heard while it is frozen

    fleet.sends(freeze(false));

    web03.is(Condition.PROBATION);
    assertThat(fleet.show("web-03").getPastActionsList())
        .as("what cleared meanwhile was left alone")
        .allMatch(each -> each.getAction() == Action.DO_NOTHING);
    assertThat(fleet.repairOf("web-04").getState()).isEqualTo(Repair.State.READY);
  }

  @Test
  void technicianWhoSwappedAnotherMachineIsToldSo() {
    fleet.machine("web-04").reports(VerdictKind.ERROR, "disk", Severity.FATAL);
    fleet.repairService().claims("web-04").executes("web-04");
    assertThat(fleet.isRefused(replaced("web-05")).getMessage())
        .isEqualTo("web-05 is IN_SERVICE, not AWAITING_REPLACEMENT");

    // new hardware where web-05 was: it has a key of its own
    Refusal stranger =
        fleet.isRefused(
            fleet
                .machine("web-05")
                .register("boot-new", fleet.show("web-05").getObserved(), "another key"));
    assertThat(stranger.getCode()).isEqualTo(Refusal.Code.NOT_ALLOWED);
    assertThat(stranger.getMessage()).isEqualTo("web-05 registered with another key before");
    assertThat(fleet.show("web-04").getLifecycle()).isEqualTo(Lifecycle.AWAITING_REPLACEMENT);
  }

  @Test
  void oldHardwareThatAnswersForTheReplacedMachineFailsAgainAndIsNotTrusted() {
    fleet.machine("web-04").reports(VerdictKind.ERROR, "disk", Severity.FATAL);
    fleet.repairService().claims("web-04").executes("web-04");
    fleet.sends(replaced("web-04")); // but nothing was swapped
    fleet.machine("web-04").isInstalled().reports(VerdictKind.ERROR, "disk", Severity.FATAL);
    fleet.machine("web-04").is(Condition.FAILURE);
    assertThat(fleet.repairOf("web-04").getAction()).isEqualTo(Action.REPLACE);
  }

  @Test
  void actionThatJustFailedToHelpIsFollowedByAStrongerOneAndInTheEndByAPerson() {
    web03.failsOnce("disk").failsAgain("disk");
    List<Action> tried = new ArrayList<>();
    while (fleet.repairOf("web-03").getAction() != Action.ESCALATE) {
      tried.add(fleet.repairOf("web-03").getAction());
      fleet.repairService().claims("web-03").fails("web-03");
      assertThat(tried).hasSizeLessThan(20);
    }
    assertThat(tried).startsWith(Action.REBOOT).contains(Action.RE_IMAGE, Action.REPLACE);
    assertThat(fleet.repairOf("web-03").getState()).isEqualTo(Repair.State.WAITING);
  }

  private FakeRepairService reach(Step step) {
    web03.failsOnce("disk").failsAgain("disk");
    FakeRepairService service = fleet.repairService();
    if (step == Step.READY) {
      return service;
    }
    if (step != Step.CLAIMED) {
      web03.runs(WEB);
    }
    service.claims("web-03");
    if (step == Step.CLAIMED || step == Step.DRAINING) {
      return service;
    }
    web03.runs(VersionRef.getDefaultInstance());
    assertThat(fleet.repairOf("web-03").getDrained()).isTrue();
    if (step == Step.DRAINED) {
      return service;
    }
    service.executes("web-03");
    return step == Step.EXECUTING ? service : service.hasExecuted("web-03");
  }

  private long executions(String repair) {
    return fleet.history("web-03", "ACTION").stream()
        .filter(each -> each.getSubject().equals("repair/" + repair))
        .map(AuditRecord::getTo)
        .filter("EXECUTING"::equals)
        .count();
  }

  private static Command.Builder freeze(boolean frozen) {
    return Command.newBuilder().setSetFreeze(SetFreeze.newBuilder().setFrozen(frozen));
  }

  private static Command.Builder replaced(String machine) {
    return Command.newBuilder()
        .setMachineReplaced(MachineReplaced.newBuilder().setMachine(machine));
  }

  @Test
  void aWatchdogThatDoesNotConcernTheTypeAnyMoreReplacesNothingOfIt() {
    fleet.sends(Command.newBuilder().setSetFreeze(SetFreeze.newBuilder().setFrozen(true)));
    web03.reports(VerdictKind.ERROR, "disk", Severity.FATAL).is(Condition.FAILURE);
    String id = fleet.repairOf("web-03").getId();
    assertThat(fleet.repairOf("web-03").getAction()).isEqualTo(Action.REPLACE);
    web03.reports(VerdictKind.OK, "disk");
    assertThat(fleet.state.repair(id).orElseThrow().getState())
        .as("a fatal fault is believed although it is not reported any more")
        .isEqualTo(Repair.State.WAITING);

    Fleet.Builder spec = QuickFleet.spec().toBuilder();
    spec.addTypes(spec.getTypes(0).toBuilder().setName("cache")); // it concerns another type still
    spec.getTypesBuilder(0).clearWatchdogs().addWatchdogs("heartbeat").addWatchdogs("reachable");
    fleet.apply(spec.build());
    assertThat(fleet.state.watchdog("disk").orElseThrow().getMode())
        .isEqualTo(WatchdogState.Mode.LIVE);
    assertThat(fleet.state.repair(id).orElseThrow().getState()).isEqualTo(Repair.State.DONE);
    web03.is(Condition.PROBATION);
  }
}
