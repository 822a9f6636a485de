package io.pilothouse.repair;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.v1.Action;
import io.pilothouse.api.v1.Repair;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What the technician reads. */
final class TicketsTest extends RepairRig {

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
    assertThat(Files.readString(ticket)).contains(", anew: 2").doesNotContain("CLOSED");
    restart();
    round();
    assertThat(Files.readString(ticket)).contains(", anew: 2").doesNotContain("CLOSED");
    dm.close("R-9");
    round();
    assertThat(Files.readString(ticket)).contains(", anew: 2").containsOnlyOnce("CLOSED");
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
        .contains("Repair R-9: replace web-05", ", anew: 2")
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
}
