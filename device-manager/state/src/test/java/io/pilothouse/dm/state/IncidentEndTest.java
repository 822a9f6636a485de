package io.pilothouse.dm.state;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.log.v1.Command;
import io.pilothouse.api.log.v1.Entry;
import io.pilothouse.api.log.v1.Reply;
import io.pilothouse.api.log.v1.Request;
import io.pilothouse.api.log.v1.ResolveIncident;
import io.pilothouse.api.v1.Action;
import io.pilothouse.api.v1.Condition;
import io.pilothouse.api.v1.DeviceKind;
import io.pilothouse.api.v1.Explanation;
import io.pilothouse.api.v1.HealthCode;
import io.pilothouse.api.v1.Incident;
import io.pilothouse.api.v1.Lifecycle;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.Repair;
import io.pilothouse.api.v1.Severity;
import io.pilothouse.api.v1.StatusReply;
import io.pilothouse.api.v1.VerdictKind;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** How incidents end, who may end them, and what people are told of them. */
class IncidentEndTest {

  @Test
  void onePersonAloneMayNotReleaseMoreThanTheBlastRadius() {
    WideFleet wide = WideFleet.of(40);
    wide.losePower(wide.rack("r02"));
    String id = wide.open().get(0).getId();
    Reply first = wide.fleet.sends(resolve(id));
    assertThat(first.getLinesList()).hasSize(1);
    assertThat(first.getLines(0)).contains("stays open", "10 machines", "second person");
    assertThat(wide.incident(id).getResolveAsked().getPrincipal()).isEqualTo("operator/alice");
    assertThat(wide.fleet.isRefused(resolve(id)).getRemedy()).contains("another person");

    assertThat(wide.as("operator/bob", resolve(id)).getLines(0)).contains(id + " is closed");
    assertThat(wide.incident(id).getClosedBy()).isEqualTo("operator/bob");
    assertThat(wide.incident(id).getCloseReason()).contains("operator/alice");
    assertThat(wide.fleet.isRefused(resolve(id)).getMessage()).contains("is closed");
    assertThat(wide.fleet.isRefused(resolve("I-99")).getMessage()).contains("I-99");
  }

  @Test
  void wishThatIsTooOldIsNoWish() {
    WideFleet wide = WideFleet.of(40);
    wide.losePower(wide.rack("r02"));
    String id = wide.open().get(0).getId();
    wide.fleet.sends(resolve(id));
    wide.fleet.jumps(Duration.ofHours(2));
    assertThat(wide.as("operator/bob", resolve(id)).getLines(0)).contains("stays open");
  }

  @Test
  void smallIncidentIsEndedByOnePersonAndItsRepairsGoOn() {
    WideFleet wide =
        WideFleet.of(40, 3, spec -> spec.getIncidentsBuilder().setMachines(3).setMassMachines(9));
    wide.losePower(wide.rack("r02"));
    wide.fleet.passes(Duration.ofMinutes(1));
    String id = wide.open().get(0).getId();
    assertThat(wide.fleet.sends(resolve(id)).getLines(0)).contains("budget's pace");
    assertThat(wide.rack("r02"))
        .as("DoNothing was held and is let go")
        .allMatch(each -> wide.fleet.show(each).getCondition() == Condition.PROBATION);
  }

  @Test
  void repairThatWasReadyIsHeldAndOneThatWasClaimedGoesOn() {
    WideFleet wide = WideFleet.of(40);
    List<String> early = List.of("m-020", "m-021");
    early.forEach(each -> wide.fleet.machine(each).failsOnce("disk").failsAgain("disk"));
    assertThat(wide.begun()).hasSize(2);
    wide.fleet.repairService().claims("m-021");
    wide.losePower(wide.rack("r02"));
    assertThat(wide.causes()).containsExactly("rack/r02");
    assertThat(wide.fleet.repairOf("m-020").getState()).isEqualTo(Repair.State.WAITING);
    assertThat(wide.begun()).extracting(Repair::getMachine).containsExactly("m-021");
  }

  @Test
  void switchInFailureExplainsTheMachinesBehindItHoweverFew() {
    WideFleet wide = WideFleet.of(40);
    putSwitch(wide, Condition.FAILURE);
    wide.err("heartbeat", List.of("m-000", "m-011"));
    assertThat(wide.causes()).containsExactly("switch/sw00");
    assertThat(wide.open().get(0).getSentence()).contains("switch sw00 is in FAILURE itself");
    wide.fleet.passes(Duration.ofMinutes(5));
    assertThat(wide.everReady()).isEmpty();
    assertThat(wide.open()).hasSize(1);

    putSwitch(wide, Condition.HEALTHY);
    wide.areWell(List.of("m-000", "m-011")).areWell(List.of("m-000", "m-011"));
    wide.fleet.passes(Duration.ofMinutes(1));
    assertThat(wide.open()).isEmpty();
  }

  private static void putSwitch(WideFleet wide, Condition condition) {
    Machine device =
        Machine.newBuilder()
            .setName("sw00")
            .setType("switches")
            .setKind(DeviceKind.DEVICE_SWITCH)
            .setLifecycle(Lifecycle.IN_SERVICE)
            .setCondition(condition)
            .setRepairId(condition == Condition.FAILURE ? "R-999" : "")
            .build();
    Repair repair =
        Repair.newBuilder()
            .setId("R-999")
            .setMachine("sw00")
            .setOrder(999)
            .setState(condition == Condition.FAILURE ? Repair.State.CLAIMED : Repair.State.DONE)
            .build();
    wide.fleet.putEverywhere(new Change(Table.REPAIR, "R-999", repair));
    wide.fleet.putEverywhere(new Change(Table.MACHINE, "sw00", device));
  }

