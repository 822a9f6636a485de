package io.pilothouse.dm.state;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.v1.Action;
import io.pilothouse.api.v1.AuditRecord;
import io.pilothouse.api.v1.Condition;
import io.pilothouse.api.v1.Repair;
import io.pilothouse.api.v1.VerdictKind;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Nothing that is kept for people to look back on grows without end. */
class BoundsTest {
  private final FleetScenario fleet = FleetScenario.inService();

  @Test
  void historyOfAMachineIsBounded() {
    for (int i = 0; i < 25; i++) {
      FakeMachine web03 = fleet.machine("web-03").failsOnce("disk");
      web03.reportsOk();
      fleet.passes(Duration.ofDays(4));
      web03.is(Condition.HEALTHY);
    }
    assertThat(fleet.show("web-03").getPastActionsList())
        .hasSize(20)
        .isSortedAccordingTo((a, b) -> Long.compare(a.getAt(), b.getAt()))
        .allMatch(each -> each.getHelped());
  }

  @Test
  void closedRepairsAreBoundedAndTheOpenOnesStay() {
    fleet.machine("web-03").failsOnce("disk").failsAgain("disk");
    Repair open = fleet.repairOf("web-03");
    Repair.Builder closed =
        open.toBuilder().setState(Repair.State.DONE).setMachine("web-01").setAttempts(0);
    for (int i = 1; i <= 1200; i++) {
      closed.setId("R-old-" + i).setOrder(0);
      fleet.putEverywhere(new Change(Table.REPAIR, closed.getId(), closed.build()));
    }
    fleet.machine("web-04").failsOnce("disk");

    assertThat(fleet.state.repairs()).hasSize(1001);
    assertThat(fleet.repairOf("web-03")).isEqualTo(open);
    assertThat(fleet.state.repair("R-4")).isEmpty();
    assertThat(fleet.state.repair("R-3")).as("the newest closed one").isPresent();
  }

  @Test
  void repairsThatCountForApprovalOutliveAThousandHarmlessOnes() {
    fleet.machine("web-03").failsOnce("disk").failsAgain("disk");
    long now = fleet.now().toEpochMilli();
    Repair.Builder closed =
        fleet.repairOf("web-03").toBuilder()
            .setState(Repair.State.DONE)
            .setMachine("web-01")
            .setAttempts(0)
            .setOrder(0);
    for (int i = 0; i < 3; i++) {
      closed.setId("R-image-" + i).setAction(Action.RE_IMAGE).setReadyAt(now - i);
      fleet.putEverywhere(new Change(Table.REPAIR, closed.getId(), closed.build()));
    }
    for (int i = 1; i <= 1500; i++) {
      closed.setId("R-old-" + i).setAction(Action.DO_NOTHING).setReadyAt(0);
      fleet.putEverywhere(new Change(Table.REPAIR, closed.getId(), closed.build()));
    }

    fleet.machine("web-04").failsOnce("disk");
    assertThat(fleet.state.indexes().destructive.newest(3)).contains(now - 2);
    assertThat(fleet.state.repairs()).hasSize(1001);

    fleet.passes(Duration.ofHours(2));
    fleet.machine("web-05").failsOnce("disk");
    assertThat(fleet.state.repair("R-image-0")).as("an hour later it counts no more").isEmpty();
  }

  @Test
  void oldestAuditRecordsGoFirst() {
    AuditRecord.Builder old = AuditRecord.newBuilder().setKind("OPERATOR").setText("long ago");
    for (int i = 0; i < 50_000; i++) {
      Change change = new Change(Table.AUDIT, Change.auditKey(0, i), old.setOrdinal(i).build());
      fleet.putEverywhere(change);
    }
    fleet.machine("web-03").reports(VerdictKind.WARNING, "disk");
    assertThat(fleet.state.audit()).hasSize(50_000);
    assertThat(fleet.history("web-03", "VERDICT")).isNotEmpty();
  }

  @Test
  void longTextsAreCut() {
    var report =
        io.pilothouse.api.log.v1.VerdictReport.newBuilder()
            .setMachine("web-03")
            .setWatchdog("disk")
            .setKind(VerdictKind.WARNING)
            .setText("x".repeat(100_000))
            .setSequence(1000);
    fleet.sends(FakeMachine.verdict("machine/web-03", report));
    assertThat(fleet.state.verdict("web-03", "disk").orElseThrow().getText()).hasSize(4096);
  }
}
