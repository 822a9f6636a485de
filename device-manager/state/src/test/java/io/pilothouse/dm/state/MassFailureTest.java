package io.pilothouse.dm.state;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.v1.Condition;
import io.pilothouse.api.v1.Incident;
import io.pilothouse.api.v1.Limit;
import io.pilothouse.api.v1.Repair;
import io.pilothouse.api.v1.Severity;
import io.pilothouse.api.v1.VerdictKind;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * The mass-failure stop (state-machines section 5) where nothing else explains the losses: no
 * number of errors makes a cluster here. 80 machines, ten to a rack.
 */
class MassFailureTest {
  private static final Duration CONFIRMED = Duration.ofMinutes(2);

  private static WideFleet fleet() {
    return WideFleet.of(
        80,
        10,
        spec -> {
          spec.getIncidentsBuilder().setMachines(1000);
          spec.getBudgetsBuilder().setType(Limit.newBuilder().setAbsolute(3));
        });
  }

  /** One of each rack, then the second of each, and so on: far apart. */
  private static List<String> scattered(int machines) {
    List<String> names = new ArrayList<>();
    for (int i = 0; i < machines; i++) {
      names.add(WideFleet.name(i % 8 * 10 + i / 8));
    }
    return names;
  }

  @Test
  void isOnByDefaultAndNoRepairBeginsWhileItStands() {
    WideFleet wide = fleet();

    wide.losePower(scattered(24));
    wide.fleet.passes(CONFIRMED);

    assertThat(wide.open()).isNotEmpty();
    assertThat(wide.open())
        .allSatisfy(each -> assertThat(each.getKind()).isEqualTo(Incident.Kind.MASS_FAILURE));
    assertThat(wide.open().get(0).getSentence())
        .startsWith("mass-failure stop:")
        .contains("were lost within 10m, and no one cause explains it");
    wide.fleet.passes(Duration.ofMinutes(30));
    assertThat(wide.everReady()).isEmpty();
    assertThat(wide.begun()).isEmpty();
  }

  @Test
  void fewerThanFiveOrNotMoreThanTheShareAreNoMassFailure() {
    WideFleet four = fleet();
    four.losePower(WideFleet.of(80).rack("r02").subList(0, 4));
    four.fleet.passes(CONFIRMED);
    assertThat(four.open()).as("four of ten in a rack").isEmpty();

    WideFleet spread = fleet();
    spread.losePower(scattered(8));
    spread.fleet.passes(CONFIRMED);
    assertThat(spread.open()).as("a tenth of the fleet, one in each rack").isEmpty();
  }

  @Test
  void theNarrowestDomainIsStoppedAndTheOthersGoOn() {
    WideFleet wide = fleet();

    wide.losePower(wide.rack("r02").subList(0, 6));
    wide.fleet.passes(CONFIRMED);
    wide.err("disk", List.of("m-079"));
    wide.fleet.passes(CONFIRMED);

    assertThat(wide.causes()).containsExactly("rack/r02");
    assertThat(wide.fleet.state.repairs())
        .filteredOn(each -> each.getMachine().equals("m-079"))
        .as("another rack's machine is repaired as ever: DoNothing, then more")
        .extracting(Repair::getState)
        .containsExactly(Repair.State.DONE, Repair.State.READY);
  }

  @Test
  void endsByItselfWhenTheErrorsClear() {
    WideFleet wide = fleet();
    List<String> lost = scattered(24);
    wide.losePower(lost);
    wide.fleet.passes(CONFIRMED);
    assertThat(wide.open()).isNotEmpty();

    for (int i = 0; i < 20; i++) {
      for (String watchdog : QuickFleet.WATCHDOGS) {
        wide.reportAtOnce(watchdog, VerdictKind.OK, Severity.SEVERITY_UNSPECIFIED, lost);
      }
      wide.fleet.passes(Duration.ofSeconds(20));
    }

    assertThat(wide.open()).isEmpty();
    assertThat(wide.count(Condition.HEALTHY)).isEqualTo(80);
    assertThat(wide.everReady()).as("nothing was left to repair").isEmpty();
  }

  @Test
  void isResolvedByTwoPersonsAndReleasesNoMoreThanTheBudget() {
    WideFleet wide = fleet();
    wide.losePower(scattered(24));
    wide.fleet.passes(CONFIRMED);
    List<Incident> open = wide.open();
    assertThat(wide.count(Condition.FAILURE)).isEqualTo(24);

    for (Incident each : open) {
      for (String person : List.of("operator/alice", "operator/bob")) {
        wide.as(
            person,
            io.pilothouse.api.log.v1.Command.newBuilder()
                .setResolveIncident(
                    io.pilothouse.api.log.v1.ResolveIncident.newBuilder()
                        .setIncident(each.getId())));
      }
    }

    assertThat(wide.open()).isEmpty();
    for (int minute = 0; minute < 60; minute++) {
      wide.fleet.passes(Duration.ofMinutes(1));
      assertThat(wide.begun().size()).as("minute " + minute).isLessThanOrEqualTo(3);
    }
  }
}
