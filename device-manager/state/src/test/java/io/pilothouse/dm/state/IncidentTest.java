package io.pilothouse.dm.state;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.log.v1.Command;
import io.pilothouse.api.log.v1.PromoteWatchdog;
import io.pilothouse.api.log.v1.ResolveIncident;
import io.pilothouse.api.v1.Condition;
import io.pilothouse.api.v1.Incident;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.Repair;
import io.pilothouse.api.v1.Severity;
import io.pilothouse.api.v1.VerdictKind;
import io.pilothouse.api.v1.Veto;
import io.pilothouse.api.v1.WatchdogSpec;
import io.pilothouse.api.v1.WatchdogState;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** Many failures of one cause are one incident, and what it explains is not repaired. */
class IncidentTest {
  private static final Duration QUIET = Duration.ofMinutes(1);

  @Test
  void rackThatLosesItsPowerIsOneIncidentAndNoRepair() {
    WideFleet wide = WideFleet.of(40);
    wide.losePower(wide.rack("r02"));
    assertThat(wide.causes()).containsExactly("rack/r02");
    wide.fleet.passes(Duration.ofMinutes(3));
    assertThat(wide.count(Condition.FAILURE)).isEqualTo(10);
    assertThat(wide.everReady()).isEmpty();
    Incident incident = wide.open().get(0);
    assertThat(incident.getSentence()).startsWith("rack r02 is the likely cause");
    assertThat(incident.getPeak()).isEqualTo(10);
    assertThat(incident.getHeld()).isEqualTo(10);
    Repair held = wide.fleet.repairOf("m-020");
    assertThat(held.getState()).isEqualTo(Repair.State.WAITING);
    assertThat(held.getIncidentId()).isEqualTo(incident.getId());
    assertThat(held.getVetoesList()).extracting(Veto::getKind).containsExactly("incident");
    assertThat(held.getVetoes(0).getDomain()).isEqualTo("rack/r02");
    assertThat(held.getVetoes(0).getSentence())
        .contains(incident.getId(), "rack r02", "pilot incident resolve " + incident.getId());

    wide.areWell(wide.rack("r02"));
    assertThat(wide.count(Condition.FAILURE)).isZero();
    wide.areWell(wide.rack("r02"));
    wide.fleet.passes(QUIET.plus(QuickFleet.QUIET));
    assertThat(wide.open()).isEmpty();
    assertThat(wide.count(Condition.HEALTHY)).isEqualTo(40);
    assertThat(wide.everReady()).isEmpty();
    assertThat(wide.incident(incident.getId()).getClosedBy()).isEqualTo("dm");
  }

  @Test
  void rackOfFourInAFleetOfTwelve() {
    WideFleet wide = small();
    wide.losePower(wide.rack("r01"));
    wide.fleet.passes(Duration.ofSeconds(50));
    assertThat(wide.causes()).containsExactly("rack/r01");
    assertThat(wide.everReady()).isEmpty();
    assertThat(wide.open().get(0).getConsideredList())
        .anyMatch(each -> each.contains("switch") || each.contains("model"));
  }

  @Test
  void watchdogThatErrsOnSevenOfTwelveIsQuarantined() {
    WideFleet wide = small();
    wide.err("disk", wide.names(each -> true).subList(0, 7));
    assertThat(wide.causes()).containsExactly("watchdog/disk");
    wide.fleet.passes(Duration.ofMinutes(5));
    assertThat(wide.fleet.state.repairs()).isEmpty();
    assertThat(wide.count(Condition.HEALTHY)).isEqualTo(12);
  }

  /**
   * A fatal error fails machines before it is known for noise; in Probation they are asked anew.
   */
  @Test
  void quarantineDoesNotEndWhileItsMachinesAreYetToBeHeardOf() {
    WideFleet wide = small();
    List<String> red = wide.names(each -> true).subList(0, 7);
    wide.report("disk", VerdictKind.ERROR, Severity.FATAL, red);
    String incident = wide.open().get(0).getId();
    wide.report("heartbeat", VerdictKind.OK, Severity.SEVERITY_UNSPECIFIED, red);
    wide.report("reachable", VerdictKind.OK, Severity.SEVERITY_UNSPECIFIED, red);
    wide.fleet.passes(Duration.ofMinutes(1));
    assertThat(wide.incident(incident).getState()).isEqualTo(Incident.State.OPEN);
    wide.report("disk", VerdictKind.ERROR, Severity.FATAL, red);
    wide.fleet.passes(Duration.ofMinutes(1));
    assertThat(wide.incident(incident).getState()).isEqualTo(Incident.State.OPEN);
    wide.report("disk", VerdictKind.OK, Severity.SEVERITY_UNSPECIFIED, red);
    wide.fleet.passes(Duration.ofMinutes(1));
    assertThat(wide.incident(incident).getState()).isEqualTo(Incident.State.CLOSED);
    assertThat(wide.begun()).isEmpty();
  }

