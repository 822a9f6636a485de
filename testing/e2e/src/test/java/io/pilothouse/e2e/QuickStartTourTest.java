package io.pilothouse.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

/** The README's tour, step by step, on one fleet: it deploys, breaks and heals itself. */
@Tag("e2e")
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class QuickStartTourTest {
  private static final List<String> CANARIES = List.of("web-01", "web-02");
  private static final Duration SHORT = Duration.ofSeconds(30);
  private static final Duration REPAIR = Duration.ofMinutes(2);

  private static final Fleet fleet = Fleet.prepare("tour");
  private static final PilotCli pilot = fleet.pilot;

  @BeforeAll
  static void up() {
    Ran up = fleet.up();
    System.out.printf("up: 12 machines healthy after %.1f s%n", up.took().toMillis() / 1000.0);
    assertThat(up.out()).contains("12 machines, 12 healthy", "addresses", "try next");
  }

  @AfterAll
  static void down() {
    fleet.close();
  }

  @Test
  @Order(1)
  void upBringsTwelveMachinesIntoServiceWithTheFirstVersion() {
    JsonNode status = fleet.status();
    assertThat(status.path("health").asText()).as("%s", status).isEqualTo("HEALTH_OK");
    assertThat(status.path("machines").path("healthy").asInt()).isEqualTo(12);
    assertThat(pilot.json("dm", "feature-level").path("level").asInt())
        .as("a new cluster begins with the newest rules")
        .isGreaterThan(1);
    JsonNode machines = pilot.json("machine", "list");
    assertThat(machines.path("items")).hasSize(12);
    for (JsonNode machine : machines.path("items")) {
      String address = machine.path("address").asText();
      assertThat(fleet.get("http://" + address + "/"))
          .as("what %s serves at %s", machine.path("name"), address)
          .contains("web 1.0.0");
    }
  }

  @Test
  @Order(2)
  void everyViewIsThereForPeopleAndForScripts() {
    Views views = new Views(fleet);
    views.haveTheContractsKeys();
    views.areReadable();
    views.followWhatHappens();
  }

  @Test
  @Order(3)
  void aNewVersionGoesUnitByUnitAndEveryMachineServesIt() {
    long before = fleet.revision();
    JsonNode plan = pilot.json("rollout", "plan", "frontend", "web@1.1.0");
    assertThat(plan.path("units").findValuesAsText("name"))
        .containsExactly("canary", "su-1", "su-2");
    assertThat(fleet.eventsAfter(before).kind("ROLLOUT").items())
        .as("a plan does nothing")
        .isEmpty();
    Ran stale =
        pilot.run("rollout", "start", "frontend", "web@1.1.0", "--plan", "0123456789abcdef");
    assertThat(stale.exits(6).err()).contains("0123456789abcdef");

    String digest = plan.path("digest").asText();
    String id =
        pilot
            .json("rollout", "start", "frontend", "web@1.1.0", "--plan", digest)
            .path("id")
            .asText();
    Ran watch = pilot.run(REPAIR, "rollout", "watch", id);
    assertThat(watch.exits(0).out()).contains("COMPLETED");

    JsonNode rollout = fleet.rollout(id);
    assertThat(rollout.path("state").asText()).isEqualTo("COMPLETED");
    assertThat(rollout.path("what").asText()).isEqualTo("web@1.1.0");
    assertThat(rollout.path("units").findValuesAsText("state"))
        .containsExactly("PASSED", "PASSED", "PASSED");
    Events story = fleet.eventsAfter(before).subject("rollout/" + id);
    assertThat(story.steps())
        .as("no unit begins before the one before has passed")
        .containsSubsequence(
            "PLANNED → STAGING",
            "canary PENDING → canary UNIT_ACTIVATING",
            "canary UNIT_VERIFYING → canary PASSED",
            "su-1 PENDING → su-1 UNIT_ACTIVATING",
            "su-1 UNIT_VERIFYING → su-1 PASSED",
            "su-2 PENDING → su-2 UNIT_ACTIVATING",
            "su-2 UNIT_VERIFYING → su-2 PASSED",
            "VERIFYING → COMPLETED");
    Events switches = fleet.eventsAfter(before).where(each -> runs(each, "web@1.1.0"));
    assertThat(switches.items()).as("each switched once").hasSize(10);
    for (String unit : List.of("canary", "su-1", "su-2")) {
      long begun = story.first(unit + " UNIT_ACTIVATING").path("revision").asLong();
      long passed = story.first(unit + " PASSED").path("revision").asLong();
      for (JsonNode machine : pilot.json("machine", "list", "--unit", unit).path("items")) {
        if (machine.path("type").asText().equals("frontend")) {
          String name = machine.path("name").asText();
          assertThat(switches.machine(name).first("web@1.1.0").path("revision").asLong())
              .as("%s of %s was switched in its unit's turn", name, unit)
              .isBetween(begun, passed);
          assertThat(fleet.page(name)).contains("web 1.1.0");
        }
      }
    }
    assertThat(fleet.page("api-01")).as("another type").contains("web 1.0.0");
  }

  @Test
  @Order(4)
  void aBadVersionStopsInTheCanaryAndIsRolledBackByItself() {
    long before = fleet.revision();
    String id = pilot.json("rollout", "start", "frontend", "web@1.2.0-bad").path("id").asText();
    Ran watch = pilot.run(REPAIR, "rollout", "watch", id);
    assertThat(watch.exits(4).out()).contains("ROLLED_BACK");

    JsonNode rollout = fleet.rollout(id);
    assertThat(rollout.path("state").asText()).isEqualTo("ROLLED_BACK");
    List<String> failed = new ArrayList<>();
    for (JsonNode unit : rollout.path("units")) {
      unit.path("failed_machines").forEach(each -> failed.add(each.asText()));
      if (!unit.path("name").asText().equals("canary")) {
        assertThat(unit.path("switched")).as("%s", unit).isEmpty();
        assertThat(unit.path("state").asText()).isEqualTo("PENDING");
      }
    }
    assertThat(failed).isNotEmpty();
    assertThat(CANARIES).containsAll(failed);
    Events bad =
        fleet
            .eventsAfter(before)
            .where(each -> !Events.text(each, "machine").isEmpty())
            .where(each -> each.toString().contains("web@1.2.0-bad"));
    assertThat(bad.items())
        .extracting(each -> Events.text(each, "machine"))
        .as("only canaries ever ran it, or were to: %s", bad)
        .isNotEmpty()
        .isSubsetOf(CANARIES);
    for (String canary : CANARIES) {
      fleet.awaitMachine(canary, "is back on 1.1.0", SHORT, each -> isHealthyOn(each, "1.1.0"));
      assertThat(fleet.page(canary)).contains("web 1.1.0");
    }
    JsonNode why = pilot.json("explain", "rollout", id);
    assertThat(why.path("sentence").asText()).contains("ROLLED_BACK", failed.get(0));
    assertThat(why.path("evidence").toString()).contains("web@1.2.0-bad", failed.get(0));
    assertThat(pilot.run("explain", "rollout").exits(0).out()).contains(failed.get(0));
  }

  @Test
  @Order(5)
  void powerLossIsNoticedAndHealedByTheLadder() {
    long before = fleet.revision();
    String boot = fleet.machine("web-03").path("boot_id").asText();
    Instant killed = Instant.now();
    pilot.run("dev", "kill", "web-03").exits(0);
    JsonNode healed =
        fleet.awaitMachine(
            "web-03",
            "is HEALTHY after a reboot",
            REPAIR,
            each -> isHealthyOn(each, "1.1.0") && !each.path("boot_id").asText().equals(boot));
    assertThat(healed.path("past_actions").findValuesAsText("action"))
        .containsExactly("DoNothing", "Reboot");

    Events story = fleet.history("web-03").after(before);
    Events conditions = story.kind("CONDITION");
    assertThat(conditions.steps())
        .containsExactly(
            "HEALTHY → FAILURE",
            "FAILURE → PROBATION",
            "PROBATION → FAILURE",
            "FAILURE → PROBATION",
            "PROBATION → HEALTHY");
    conditions
        .items()
        .forEach(each -> assertThat(each.path("evidence")).as("%s", each).isNotEmpty());
    Events actions = story.kind("ACTION");
    assertThat(actions.where(each -> each.path("to").asText().equals("ASSIGNED")).items())
        .extracting(each -> each.path("action").asText())
        .containsExactly("DoNothing", "Reboot");
    actions
        .items()
        .forEach(each -> assertThat(each.path("rule").asText()).as("%s", each).isNotEmpty());
    assertThat(actions.where(each -> each.path("action").asText().equals("Reboot")).steps())
        .containsSubsequence("CLAIMED → EXECUTING", "EXECUTING → VERIFYING")
        .last()
        .asString()
        .endsWith("→ DONE");
    assertThat(story.first("DONE").path("revision").asLong()).isPositive();
    Instant failure = Events.at(conditions.first("FAILURE"));
    Instant healthy = Events.at(conditions.first("HEALTHY"));
    System.out.printf(
        "power loss: FAILURE after %s, HEALTHY after %s%n",
        Duration.between(killed, failure), Duration.between(killed, healthy));
    assertThat(Duration.between(killed, healthy)).isLessThan(REPAIR);
  }

  @Test
  @Order(6)
  void brokenHardwareIsReplacedByATechnicianAndComesBack() throws IOException {
    JsonNode before = fleet.machine("web-04");
    pilot.run("dev", "watchdog-error", "web-04", "disk", "--fatal").exits(0);
    JsonNode ticket =
        Await.until(
                "a ticket for web-04",
                SHORT,
                () -> pilot.json("repair", "tickets").path("items"),
                each -> each.size() == 1,
                fleet::diagnosis)
            .get(0);
    assertThat(ticket.path("machine").asText()).isEqualTo("web-04");
    assertThat(ticket.path("action").asText()).isEqualTo("Replace");
    Path file = Path.of(ticket.path("ticket").path("where").asText());
    assertThat(file).startsWith(fleet.home().resolve("tickets"));
    assertThat(Files.readString(file)).contains("web-04", ticket.path("id").asText());
    assertThat(fleet.machine("web-04").path("lifecycle").asText())
        .isEqualTo("AWAITING_REPLACEMENT");
    assertThat(pilot.run("repair", "tickets").exits(0).out())
        .contains("pilot machine replaced web-04");

    pilot.run("machine", "replaced", "web-04").exits(0);
    JsonNode after =
        fleet.awaitMachine(
            "web-04", "is back on new hardware", REPAIR, each -> isHealthyOn(each, "1.1.0"));
    assertThat(after.path("generation").asLong()).isEqualTo(before.path("generation").asLong() + 1);
    assertThat(after.path("boot_id").asText()).isNotEqualTo(before.path("boot_id").asText());
    assertThat(after.path("error").isNull()).as("%s", after).isTrue();
    assertThat(verdicts(after)).containsEntry("disk", "OK");
    assertThat(fleet.page("web-04")).contains("web 1.1.0");
    assertThat(pilot.json("repair", "tickets").path("items")).isEmpty();
    assertThat(fleet.history("web-04").kind("LIFECYCLE").steps())
        .containsSubsequence(
            "IN_SERVICE → AWAITING_REPLACEMENT",
            "AWAITING_REPLACEMENT → PROVISIONING",
            "PROVISIONING → BURN_IN");
  }

  @Test
  @Order(7)
  void aChangedByteIsFoundRestoredAndReported() throws IOException {
    long before = fleet.revision();
    Map<String, String> sound = DirectoryBytes.of(fleet.disk("web-05").resolve("active"));
    JsonNode corrupt = pilot.json("dev", "corrupt", "web-05");
    Path file = Path.of(corrupt.path("file").asText());
    assertThat(file).startsWith(fleet.disk("web-05"));
    JsonNode report =
        Await.until(
                "filesync reports what it restored",
                SHORT,
                () -> fleet.eventsAfter(before).machine("web-05").subject("watchdog/filesync"),
                each -> !each.isEmpty(),
                fleet::diagnosis)
            .first("WARNING");
    assertThat(report.path("text").asText()).contains(file.getFileName().toString(), "restored");
    assertThat(DirectoryBytes.of(fleet.disk("web-05").resolve("active"))).isEqualTo(sound);
    assertThat(fleet.eventsAfter(before).machine("web-05").kind("CONDITION").items())
        .as("a repaired file is no failure of the machine")
        .isEmpty();
  }

  @Test
  @Order(8)
  void theLeaderDiesAndNothingIsLost() {
    long before = fleet.revision();
    String killed = pilot.json("dev", "kill", "dm-leader").path("killed").asText();
    assertThat(killed).startsWith("dm-");
    Map<String, Integer> holds = new TreeMap<>();
    for (int i = 1; i <= 5; i++) {
      String reason = "outage " + i;
      Ran hold = pilot.run("machine", "hold", "web-09", "--reason", reason);
      assertThat(hold.exitCode()).as("%s", hold).isIn(0, 8);
      holds.put(reason, hold.exitCode());
    }
    pilot.run("machine", "hold", "web-09", "--reason", "last").exits(0);
    assertThat(fleet.machine("web-09").path("hold").asText()).isEqualTo("last");
    Events done = fleet.eventsAfter(before).machine("web-09").kind("OPERATOR");
    holds.forEach(
        (reason, code) -> {
          int times = done.where(each -> Events.text(each, "reason").equals(reason)).items().size();
          // 8 says that the outcome is not known; 0 that it was done, and never twice
          assertThat(times)
              .as("%s ended with %s: %s", reason, code, done)
              .isBetween(code == 0 ? 1 : 0, 1);
        });
    pilot.run("machine", "unhold", "web-09").exits(0);

    JsonNode without =
        fleet.awaitStatus("two replicas", SHORT, each -> each.path("dm").path("up").asInt() == 2);
    assertThat(without.path("dm").path("leader").asText()).isNotEqualTo(killed).startsWith("dm-");
    assertThat(without.path("dm").path("quorum").asBoolean()).isTrue();
    assertThat(without.path("health").asText()).isEqualTo("HEALTH_WARN");

    assertThat(pilot.run("up").exits(6).err())
        .as("up says what ended, and how it is started")
        .contains("ended: " + killed, "pilot dev start");
    pilot.run("dev", "start", killed).exits(0);
    long revision = fleet.revision();
    fleet.awaitStatus("three replicas", SHORT, each -> each.path("dm").path("up").asInt() == 3);
    int number = Integer.parseInt(killed.substring("dm-".length()));
    String page = "https://127.0.0.1:%s/status".formatted(Fleet.BASE_PORT + 520 + number);
    Await.until(
        killed + " has applied what happened without it, revision " + revision,
        SHORT,
        () -> Keys.parse(fleet.get(page)).path("applied").asLong(),
        each -> each >= revision,
        fleet::diagnosis);
    fleet.awaitAllHealthy(SHORT);
    assertThat(fleet.eventsAfter(before).kind("CONDITION").items())
        .as("no machine suffers from a fail-over")
        .isEmpty();
  }

  @Test
  @Order(9)
  void theFleetIsEditedInPlainText() throws IOException {
    Editing editing = new Editing(fleet);
    editing.aRightEditIsPlannedAndApplied();
    editing.aWrongEditIsToldInFullAndChangesNothing();
  }

  @Test
  @Order(10)
  void aHealthScriptIsTriedDroppedInShadowedAndPromoted() throws IOException {
    new Editing(fleet).aDroppedInScriptShadowsThenCounts();
  }

  @Test
  @Order(11)
  void downLeavesNoProcessAndUpResumesTheSameFleet() {
    Map<String, String> before = versions();
    long revision = fleet.revision();
    assertThat(fleet.down().out()).contains("stopped");
    assertThat(pilot.run("status", "--timeout", "2s").exits(8).err()).contains("remedy:");

    Ran up = fleet.up();
    System.out.printf("up again: %.1f s%n", up.took().toMillis() / 1000.0);
    assertThat(up.all()).contains("resuming", "12 machines, 12 healthy");
    assertThat(versions()).isEqualTo(before);
    assertThat(fleet.revision()).isGreaterThanOrEqualTo(revision);
    assertThat(fleet.page("web-01")).contains("web 1.1.0");
    assertThat(fleet.page("api-01")).contains("web 1.0.0");
    assertThat(new Editing(fleet).fan().path("mode").asText()).isEqualTo("LIVE");
    assertThat(pilot.run("plan").exits(0).out()).contains("no changes");
  }

  /** Each machine with its unit and what it runs. */
  private static Map<String, String> versions() {
    Map<String, String> versions = new TreeMap<>();
    for (JsonNode each : pilot.json("machine", "list").path("items")) {
      versions.put(
          each.path("name").asText(),
          each.path("type") + " " + each.path("scale_unit") + " " + each.path("active"));
    }
    return versions;
  }

  private static boolean runs(JsonNode event, String version) {
    return Events.text(event, "kind").equals("ROLLOUT")
        && Events.text(event, "subject").startsWith("machine/")
        && Events.text(event, "to").equals(version);
  }

  private static boolean isHealthyOn(JsonNode machine, String version) {
    return machine.path("lifecycle").asText().equals("IN_SERVICE")
        && machine.path("condition").asText().equals("HEALTHY")
        && machine.path("active").path("web").asText().equals(version);
  }

  private static Map<String, String> verdicts(JsonNode machine) {
    Map<String, String> verdicts = new TreeMap<>();
    for (JsonNode each : machine.path("verdicts")) {
      verdicts.put(each.path("watchdog").asText(), each.path("verdict").asText());
    }
    return verdicts;
  }
}
