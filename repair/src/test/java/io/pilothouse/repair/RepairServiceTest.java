package io.pilothouse.repair;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.pilothouse.api.v1.Action;
import io.pilothouse.api.v1.Repair;
import io.pilothouse.kit.Lanes;
import io.pilothouse.provisioning.power.BootDevice;
import io.pilothouse.provisioning.power.PowerDriver;
import io.pilothouse.provisioning.power.PowerException;
import io.pilothouse.provisioning.power.PowerState;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class RepairServiceTest {
  private static final Clock NOON =
      Clock.fixed(Instant.parse("2026-01-01T12:00:00Z"), ZoneOffset.UTC);

  @TempDir Path directory;
  private final FakeDm dm = new FakeDm();
  private final FakePower power = new FakePower();
  private Lanes lanes = new Lanes(4);
  private RepairService service;

  @BeforeEach
  void start() {
    lanes = new Lanes(4);
    AtomicLong revision = new AtomicLong();
    TicketEvents events = new TicketEvents(Optional.empty(), NOON);
    Tickets tickets = new Tickets(directory.resolve("tickets"), events, NOON);
    Visits visits = new Visits(directory.resolve("tickets"), events, Duration.ofHours(4), NOON);
    Executor executor =
        new Executor(
            new Executor.Means(power, dm, dm, tickets, visits, lanes),
            "repair-1",
            revision,
            new SimpleMeterRegistry());
    service = new RepairService(dm, dm, tickets, visits, executor, revision);
  }

  @AfterEach
  void stop() {
    lanes.close();
  }

  private void round() throws Exception {
    service.round();
    long deadline = System.nanoTime() + Duration.ofSeconds(10).toNanos();
    while (!lanes.busy().isEmpty()) {
      assertThat(System.nanoTime()).as("waited 10 s").isLessThan(deadline);
      Thread.sleep(1);
    }
  }

  /** Ready, and claimed in one round. */
  private void assigned(String repair, String machine, Action action) throws Exception {
    dm.assign(repair, machine, action);
    round();
  }

  private void restart() {
    stop();
    start();
  }

  private final class FakePower implements PowerDriver {
    Optional<String> failure = Optional.empty();
    PowerException.Kind kind = PowerException.Kind.FAILED;
    Runnable whileCycling = () -> {};

    @Override
    public void cycle(String bmc, BootDevice device) throws PowerException {
      dm.journal.add("cycle " + bmc + " into " + device);
      whileCycling.run();
      if (failure.isPresent()) {
        throw new PowerException(kind, failure.get());
      }
    }

    @Override
    public void cycleIntoInstaller(String bmc, String secret) {
      throw new AssertionError("a repair hands out no secrets");
    }

    @Override
    public PowerState state(String bmc) {
      return PowerState.ON;
    }

    @Override
    public void on(String bmc, BootDevice device) {
      dm.journal.add("on " + bmc);
    }

    @Override
    public void off(String bmc) {
      dm.journal.add("off " + bmc);
    }

    @Override
    public Optional<BootDevice> lastBoot(String bmc) {
      return Optional.empty();
    }

    @Override
    public void replaceChassis(String bmc, long generation) {
      dm.journal.add("replace " + bmc);
    }
  }

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
  void replacementsOfOneRackAreOneVisit() throws Exception {
    assigned("R-9", "web-04", Action.REPLACE);
    round();
    assigned("R-10", "web-05", Action.REPLACE);
    round();
    restart();
    assigned("R-11", "web-06", Action.REPLACE);
    round();
    round();
    for (String repair : List.of("R-9", "R-10", "R-11")) {
      assertThat(dm.repair(repair).getTicket().getVisit()).as(repair).isEqualTo("V-r1-R-9");
    }
    Path visit = directory.resolve("tickets/visits/V-r1-R-9.txt");
    assertThat(Files.readString(visit))
        .contains("rack r1", "R-9  replace web-04", "pilot machine replaced web-06");
    List.of("R-9", "R-10", "R-11").forEach(dm::close);
    round();
    assertThat(Files.readString(visit)).contains("CLOSED");
  }

  @Test
  void closedTicketsAreKeptForAQuarterOfAYear() throws Exception {
    assigned("R-9", "web-04", Action.REPLACE);
    round();
    round();
    Path ticket = directory.resolve("tickets/R-9.txt");
    Path visit = directory.resolve("tickets/visits/V-r1-R-9.txt");
    FileTime old = FileTime.from(NOON.instant().minus(Duration.ofDays(91)));
    Files.setLastModifiedTime(ticket, old);
    Files.setLastModifiedTime(visit, old);
    round();
    assertThat(List.of(ticket, visit)).as("its work is not done yet").allMatch(Files::exists);

    dm.close("R-9");
    round();
    round();
    assertThat(List.of(ticket, visit)).as("closed just now").allMatch(Files::exists);
    Files.setLastModifiedTime(ticket, old);
    Files.setLastModifiedTime(visit, old);
    round();

    assertThat(List.of(ticket, visit)).noneMatch(Files::exists);
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
  void replacingWritesATicketThatSaysWhatToDo() throws Exception {
    assigned("R-9", "web-04", Action.REPLACE);
    round();
    round();
    Path ticket = directory.resolve("tickets/R-9.txt");
    assertThat(Files.readString(ticket))
        .contains("replace web-04", "rack        r1", "bmc         local:web-04")
        .contains("- disk: read error at block 7")
        .contains("pilot machine replaced web-04")
        .doesNotContain("CLOSED");
    assertThat(dm.repair("R-9").getTicket().getWhere()).isEqualTo(ticket.toString());
    assertThat(dm.journal).containsExactly("claim R-9 by repair-1", "report R-9 EXECUTING");

    restart();
    round();
    assertThat(dm.journal).hasSize(2);
    dm.close("R-9");
    round();
    round();
    restart();
    round();
    assertThat(Files.readAllLines(ticket))
        .last()
        .isEqualTo(
            "CLOSED 2026-01-01T12:00:00Z: no open repair asks for this; nothing is to be done here now");
    assertThat(Files.readString(ticket)).containsOnlyOnce("CLOSED");
  }

  @Test
  void aTicketWhoseRepairWaitedMeanwhileIsOpenedAnew() throws Exception {
    assigned("R-9", "web-04", Action.REPLACE);
    round();
    Repair ready = dm.repair("R-9").toBuilder().clearTicket().setState(Repair.State.READY).build();
    dm.close("R-9"); // it waits for something
    round();
    dm.put(ready);
    round();
    round();
    Path ticket = directory.resolve("tickets/R-9.txt");
    assertThat(Files.readString(ticket)).contains("opening     2").doesNotContain("CLOSED");
    restart();
    round();
    assertThat(Files.readString(ticket)).contains("opening     2").doesNotContain("CLOSED");
    dm.close("R-9");
    round();
    assertThat(Files.readString(ticket)).contains("opening     2").containsOnlyOnce("CLOSED");
  }

  @Test
  void aFileOfAnotherRepairWithTheSameNumberSendsNobodyToItsMachine() throws Exception {
    assigned("R-9", "web-04", Action.REPLACE);
    round();
    dm.close("R-9"); // the Device Manager was restored, and knows nothing of it
    dm.assign("R-9", "web-05", Action.REPLACE);
    round();
    round();
    Path ticket = directory.resolve("tickets/R-9.txt");
    assertThat(Files.readString(ticket))
        .contains("Repair R-9: replace web-05", "opening     2")
        .doesNotContain("web-04");
  }

  @Test
  void aTicketThatCannotBeWrittenIsNotReported() throws Exception {
    Files.writeString(directory.resolve("tickets"), "a file where the directory should be");
    assigned("R-9", "web-04", Action.REPLACE);
    round();
    assertThat(dm.journal).containsExactly("claim R-9 by repair-1");
    Files.delete(directory.resolve("tickets"));
    round();
    assertThat(dm.journal).endsWith("report R-9 EXECUTING");
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