  @Test
  void explanationSaysWhatWhyAndWhatEndsIt() throws RefusedException {
    WideFleet wide = WideFleet.of(40);
    wide.losePower(wide.rack("r02"));
    wide.fleet.passes(Duration.ofMinutes(1));
    String id = wide.open().get(0).getId();
    Explanation why = Explainer.explain(wide.fleet.state, "incident", id, wide.fleet.now());
    assertThat(why.getSentence()).contains("rack r02 is the likely cause", "10 of its 10 machines");
    assertThat(why.getEvidenceList())
        .anyMatch(each -> each.startsWith("now: it explains 10 machines"))
        .anyMatch(each -> each.startsWith("it holds 10 repairs: R-"))
        .anyMatch(each -> each.startsWith("m-020: unreachable since"));
    assertThat(why.getConsideredList()).anyMatch(each -> each.startsWith("switch sw01"));
    assertThat(why.getNextWhat()).contains("ends by itself", "pilot incident resolve " + id);
    assertThat(why.getNextAt()).isPositive();
  }

  @Test
  void statusShowsIncidentsAndQuarantine() {
    WideFleet wide = WideFleet.of(40);
    wide.losePower(wide.rack("r02"));
    StatusReply status = StatusView.of(wide.fleet.state, wide.fleet.now()).build();
    assertThat(status.getIncidentsOpen()).isEqualTo(1);
    assertThat(status.getOpenIncidents(0).getValue()).isEqualTo("r02");
    assertThat(code(status, "INCIDENT_OPEN").getSeverity()).as("a quarter of it").isEqualTo("ERR");
    assertThat(code(status, "INCIDENT_OPEN").getScope()).isEqualTo("rack/r02");

    wide.err("heartbeat", wide.names(each -> !each.getRack().equals("r02")).subList(0, 20));
    status = StatusView.of(wide.fleet.state, wide.fleet.now()).build();
    assertThat(code(status, "WATCHDOG_QUARANTINED").getScope()).isEqualTo("watchdog/heartbeat");
  }

  private static HealthCode code(StatusReply status, String code) {
    return status.getCodesList().stream()
        .filter(each -> each.getCode().equals(code))
        .findFirst()
        .orElseThrow();
  }

  /** What a fail-over changes: which requests share an entry, and nothing else. */
  @Test
  void sameReportsInOtherEntriesGiveTheSameIncidents() {
    FleetScenario fleet = FleetScenario.inService();
    for (int i = 3; i <= 7; i++) {
      fleet.machine("web-0" + i).losesPower();
    }
    fleet.passes(Duration.ofMinutes(3));
    fleet.machine("web-01").reports(io.pilothouse.api.v1.VerdictKind.ERROR, "disk");
    for (int i = 3; i <= 7; i++) {
      fleet.machine("web-0" + i).reportsOk();
    }
    fleet.passes(Duration.ofMinutes(5));
    List<Incident> asItWas = List.copyOf(fleet.state.incidents());
    assertThat(asItWas).isNotEmpty();

    State other = new State();
    Apply apply = new Apply();
    long index = 0;
    for (Entry entry : inOtherEntries(fleet.log)) {
      apply.apply(other, entry, ++index);
    }
    assertThat(List.copyOf(other.incidents())).isEqualTo(asItWas);
  }

  /** Neighbours with the same stamp in one entry, by threes. */
  private static List<Entry> inOtherEntries(List<Entry> log) {
    List<Entry> entries = new ArrayList<>();
    List<Request> requests = new ArrayList<>();
    long at = 0;
    for (Entry entry : log) {
      if (entry.getAt() != at || requests.size() >= 3) {
        entries.add(Entry.newBuilder().setAt(at).addAllRequests(requests).build());
        requests.clear();
      }
      at = entry.getAt();
      requests.addAll(entry.getRequestsList());
    }
    entries.add(Entry.newBuilder().setAt(at).addAllRequests(requests).build());
    return entries;
  }

  private static Command.Builder resolve(String incident) {
    return Command.newBuilder()
        .setResolveIncident(ResolveIncident.newBuilder().setIncident(incident));
  }

  @Test
  void fatalFaultsThatWentWithTheirCauseReplaceNothing() {
    WideFleet wide = WideFleet.of(40);
    List<String> rack = wide.rack("r02");
    wide.losePower(rack);
    wide.report("reachable", VerdictKind.ERROR, Severity.FATAL, rack);
    wide.fleet.passes(Duration.ofMinutes(3));
    String id = wide.open().get(0).getId();
    assertThat(rack)
        .allSatisfy(
            each -> assertThat(wide.fleet.repairOf(each).getAction()).isEqualTo(Action.REPLACE));

    wide.areWell(rack);
    assertThat(wide.count(Condition.FAILURE)).isZero();
    wide.areWell(rack);
    wide.fleet.passes(Duration.ofMinutes(1).plus(QuickFleet.QUIET));
    assertThat(wide.incident(id).getState()).isEqualTo(Incident.State.CLOSED);
    assertThat(wide.everReady()).isEmpty();
    assertThat(wide.count(Condition.HEALTHY)).isEqualTo(40);
  }
}
