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
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Optional;
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
    Tickets tickets = new Tickets(directory.resolve("tickets"), NOON);
    Executor executor =
        new Executor(
            new Executor.Means(power, dm, dm, tickets, lanes),
            "repair-1",
            revision,
            new SimpleMeterRegistry());
    service = new RepairService(dm, dm, tickets, executor, revision);
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

  private void restart() {
    stop();
    start();
  }

  private final class FakePower implements PowerDriver {
    Optional<String> failure = Optional.empty();

    @Override
    public void cycle(String bmc, BootDevice device) throws PowerException {
      dm.journal.add("cycle " + bmc + " into " + device);
      if (failure.isPresent()) {
        throw new PowerException(PowerException.Kind.FAILED, failure.get());
      }
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
    dm.assign("R-7", "web-03", Action.REBOOT);
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
  void withoutTheLeaseNothingIsDone() throws Exception {
    dm.assign("R-7", "web-03", Action.REBOOT);
    dm.lease(Optional.empty());
    round();
    assertThat(dm.journal).isEmpty();
  }

  @Test
  void aPowerCommandThatFailsIsReported() throws Exception {
    power.failure = Optional.of("no answer from the BMC");
    dm.assign("R-7", "web-03", Action.REBOOT);
    round();
    assertThat(dm.journal)
        .endsWith("report R-7 FAILED: the power cycle failed: no answer from the BMC");
  }

  @Test
  void aLostAnswerToTheAnnouncementIsNotTakenForAnExecution() throws Exception {
    dm.assign("R-7", "web-03", Action.REBOOT);
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
    dm.assign("R-7", "web-03", Action.REBOOT);
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
    dm.assign("R-7", "web-03", Action.REBOOT);
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
    dm.assign("R-8", "web-04", Action.RE_IMAGE);
    round();
    round();
    assertThat(dm.journal).containsExactly("claim R-8 by repair-1", "report R-8 EXECUTING");
  }

  @Test
  void replacingWritesATicketThatSaysWhatToDo() throws Exception {
    dm.assign("R-9", "web-04", Action.REPLACE);
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
        .isEqualTo("CLOSED 2026-01-01T12:00:00Z: the repair is over; nothing is left to do here");
    assertThat(Files.readString(ticket)).containsOnlyOnce("CLOSED");
  }

  @Test
  void aTicketThatCannotBeWrittenIsNotReported() throws Exception {
    Files.writeString(directory.resolve("tickets"), "a file where the directory should be");
    dm.assign("R-9", "web-04", Action.REPLACE);
    round();
    assertThat(dm.journal).containsExactly("claim R-9 by repair-1");
    Files.delete(directory.resolve("tickets"));
    round();
    assertThat(dm.journal).endsWith("report R-9 EXECUTING");
  }

  @Test
  void oneMachineAtATimeIsNotOneRepairAtATime() throws Exception {
    dm.assign("R-1", "web-01", Action.REBOOT);
    dm.assign("R-2", "web-02", Action.REBOOT);
    round();
    assertThat(dm.journal).contains("cycle local:web-01 into DISK", "cycle local:web-02 into DISK");
  }
}
