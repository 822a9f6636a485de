package io.pilothouse.repair;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.v1.Action;
import io.pilothouse.api.v1.Repair;
import io.pilothouse.provisioning.power.PowerException;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** What is done about repairs, in which order, and what is left alone. */
final class RepairServiceTest extends RepairRig {

  @Test
  void aRebootIsOnRecordBeforeTheMachineIsTouched() throws Exception {
    assigned("R-7", "web-03", Action.REBOOT);
    round();
    assertThat(dm.journal)
        .containsExactly(
            "claim R-7 by repair-1",
            "report R-7 EXECUTING",
            "cycle local:web-03 into DISK",
            "report R-7 VERIFYING: power-cycled into disk");
    round();
    assertThat(dm.journal).hasSize(4);
  }

  @Test
  void machineIsNotTouchedUntilItsProcessesHaveStopped() throws Exception {
    dm.runsProcesses("web-03");
    assigned("R-7", "web-03", Action.REBOOT);
    round();
    assertThat(dm.journal).containsExactly("claim R-7 by repair-1");
    dm.drained("R-7");
    round();
    assertThat(dm.journal).contains("report R-7 EXECUTING", "cycle local:web-03 into DISK");
  }

  @Test
  void leaseLostInTheMiddleOfThePowerCycleLeadsToNoSecondOne() throws Exception {
    assigned("R-7", "web-03", Action.REBOOT);
    power.whileCycling =
        () -> {
          // the Device Manager sees the lease lapse and hands the repair to verification
          dm.lease(Optional.empty());
          dm.put(dm.repair("R-7").toBuilder().setState(Repair.State.VERIFYING).build());
        };
    round();
    assertThat(dm.journal).endsWith("cycle local:web-03 into DISK");
    dm.lease(Optional.of(6L)); // it is back, under a new token
    round();
    restart();
    round();
    assertThat(dm.journal).filteredOn(each -> each.startsWith("cycle")).hasSize(1);
  }

  @Test
  void whileAnotherHoldsTheLeaseItsRepairsAreNotTouched() throws Exception {
    assigned("R-7", "web-03", Action.REBOOT);
    dm.lease(Optional.empty());
    round();
    // the other one claimed it under its own token meanwhile
    dm.put(dm.repair("R-7").toBuilder().setToken(6).build());
    dm.lease(Optional.of(7L));
    round();
    assertThat(dm.journal).noneMatch(each -> each.startsWith("cycle"));
  }

  @Test
  void withoutTheLeaseNothingIsDone() throws Exception {
    dm.assign("R-7", "web-03", Action.REBOOT);
    dm.lease(Optional.empty());
    round();
    assertThat(dm.journal).isEmpty();
  }

  @Test
  void aPowerCommandThatFailsWasNotExecutedAndIsGivenAgainWhenTheDeviceManagerSaysSo()
      throws Exception {
    power.failure = Optional.of("no answer from the BMC");
    assigned("R-7", "web-03", Action.REBOOT);
    round();
    assertThat(dm.journal)
        .endsWith("report R-7 FAILED not executed: the power cycle failed: no answer from the BMC");
    power.failure = Optional.empty();
    dm.put(dm.repair("R-7").toBuilder().setState(Repair.State.READY).build());
    round();
    round();
    assertThat(dm.journal).endsWith("report R-7 VERIFYING: power-cycled into disk");
    assertThat(dm.journal).filteredOn(each -> each.startsWith("cycle")).hasSize(2);
  }

  @Test
  void aPowerCommandWhoseEffectDidNotShowIsVerifiedAndNotGivenAgain() throws Exception {
    power.kind = PowerException.Kind.TIMEOUT;
    power.failure = Optional.of("still off after 30 s");
    assigned("R-7", "web-03", Action.REBOOT);
    round();
    assertThat(dm.journal)
        .endsWith(
            "report R-7 VERIFYING: power-cycled, and no effect showed in time:"
                + " still off after 30 s");
  }

  @Test
  void aLostAnswerToTheAnnouncementIsNotTakenForAnExecution() throws Exception {
    assigned("R-7", "web-03", Action.REBOOT);
    dm.losesAnswerTo(Repair.State.EXECUTING);
    round();
    assertThat(dm.journal).noneMatch(each -> each.startsWith("cycle"));
    round();
    assertThat(dm.journal)
        .containsExactly(
            "claim R-7 by repair-1",
            "report R-7 EXECUTING",
            "report R-7 EXECUTING",
            "cycle local:web-03 into DISK",
            "report R-7 VERIFYING: power-cycled into disk");
  }

