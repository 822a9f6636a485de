package io.pilothouse.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

/**
 * The index-serving case of the Autopilot paper: two rows of five columns behind HAProxy are asked
 * all the while, and no query is lost to a rollout of the columns or of the balancers, a lost
 * machine, a bad version or a roll-back.
 */
@Tag("e2e")
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class IndexServingTest {
  private static final Duration SHORT = Duration.ofSeconds(60);
  private static final Duration LONG = Duration.ofMinutes(3);
  private static final List<String> FRONTENDS =
      List.of(
          "http://127.0.0.1:" + (Fleet.BASE_PORT + 11),
          "http://127.0.0.1:" + (Fleet.BASE_PORT + 12));
  private static final List<String> OF_FRONTENDS =
      List.of("rollout of the frontends", "roll-back of the frontends");

  private static final Fleet fleet = Fleet.prepare("index-serving");
  private static final PilotCli pilot = fleet.pilot;
  private static Searching searching;

  @BeforeAll
  static void up() {
    fleet.up("--example", "index-serving", "--replicas", "1");
    searching = Searching.start(FRONTENDS);
  }

  @AfterAll
  static void down() {
    if (searching != null) {
      searching.close();
    }
    fleet.close();
  }

  @Test
  @Order(1)
  void bothFrontendsAnswerFromAllColumns() {
    for (String frontend : FRONTENDS) {
      JsonNode answer = ask(frontend);
      assertThat(answer.path("complete").asBoolean()).as("%s", answer).isTrue();
      assertThat(answer.path("machines"))
          .extracting(each -> each.asText().substring("idx-r1-".length()))
          .containsExactly("c1", "c2", "c3", "c4", "c5");
      assertThat(answer.path("hits")).isNotEmpty();
      assertThat(answer.path("hits").get(0).path("title").asText()).contains("Northern Light");
    }
    searching.phase("steady");
  }

  @Test
  @Order(2)
  void aNewVersionGoesRowByRow() {
    long before = fleet.revision();
    searching.phase("rollout");
    String id = pilot.json("rollout", "start", "index", "index@1.1.0").path("id").asText();
    pilot.run(LONG, "rollout", "watch", id).exits(0);
    Events story = fleet.eventsAfter(before).subject("rollout/" + id);
    assertThat(story.first("row-1 PASSED").path("revision").asLong())
        .as("row-2 answers until row-1 is done: %s", story)
        .isLessThan(story.first("row-2 UNIT_ACTIVATING").path("revision").asLong());
    fleet.awaitAllHealthy(SHORT);
    assertThat(versions()).containsExactly("1.1.0");
  }

  @Test
  @Order(3)
  void aRolloutThatWasCompletedIsRolledBackByOrder() {
    searching.phase("roll-back of what was completed");
    rollsBackTheNewest("index");
    assertThat(versions()).containsExactly("1.0.0");
  }

  @Test
  @Order(4)
  void aLostMachinesColumnIsAnsweredByTheOtherRow() {
    searching.phase("loss of a machine");
    String boot = fleet.machine("idx-r1-c3").path("boot_id").asText();
    pilot.run("dev", "kill", "idx-r1-c3").exits(0);
    fleet.awaitMachine(
        "idx-r1-c3",
        "is in FAILURE",
        SHORT,
        each -> each.path("condition").asText().equals("FAILURE"));
    JsonNode answer = ask(FRONTENDS.get(0));
    assertThat(answer.path("complete").asBoolean()).as("%s", answer).isTrue();
    assertThat(answer.path("machines").get(2).asText()).isEqualTo("idx-r2-c3");
    fleet.awaitMachine(
        "idx-r1-c3",
        "is HEALTHY after a reboot",
        LONG,
        each ->
            each.path("condition").asText().equals("HEALTHY")
                && !each.path("boot_id").asText().equals(boot));
  }

  @Test
  @Order(5)
  void aVersionThatFailsUnderLoadIsRolledBackInItsFirstRow() {
    searching.phase("bad version");
    String id = pilot.json("rollout", "start", "index", "index@1.2.0-bad").path("id").asText();
    pilot.run(LONG, "rollout", "watch", id).exits(4);
    List<String> failed = new ArrayList<>();
    for (JsonNode unit : fleet.rollout(id).path("units")) {
      unit.path("failed_machines").forEach(each -> failed.add(each.asText()));
      if (unit.path("name").asText().equals("row-2")) {
        assertThat(unit.path("switched")).as("the other row never ran it").isEmpty();
      }
    }
    assertThat(failed).isNotEmpty().allMatch(each -> each.startsWith("idx-r1-"));
    fleet.awaitAllHealthy(LONG);
    assertThat(versions()).containsExactly("1.0.0");
  }

  @Test
  @Tag("large")
  @Order(6)
  void aRolloutUnderWayIsRolledBackByOrder() {
    searching.phase("roll-back by order");
    String id = pilot.json("rollout", "start", "index", "index@1.1.0").path("id").asText();
    Await.until(
        "machines of row-1 are switched",
        LONG,
        () -> fleet.rollout(id).path("units").get(0).path("switched"),
        switched -> switched.size() > 0,
        fleet::diagnosis);
    pilot.run("rollout", "rollback", id, "--reason", "titles count for less").exits(0);
    pilot.run(LONG, "rollout", "watch", id).exits(4);
    fleet.awaitAllHealthy(LONG);
    assertThat(versions()).containsExactly("1.0.0");
  }

  @Test
  @Tag("large")
  @Order(7)
  void theFrontendsAreSwitchedOneAfterTheOtherAndBack() {
    searching.phase(OF_FRONTENDS.get(0));
    String id = pilot.json("rollout", "start", "frontend", "frontend@1.1.0").path("id").asText();
    pilot.run(LONG, "rollout", "watch", id).exits(0);
    fleet.awaitAllHealthy(SHORT);
    frontendsRun("1.1.0");
    searching.phase(OF_FRONTENDS.get(1));
    rollsBackTheNewest("frontend");
    frontendsRun("1.0.0");
  }

  @Test
  @Order(8)
  void noQueryFailedAndNoAnswerMissedAColumn() {
    Map<String, JsonNode> phases = searching.end();
    phases.values().forEach(each -> System.out.println("index serving: " + each));
    assertThat(phases).containsKeys(searching.begun().toArray(String[]::new));
    phases.forEach(
        (name, phase) -> {
          assertThat(phase.path("requests").asInt()).as("%s", phase).isPositive();
          assertThat(phase.path("failed").asInt())
              .as("%s: %s", phase, searching.complaints())
              .isZero();
          assertThat(phase.path("partial").asInt())
              .as("%s: %s", phase, searching.complaints())
              .isZero();
          assertThat(phase.path("complete")).isEqualTo(phase.path("requests"));
        });
    assertThat(phases.get("steady").path("versions").has("1.0.0")).isTrue();
    assertThat(phases.get("rollout").path("versions").has("1.1.0")).isTrue();
    for (String name : searching.begun().stream().filter(OF_FRONTENDS::contains).toList()) {
      JsonNode phase = phases.get(name);
      assertThat(phase.path("moved").asInt())
          .as("users asked the other frontend: %s", phase)
          .isPositive();
      assertThat(phase.path("broken").asInt())
          .as("what a frontend had accepted it answered: %s: %s", phase, searching.complaints())
          .isZero();
    }
  }

  /** The newest rollout of a type is complete and every machine on its version; it is undone. */
  private static void rollsBackTheNewest(String type) {
    JsonNode all = pilot.json("rollout", "list", "--type", type).path("items");
    JsonNode newest = all.get(all.size() - 1);
    String id = newest.path("id").asText();
    assertThat(newest.path("state").asText()).as("%s", newest).isEqualTo("COMPLETED");
    pilot.run("rollout", "rollback", id, "--reason", "as it was before").exits(0);
    pilot.run(LONG, "rollout", "watch", id).exits(4);
    fleet.awaitAllHealthy(LONG);
  }

  private static void frontendsRun(String version) {
    for (String machine : List.of("fe-1", "fe-2")) {
      assertThat(fleet.machine(machine).path("active").path("frontend").asText())
          .as(machine)
          .isEqualTo(version);
    }
  }

  private static JsonNode ask(String frontend) {
    return Keys.parse(fleet.get(frontend + "/search?k=3&q=northern+light"));
  }

  /** The versions that answer, of either row. */
  private static List<String> versions() {
    List<String> versions = new ArrayList<>();
    for (int row = 1; row <= 2; row++) {
      for (JsonNode each : ask(FRONTENDS.get(0)).path("versions")) {
        if (!versions.contains(each.asText())) {
          versions.add(each.asText());
        }
      }
    }
    return versions;
  }
}