  @Test
  void quarantinedWatchdogGoesOnToBeAsked() {
    WideFleet wide = small();
    wide.err("disk", wide.names(each -> true).subList(0, 7));
    Machine machine = wide.fleet.state.machine("m-000").orElseThrow();
    assertThat(wide.fleet.state.watchdog("disk").orElseThrow().getMode())
        .isEqualTo(WatchdogState.Mode.QUARANTINED);
    assertThat(WantedStates.of(wide.fleet.state, machine).getWatchdogsList())
        .extracting(WatchdogSpec::getName)
        .contains("disk");
  }

  /** Who looks from outside is the first to see it, and stands alone until silence shows. */
  @Test
  void siteThatLosesItsPowerIsNotTheNoiseOfWhoLooksFromOutside() {
    WideFleet wide = prompt();
    List<String> all = wide.names(each -> true);
    wide.err("reachable", all);
    wide.fleet.passes(Duration.ofSeconds(4));
    wide.losePower(all);
    wide.fleet.passes(Duration.ofMinutes(5));
    assertThat(wide.fleet.state.watchdog("reachable").orElseThrow().getMode())
        .isEqualTo(WatchdogState.Mode.LIVE);
    assertThat(wide.causes()).isNotEmpty().doesNotContain("watchdog/reachable");
    assertThat(wide.everReady()).isEmpty();
  }

  @Test
  void whoLooksFromOutsideAndStandsAloneForLongerThanSilenceTakesIsNoise() {
    WideFleet wide = prompt();
    wide.err("reachable", spread(wide, 240));
    assertThat(wide.causes()).isEmpty();
    wide.fleet.passes(QuickFleet.CONFIRM);
    assertThat(wide.causes()).containsExactly("watchdog/reachable");
    assertThat(wide.count(Condition.HEALTHY)).isEqualTo(400);
    assertThat(wide.everReady()).isEmpty();
  }

  /** Machines that are silent after four seconds. */
  private static WideFleet prompt() {
    return WideFleet.of(
        400,
        10,
        spec -> {
          spec.setReportEveryMs(1000);
          spec.getWatchdogsBuilderList().forEach(each -> each.setValidForMs(4000));
        });
  }

  /** As the quickstart has it. */
  private static WideFleet small() {
    return WideFleet.of(
        12,
        4,
        spec ->
            spec.getIncidentsBuilder()
                .setMachines(3)
                .setMassMachines(4)
                .setMassShare(30)
                .setNoiseShare(40)
                .setWindowMs(60_000)
                .setQuietMs(5_000)
                .setTrialAfterMs(60_000));
  }

  @Test
  void watchdogThatTurnsTheFleetRedIsQuarantinedAndNothingIsRepaired() {
    WideFleet wide = WideFleet.of(400);
    List<String> red = wide.names(each -> true).subList(0, 240);
    wide.err("disk", red);
    assertThat(wide.causes()).containsExactly("watchdog/disk");
    assertThat(wide.fleet.state.watchdog("disk").orElseThrow().getMode())
        .isEqualTo(WatchdogState.Mode.QUARANTINED);
    wide.fleet.passes(Duration.ofMinutes(5));
    assertThat(wide.count(Condition.HEALTHY)).isEqualTo(400);
    assertThat(wide.everReady()).isEmpty();
    assertThat(wide.incident(wide.open().get(0).getId()).getPeak()).isEqualTo(240);
  }