  @Test
  void aReportThatDidNotGetThroughIsSaidAgainWithoutActingAgain() throws Exception {
    assigned("R-7", "web-03", Action.REBOOT);
    dm.losesAnswerTo(Repair.State.VERIFYING);
    round();
    Repair repair = dm.repair("R-7");
    dm.put(repair.toBuilder().setState(Repair.State.EXECUTING).build()); // it did not arrive
    round();
    assertThat(dm.journal).filteredOn(each -> each.startsWith("cycle")).hasSize(1);
    assertThat(dm.repair("R-7").getState()).isEqualTo(Repair.State.VERIFYING);
  }

  @Test
  void aLeaseLostWhileAnnouncingStopsTheExecution() throws Exception {
    assigned("R-7", "web-03", Action.REBOOT);
    dm.losesLeaseAfter(Repair.State.EXECUTING);
    round();
    assertThat(dm.journal).endsWith("report R-7 EXECUTING");
  }

  @Test
  void whatAnEarlierProcessBeganIsVerifiedNotExecutedAgain() throws Exception {
    dm.put(
        Repair.newBuilder()
            .setId("R-7")
            .setMachine("web-03")
            .setAction(Action.REBOOT)
            .setState(Repair.State.EXECUTING)
            .setToken(5)
            .build());
    round();
    assertThat(dm.journal).singleElement().asString().startsWith("report R-7 VERIFYING");
  }

  @Test
  void whatWasClaimedUnderAnOlderTokenIsLeftToTheDeviceManager() throws Exception {
    dm.put(
        Repair.newBuilder()
            .setId("R-7")
            .setMachine("web-03")
            .setAction(Action.REBOOT)
            .setState(Repair.State.EXECUTING)
            .setToken(4)
            .build());
    round();
    assertThat(dm.journal).isEmpty();
  }

  @Test
  void aClaimOfAnEarlierProcessIsCarriedOn() throws Exception {
    dm.put(
        Repair.newBuilder()
            .setId("R-7")
            .setMachine("web-03")
            .setAction(Action.REBOOT)
            .setState(Repair.State.CLAIMED)
            .setToken(5)
            .build());
    round();
    assertThat(dm.journal).contains("cycle local:web-03 into DISK");
  }

  @Test
  void reImagingIsHandedToProvisioning() throws Exception {
    assigned("R-8", "web-04", Action.RE_IMAGE);
    round();
    round();
    assertThat(dm.journal).containsExactly("claim R-8 by repair-1", "report R-8 EXECUTING");
  }

  @Test
  void oneMachineAtATimeIsNotOneRepairAtATime() throws Exception {
    assigned("R-1", "web-01", Action.REBOOT);
    assigned("R-2", "web-02", Action.REBOOT);
    round();
    assertThat(dm.journal).contains("cycle local:web-01 into DISK", "cycle local:web-02 into DISK");
  }

  @Test
  void noMoreIsClaimedThanCanBeDone() throws Exception {
    for (int i = 1; i <= 4; i++) {
      dm.assign("R-" + i, "web-0" + i, Action.REBOOT);
      Repair ready = dm.repair("R-" + i);
      dm.put(ready.toBuilder().setState(Repair.State.CLAIMED).setToken(5).build());
    }
    CountDownLatch answers = new CountDownLatch(1);
    power.whileCycling = () -> awaits(answers);
    dm.assign("R-0", "web-00", Action.REBOOT);
    service.round(); // four are being rebooted
    service.round();
    assertThat(dm.journal).noneMatch(each -> each.startsWith("claim R-0"));
    answers.countDown();
    round(); // there may be no room yet
    round();
    round();
    assertThat(dm.journal).contains("cycle local:web-00 into DISK");
  }

  private static void awaits(CountDownLatch latch) {
    try {
      assertThat(latch.await(10, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void aClaimWhoseAnswerIsLostDoesNotReportAnEarlierFailure() throws Exception {
    power.failure = Optional.of("no answer from the BMC");
    assigned("R-7", "web-03", Action.REBOOT);
    round();
    power.failure = Optional.empty();
    dm.put(dm.repair("R-7").toBuilder().setState(Repair.State.READY).build());
    dm.losesAnswerTo(Repair.State.CLAIMED);
    round();
    round();
    assertThat(dm.journal).endsWith("report R-7 VERIFYING: power-cycled into disk");
    assertThat(dm.journal).filteredOn(each -> each.contains("FAILED")).hasSize(1);
  }
}
