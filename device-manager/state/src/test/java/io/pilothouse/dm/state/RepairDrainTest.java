package io.pilothouse.dm.state;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.log.v1.Command;
import io.pilothouse.api.log.v1.Refusal;
import io.pilothouse.api.log.v1.ReleaseLease;
import io.pilothouse.api.v1.Condition;
import io.pilothouse.api.v1.Repair;
import io.pilothouse.api.v1.VersionRef;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

/** Processes are asked to stop before a repair touches their machine. */
class RepairDrainTest {
  private static final VersionRef WEB = FleetScenario.version("web", "1.0.0");

  private final FleetScenario fleet = FleetScenario.inService();
  private final FakeMachine web03 = fleet.machine("web-03");

  @Test
  void processesAreToldToStopAndTheRepairWaitsUntilNothingRuns() {
    FakeRepairService service = claimedWhileRunning();
    assertThat(runs()).isFalse();
    assertThat(repair().getDrained()).isFalse();
    Refusal early = fleet.isRefused(service.report(repair(), Repair.State.EXECUTING));
    assertThat(early.getMessage()).contains("the processes of web-03 have until");

    fleet.passes(Duration.ofSeconds(7));
    web03.runs(VersionRef.getDefaultInstance());

    assertThat(repair().getDrained()).isTrue();
    assertThat(repair().getDeadline())
        .as("the time to execute counts from the end of the drain")
        .isEqualTo(fleet.now().plus(QuickFleet.EXECUTE).toEpochMilli());
    service.executes("web-03").hasExecuted("web-03");
    web03.boots("disk").is(Condition.PROBATION);
    assertThat(runs()).as("its processes run again").isTrue();
  }

  @Test
  void processesThatDoNotStopHoldNoRepairUpForEver() {
    FakeRepairService service = claimedWhileRunning();
    Instant begun = fleet.now();
    fleet.passes(QuickFleet.DRAIN.minusMillis(1));
    assertThat(repair().getDrained()).isFalse();

    fleet.passes(Duration.ofMillis(1));

    assertThat(repair().getDrained()).isTrue();
    assertThat(Instant.ofEpochMilli(repair().getDeadline()))
        .isEqualTo(begun.plus(QuickFleet.DRAIN).plus(QuickFleet.EXECUTE));
    assertThat(fleet.history("web-03", "ACTION"))
        .anyMatch(each -> each.getText().contains("the time for its processes to stop is over"));
    service.executes("web-03");
  }

  @Test
  void drainedRepairThatNobodyExecutesIsTriedAgain() {
    claimedWhileRunning();
    String id = repair().getId();
    fleet.passes(QuickFleet.DRAIN.plus(QuickFleet.EXECUTE));
    assertThat(repair().getId()).isEqualTo(id);
    assertThat(repair().getState()).isEqualTo(Repair.State.WAITING);
    assertThat(repair().getNotExecuted()).isEqualTo("nobody came to it in time");
    assertThat(repair().getDrained()).isFalse();
    assertThat(runs()).isTrue();
  }

  @Test
  void machineThatIsNotHeardOfIsNotAskedToDrain() {
    web03.failsOnce("disk").failsAgain("disk").runs(WEB).losesPower();
    fleet.repairService().claims("web-03").executes("web-03");
    assertThat(repair().getState()).isEqualTo(Repair.State.EXECUTING);
  }

  @Test
  void machineThatFallsSilentWhileItDrainsIsNotWaitedFor() {
    claimedWhileRunning();
    web03.losesPower();
    assertThat(repair().getDrained()).isTrue();
  }

  @Test
  void leaseLostWhileDrainingLetsTheProcessesRunAgain() {
    FakeRepairService service = claimedWhileRunning();
    fleet.sends(
        Command.newBuilder()
            .setReleaseLease(ReleaseLease.newBuilder().setRole("repair").setToken(service.token)));
    assertThat(repair().getState()).isEqualTo(Repair.State.READY);
    assertThat(repair().getDeadline()).isZero();
    assertThat(runs()).isTrue();

    new FakeRepairService(fleet, "repair-2").claims("web-03");
    assertThat(repair().getState()).isEqualTo(Repair.State.REPAIR_DRAINING);
    assertThat(runs()).isFalse();
  }

  @Test
  void bootWhileItDrainsIsNotTakenForTheReboot() {
    FakeRepairService service = claimedWhileRunning();
    web03.boots("by-itself").runs(VersionRef.getDefaultInstance());
    assertThat(repair().getState()).isEqualTo(Repair.State.REPAIR_DRAINING);
    service.executes("web-03").hasExecuted("web-03");
    assertThat(repair().getBootIdBefore()).startsWith("by-itself");
    web03.boots("disk").is(Condition.PROBATION);
  }

  private FakeRepairService claimedWhileRunning() {
    web03.failsOnce("disk").failsAgain("disk").runs(WEB);
    FakeRepairService service = fleet.repairService().claims("web-03");
    assertThat(repair().getState()).isEqualTo(Repair.State.REPAIR_DRAINING);
    return service;
  }

  private Repair repair() {
    return fleet.repairOf("web-03");
  }

  private boolean runs() {
    return WantedStates.of(fleet.state, fleet.show("web-03")).getRunProcesses();
  }
}