  @Test
  void fatalErrorsOfABadWatchdogAreStoppedBeyondTheFirstFew() {
    WideFleet wide = WideFleet.of(400);
    wide.report("disk", VerdictKind.ERROR, Severity.FATAL, spread(wide, 240));
    assertThat(wide.causes()).containsExactly("watchdog/disk");
    assertThat(wide.begun()).isEmpty();
    assertThat(wide.count(Condition.FAILURE)).isZero();
    wide.report("heartbeat", VerdictKind.OK, Severity.SEVERITY_UNSPECIFIED, spread(wide, 240));
    wide.report("reachable", VerdictKind.OK, Severity.SEVERITY_UNSPECIFIED, spread(wide, 240));
    wide.fleet.passes(Duration.ofMinutes(5));
    assertThat(wide.count(Condition.HEALTHY)).isEqualTo(400);
    assertThat(wide.begun()).isEmpty();
  }

  /** So many machines, as far apart as can be. */
  private static List<String> spread(WideFleet wide, int machines) {
    List<String> all = new java.util.ArrayList<>(wide.names(each -> true));
    java.util.Collections.shuffle(all, new Random(7));
    return all.subList(0, machines);
  }

  @Test
  void onePersonCannotEndAQuarantineThatWouldReleaseMany() {
    WideFleet wide = small();
    wide.err("disk", wide.names(each -> true).subList(0, 7));
    String incident = wide.open().get(0).getId();
    for (WatchdogState.Mode mode : List.of(WatchdogState.Mode.LIVE, WatchdogState.Mode.SHADOW)) {
      assertThat(
              wide.fleet
                  .isRefused(
                      Command.newBuilder()
                          .setPromoteWatchdog(
                              PromoteWatchdog.newBuilder().setWatchdog("disk").setMode(mode)))
                  .getRemedy())
          .contains("two persons", "pilot incident resolve " + incident);
    }
    var resolve =
        Command.newBuilder().setResolveIncident(ResolveIncident.newBuilder().setIncident(incident));
    wide.as("operator/alice", resolve.clone());
    assertThat(wide.incident(incident).getState()).isEqualTo(Incident.State.OPEN);
    wide.as("operator/bob", resolve.clone());
    assertThat(wide.incident(incident).getState()).isEqualTo(Incident.State.CLOSED);
    assertThat(wide.fleet.state.watchdog("disk").orElseThrow().getMode())
        .isEqualTo(WatchdogState.Mode.LIVE);
    assertThat(wide.names(Machine::hasError)).hasSize(7);
  }

  /** A person's quarantine takes the place of the rules' own, and does not end by itself. */
  @Test
  void aPersonsQuarantineStays() {
    WideFleet wide = small();
    List<String> red = wide.names(each -> true).subList(0, 7);
    wide.err("disk", red);
    String incident = wide.open().get(0).getId();
    wide.fleet.sends(
        Command.newBuilder()
            .setPromoteWatchdog(
                PromoteWatchdog.newBuilder()
                    .setWatchdog("disk")
                    .setMode(WatchdogState.Mode.QUARANTINED)));
    assertThat(wide.incident(incident).getState()).isEqualTo(Incident.State.CLOSED);
    wide.report("disk", VerdictKind.OK, Severity.SEVERITY_UNSPECIFIED, red);
    wide.fleet.passes(Duration.ofMinutes(5));
    assertThat(wide.fleet.state.watchdog("disk").orElseThrow().getMode())
        .isEqualTo(WatchdogState.Mode.QUARANTINED);
  }

  /** Made live, its silence would fail the machines that its errors did not. */
  @Test
  void aQuarantineDoesNotEndByTheWatchdogsDeath() {
    WideFleet wide = small();
    List<String> red = wide.names(each -> true).subList(0, 7);
    wide.err("disk", red);
    red.forEach(each -> wide.fleet.machine(each).fallsSilent("disk"));
    wide.fleet.passes(Duration.ofMinutes(5));
    assertThat(wide.causes()).containsExactly("watchdog/disk");

    wide.report("disk", VerdictKind.OK, Severity.SEVERITY_UNSPECIFIED, red);
    wide.fleet.passes(Duration.ofMinutes(5));
    assertThat(wide.causes()).isEmpty();
    assertThat(wide.count(Condition.HEALTHY)).isEqualTo(12);
  }

