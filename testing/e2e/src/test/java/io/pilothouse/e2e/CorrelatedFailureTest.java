package io.pilothouse.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

/**
 * The tour's section on failures with one cause: what fails together is not repaired one by one.
 */
@Tag("e2e")
@Tag("large")
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class CorrelatedFailureTest {
  private static final Duration SHORT = Duration.ofSeconds(45);
  private static final Duration LONG = Duration.ofMinutes(4);
  private static final List<String> RACK = List.of("web-01", "web-04", "web-07", "web-10");

  private static final Fleet fleet = Fleet.prepare("correlated");
  private static final PilotCli pilot = fleet.pilot;

  @BeforeAll
  static void up() {
    fleet.up("--replicas", "1");
  }

  @AfterAll
  static void down() {
    fleet.close();
  }

  @Test
  @Order(1)
  void aRackLosesPowerInTheMiddleOfARollout() {
    long before = fleet.revision();
    String rollout = pilot.json("rollout", "start", "frontend", "web@1.1.0").path("id").asText();
    Await.until(
        "machines of su-1 are being switched",
        LONG,
        () -> fleet.rollout(rollout).path("units"),
        units -> units.get(1).path("switched").size() > 0,
        fleet::diagnosis);
    assertThat(pilot.json("dev", "rack-down", "r1").findValuesAsText("name"))
        .containsExactlyElementsOf(RACK);

    JsonNode incident = awaitIncident("rack", "r1");
    assertThat(incident.path("domain").asText()).isEqualTo("rack/r1");
    Await.until(
        "it explains the whole rack",
        SHORT,
        () -> incident(incident.path("id").asText()).path("machines"),
        each -> each.size() == RACK.size(),
        fleet::diagnosis);
    for (String machine : RACK) {
      fleet.awaitMachine(
          machine,
          "is in FAILURE",
          SHORT,
          each -> each.path("condition").asText().equals("FAILURE"));
    }
    String why = pilot.run("explain", "incident", incident.path("id").asText()).exits(0).out();
    assertThat(why).contains("rack").contains("r1").contains(RACK);
    JsonNode machine = pilot.json("explain", "machine", "web-04");
    assertThat(machine.path("vetoes").findValuesAsText("kind")).contains("incident");
    assertThat(machine.path("vetoes").findValuesAsText("sentence").toString())
        .contains(incident.path("id").asText());
    JsonNode status = fleet.status();
    assertThat(status.path("incidents").path("open").asInt()).isEqualTo(1);
    assertThat(status.path("codes").findValuesAsText("code")).contains("INCIDENT_OPEN");

    pilot.run("dev", "rack-up", "r1").exits(0);
    fleet.awaitAllHealthy(LONG);
    Await.until(
        "the incident closes by itself",
        SHORT,
        () -> incident(incident.path("id").asText()),
        each -> each.path("state").asText().equals("CLOSED"),
        fleet::diagnosis);
    assertThat(pilot.json("incident", "list").path("items")).as("one incident").hasSize(1);
    Ran watch = pilot.run(LONG, "rollout", "watch", rollout);
    assertThat(watch.exits(0).out()).as("no rollout is blamed").contains("COMPLETED");
    assertThat(executed(before)).as("no machine was repaired").isEmpty();
    fleet.awaitAllHealthy(SHORT);
  }

  @Test
  @Order(2)
  void aWatchdogThatTurnsMostOfTheFleetRedIsQuarantined() {
    long before = fleet.revision();
    List<String> broken = new ArrayList<>();
    pilot
        .json("dev", "watchdog-error", "60%", "disk", "--fatal")
        .path("machines")
        .forEach(each -> broken.add(each.asText()));
    assertThat(broken).hasSize(8);
    JsonNode incident = awaitIncident("watchdog", "disk");
    assertThat(mode("disk")).isEqualTo("QUARANTINED");
    fleet.awaitAllHealthy(LONG);
    assertThat(executed(before)).as("zero repairs, fatal or not").isEmpty();
    String why = pilot.run("explain", "incident", incident.path("id").asText()).exits(0).out();
    assertThat(why).contains("disk").contains("quarantine");
    assertThat(fleet.status().path("codes").findValuesAsText("code"))
        .contains("WATCHDOG_QUARANTINED");

    pilot.run("dev", "watchdog-error", String.join(",", broken), "disk", "--clear").exits(0);
    Await.until(
        "its incident is over by itself",
        SHORT,
        () -> incident(incident.path("id").asText()).path("state").asText(),
        each -> each.equals("CLOSED"),
        fleet::diagnosis);
    assertThat(watchdog("disk").path("verdicts").path("ok").asInt()).isEqualTo(12);
    assertThat(mode("disk")).isEqualTo("LIVE");
    fleet.awaitAllHealthy(SHORT);
  }

  @Test
  @Order(3)
  void aFlappingMachineIsEscalated() {
    long before = fleet.revision();
    Ran flap = pilot.run(Duration.ofMinutes(8), "dev", "flap", "web-06", "disk", "--times", "8");
    assertThat(flap.exits(0).out()).contains("was escalated");
    JsonNode escalated =
        fleet
            .eventsAfter(before)
            .machine("web-06")
            .kind("ACTION")
            .where(each -> Events.text(each, "action").equals("Escalate"))
            .items()
            .get(0);
    assertThat(Events.text(escalated, "rule")).contains("Escalate");
    String repair = Events.text(escalated, "subject").substring("repair/".length());
    JsonNode why = pilot.json("explain", "repair", repair);
    assertThat(why.path("rule").asText()).contains("Escalate");
    assertThat(why.path("considered")).as("%s", why).isNotEmpty();
    assertThat(fleet.eventsAfter(before).where(each -> isRepairOfOthers(each)).items()).isEmpty();
    assertThat(fleet.status().path("codes").findValuesAsText("code")).contains("REPAIR_ESCALATED");
    assertThat(pilot.run("explain", "machine", "web-06").exits(0).out())
        .contains("a person must decide", "pilot repair approve");

    String reason = "its cable was loose, and is not any more";
    pilot.run("repair", "approve", repair, "--action", "Reboot", "--reason", reason).exits(0);
    Await.until(
        "what the person chose is carried out",
        LONG,
        () -> pilot.json("repair", "show", repair),
        each -> List.of("VERIFYING", "DONE").contains(each.path("state").asText()),
        fleet::diagnosis);
    pilot.run("dev", "watchdog-error", "web-06", "disk", "--clear").exits(0);
    fleet.awaitAllHealthy(LONG);
    JsonNode decided = pilot.json("repair", "show", repair);
    assertThat(decided.path("action").asText()).isEqualTo("Reboot");
    assertThat(decided.path("state").asText()).isEqualTo("DONE");
    assertThat(decided.path("approval").path("principal").asText()).startsWith("operator/");
    assertThat(decided.path("approval").path("reason").asText()).isEqualTo(reason);
    assertThat(
            fleet
                .eventsAfter(before)
                .where(each -> Events.text(each, "subject").equals("repair/" + repair))
                .where(each -> Events.text(each, "to").equals("EXECUTING"))
                .items())
        .as("once")
        .hasSize(1);
  }

  @Test
  @Order(4)
  void whatAnotherPolicyWouldHaveDoneIsToldFromTheRecord() {
    String file =
        PilotCli.module().resolve("../../manifests/examples/policies/default.yaml").toString();
    JsonNode told = pilot.json("policy", "test", file, "--policy", "quick");
    JsonNode summary = told.path("summary");
    assertThat(summary.path("policy").asText()).isEqualTo("default");
    assertThat(summary.path("types").toString()).contains("frontend");
    assertThat(summary.path("times_of_errors").asInt()).isPositive();
    assertThat(summary.path("actions_recorded").size()).isPositive();
    assertThat(summary.path("actions_under_file").size()).isPositive();
    assertThat(told.path("peaks").path("items").toString()).contains("fleet");
    assertThat(told.path("differences").path("cannot_know").asText()).isNotBlank();
  }

  @Test
  @Order(5)
  void aFleetIsSimulatedBesideTheRealOne() {
    JsonNode outcomes = pilot.json("simulate", "--machines", "20", "--days", "0.1");
    JsonNode ours = outcomes.path("outcomes").path(0);
    assertThat(ours.path("control").asText()).isEqualTo("pilothouse");
    assertThat(ours.path("machines").asInt()).isEqualTo(20);
    assertThat(ours.path("days").asDouble()).isEqualTo(0.1);
    assertThat(ours.path("repairs").path("wrong").asInt()).isZero();
    assertThat(ours.path("availability_percent").asDouble()).isBetween(90.0, 100.0);
    fleet.awaitAllHealthy(SHORT);
  }

  private static boolean isRepairOfOthers(JsonNode event) {
    return Events.text(event, "kind").equals("ACTION")
        && !Events.text(event, "machine").equals("web-06");
  }

  /** Repairs that touched a machine since. */
  private static List<String> executed(long before) {
    return fleet
        .eventsAfter(before)
        .kind("ACTION")
        .where(each -> Events.text(each, "to").equals("EXECUTING"))
        .items()
        .stream()
        .map(JsonNode::toString)
        .toList();
  }

  private static JsonNode awaitIncident(String dimension, String value) {
    return Await.until(
        "an incident of %s %s".formatted(dimension, value),
        SHORT,
        () -> {
          for (JsonNode each : pilot.json("incident", "list", "--open").path("items")) {
            if (each.path("dimension").asText().equals(dimension)
                && each.path("value").asText().equals(value)) {
              return each;
            }
          }
          throw new Ran.Unexpected("no such incident is open");
        },
        each -> true,
        () -> fleet.diagnosis() + pilot.run("incident", "list").all());
  }

  private static JsonNode incident(String id) {
    return pilot.json("incident", "show", id);
  }

  private static JsonNode watchdog(String name) {
    for (JsonNode each : pilot.json("watchdog", "list").path("items")) {
      if (each.path("name").asText().equals(name)) {
        return each;
      }
    }
    throw new Ran.Unexpected("no watchdog " + name);
  }

  private static String mode(String name) {
    return watchdog(name).path("mode").asText();
  }
}