  @Test
  void watchdogThatIsRemovedWhileItErrsTakesItsIncidentWithIt() {
    WideFleet wide = small();
    wide.err("disk", wide.names(each -> true).subList(0, 7));
    String incident = wide.open().get(0).getId();
    var spec = wide.fleet.state.fleet().toBuilder();
    spec.removeWatchdogs(0);
    spec.getTypesBuilder(0).clearWatchdogs().addWatchdogs("heartbeat").addWatchdogs("reachable");
    wide.fleet.state.machines().forEach(each -> spec.addMachines(FleetDiff.inventory(each)));
    wide.fleet.apply(spec.build());
    assertThat(wide.incident(incident).getState()).isEqualTo(Incident.State.CLOSED);
    assertThat(wide.incident(incident).getCloseReason()).isEqualTo("the watchdog was removed");
  }

  @Test
  void rackAndWatchdogAtOnceAreTwoIncidents() {
    WideFleet wide = WideFleet.of(400);
    List<String> rack = wide.rack("r07");
    List<String> red = new java.util.ArrayList<>(spread(wide, 240));
    red.removeAll(rack);
    wide.err("heartbeat", red.subList(0, 60));
    wide.losePower(rack);
    wide.err("heartbeat", red.subList(60, red.size()));
    wide.fleet.passes(Duration.ofMinutes(2));
    assertThat(new TreeSet<>(wide.causes())).containsExactly("rack/r07", "watchdog/heartbeat");
    assertThat(wide.everReady()).isEmpty();
    assertThat(wide.count(Condition.FAILURE)).isEqualTo(10);
  }

  @Test
  void independentFailuresNeverAreAnIncident() {
    for (int seed = 0; seed < 2; seed++) {
      WideFleet wide = WideFleet.of(400);
      Random random = new Random(seed);
      for (int i = 0; i < 60; i++) {
        String machine = WideFleet.name(random.nextInt(400));
        wide.err(random.nextBoolean() ? "disk" : "heartbeat", List.of(machine));
        wide.fleet.passes(Duration.ofSeconds(random.nextInt(120)));
        if (random.nextInt(3) > 0) {
          wide.areWell(List.of(machine));
        }
        assertThat(wide.fleet.state.incidents()).as("seed " + seed).isEmpty();
      }
    }
  }

  @Test
  void machinesThatNeverComeBackDoNotHoldForEver() {
    WideFleet wide = WideFleet.of(40);
    wide.losePower(wide.rack("r02"));
    wide.fleet.passes(Duration.ofMinutes(59));
    assertThat(wide.everReady()).isEmpty();
    wide.fleet.passes(Duration.ofMinutes(10));
    Incident incident = wide.open().get(0);
    assertThat(incident.getTrialMachine()).isEqualTo("m-020");
    // its DoNothing is over; in Probation the silence is noticed again
    wide.losePower(List.of("m-020"));
    wide.fleet.passes(Duration.ofMinutes(5));
    assertThat(wide.begun()).extracting(Repair::getMachine).containsExactly("m-020");

    wide.fleet.sends(resolve(incident.getId()));
    assertThat(wide.open()).hasSize(1);
    wide.fleet.commit(
        List.of(
            FleetScenario.request(
                    resolve(incident.getId()), "operator/bob", "power is gone for good")
                .build()));
    assertThat(wide.open()).isEmpty();
    wide.fleet.passes(Duration.ofMinutes(1));
    wide.losePower(wide.rack("r02"));
    wide.fleet.passes(Duration.ofMinutes(3));
    assertThat(wide.open()).as("what was resolved is not new again").isEmpty();
    assertThat(wide.begun().size()).as("the budget's pace").isBetween(2, 8);
  }

  private static Command.Builder resolve(String incident) {
    return Command.newBuilder()
        .setResolveIncident(ResolveIncident.newBuilder().setIncident(incident));
  }

  @Test
  void clockThatJumpsAnHourOpensAndClosesNothing() {
    WideFleet wide = WideFleet.of(40);
    wide.err("disk", List.of("m-001", "m-015", "m-033"));
    wide.losePower(wide.rack("r02"));
    String id = wide.open().get(0).getId();
    wide.fleet.jumps(Duration.ofHours(1));
    wide.err("disk", List.of("m-005"));
    assertThat(wide.causes()).containsExactly("rack/r02");
    assertThat(wide.open().get(0).getId()).isEqualTo(id);
    assertThat(wide.names(each -> each.getIncidentId().equals(id)))
        .as("all: no error was confirmed by the hour in which nobody listened")
        .hasSize(10);
  }
}
