package io.pilothouse.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

/**
 * What else rolls out than manifests: a set of health scripts, and the machines' image; and back.
 */
@Tag("e2e")
@Tag("large")
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class ThingsTest {
  private static final Duration LONG = Duration.ofMinutes(5);
  private static final List<String> MACHINES = List.of("web-01", "web-02", "web-03", "web-04");

  private static final Fleet fleet = Fleet.prepare("things");
  private static final PilotCli pilot = fleet.pilot;

  @BeforeAll
  static void up() {
    fleet.up("--machines", "4", "--replicas", "1");
  }

  @AfterAll
  static void down() {
    fleet.close();
  }

  @Test
  @Order(1)
  void aWatchdogSetGoesUnitByUnitAndItsScriptsSpeak() throws IOException {
    Files.writeString(
        fleet.files().resolve("types/frontend.yaml"),
        "watchdog-set: checks\n",
        StandardOpenOption.APPEND);
    pilot.run("apply", fleet.files().toString(), "--yes").exits(0);
    add(
        set(
            "1",
            """
            [ -e "$PILOT_DISK/os/etc/os-release" ] || { echo 'checks 1: no os-release'; exit 2; }
            echo 'checks 1: room enough'"""));

    String id = completes("checks@1");
    assertThat(fleet.rollout(id).path("units").findValuesAsText("state")).containsOnly("PASSED");
    for (String machine : MACHINES) {
      assertThat(fleet.machine(machine).path("watchdog_set").asText()).isEqualTo("checks@1");
      fleet.awaitMachine(
          machine, "says what the set says", LONG, each -> says(each, "checks 1: room enough"));
    }
    assertThat(fleet.page("web-04")).as("what runs went on").contains("web 1.0.0");
  }

  @Test
  @Order(2)
  void aBadSetStopsInTheCanaryAndGoesBack() throws IOException {
    long before = fleet.revision();
    add(set("2", "echo 'line 3: syntax error'; exit 2"));
    String id = pilot.json("rollout", "start", "frontend", "checks@2").path("id").asText();
    Ran watch = pilot.run(LONG, "rollout", "watch", id);
    assertThat(watch.exits(4).out()).contains("ROLLED_BACK");

    fleet.awaitAllHealthy(LONG);
    for (String machine : MACHINES) {
      assertThat(fleet.machine(machine).path("watchdog_set").asText()).isEqualTo("checks@1");
    }
    Events switches =
        fleet.eventsAfter(before).where(each -> Events.text(each, "to").equals("checks@2"));
    assertThat(switches.machine("web-04").items()).as("never reached the last unit").isEmpty();
    assertThat(
            fleet
                .eventsAfter(before)
                .kind("ACTION")
                .where(each -> Events.text(each, "to").equals("EXECUTING"))
                .items())
        .as("no machine was repaired for it")
        .isEmpty();
  }

  @Test
  @Order(3)
  void anImageIsInstalledUnitByUnit() throws IOException {
    long before = fleet.revision();
    add(image("2.0", "os-release"));

    String id = completes("base@2.0");
    Events story = fleet.eventsAfter(before).subject("rollout/" + id);
    for (String machine : MACHINES) {
      JsonNode now = fleet.machine(machine);
      assertThat(now.path("image").asText()).isEqualTo("base@2.0");
      assertThat(now.path("watchdog_set").asText()).as("came back with all").isEqualTo("checks@1");
      assertThat(fleet.page(machine)).contains("web 1.0.0");
    }
    assertThat(story.steps())
        .containsSubsequence(
            "canary PENDING → canary UNIT_ACTIVATING",
            "canary UNIT_VERIFYING → canary PASSED",
            "su-1 PENDING → su-1 UNIT_ACTIVATING");
    fleet.awaitAllHealthy(LONG);
  }

  @Test
  @Order(4)
  void anImageThatLeavesMachinesBadGoesBackBeforeAnybodyElseHasIt() throws IOException {
    long before = fleet.revision();
    add(image("3.0", "motd"));
    String id = pilot.json("rollout", "start", "frontend", "base@3.0").path("id").asText();
    Ran watch = pilot.run(LONG, "rollout", "watch", id);
    assertThat(watch.exits(4).out()).contains("ROLLED_BACK", "no os-release");

    fleet.awaitAllHealthy(LONG);
    for (String machine : MACHINES) {
      assertThat(fleet.machine(machine).path("image").asText()).isEqualTo("base@2.0");
      assertThat(fleet.disk(machine).resolve("os/etc/os-release")).hasContent("image 2.0");
      assertThat(fleet.page(machine)).contains("web 1.0.0");
    }
    Events since = fleet.eventsAfter(before);
    assertThat(since.subject("rollout/" + id).steps())
        .contains("canary PENDING → canary UNIT_ACTIVATING")
        .noneMatch(each -> each.contains("su-1 UNIT_ACTIVATING"));
    assertThat(since.kind("LIFECYCLE").machine("web-04").items())
        .as("never reached the last unit")
        .isEmpty();
    assertThat(
            since.kind("ACTION").where(each -> Events.text(each, "to").equals("EXECUTING")).items())
        .as("the rollout went back, nothing was repaired")
        .isEmpty();
  }

  @Test
  @Order(5)
  void anotherFleetInThePlaceOfThisOneIsRefused() {
    Ran up = fleet.tryUp("--example", "index-serving");
    assertThat(up.exits(6).err())
        .contains("the fleet in " + fleet.home() + " is up", "pilot down", "--home", "--base-port");
    fleet.down();
    Ran resumed = fleet.tryUp("--example", "index-serving");
    assertThat(resumed.exits(6).err())
        .contains("was made from", "examples/quickstart", "--fresh", "--home");
    assertThat(Processes.describe(Processes.of(fleet.home()))).isEmpty();
  }

  private static String completes(String version) {
    String id = pilot.json("rollout", "start", "frontend", version).path("id").asText();
    Ran watch = pilot.run(LONG, "rollout", "watch", id);
    assertThat(watch.exits(0).out()).as("%s", watch).contains("COMPLETED");
    return id;
  }

  private static boolean says(JsonNode machine, String text) {
    return machine.path("verdicts").toString().contains(text);
  }

  private static Path set(String version, String script) throws IOException {
    Path dir = Files.createDirectories(fleet.home().resolve("checks-" + version));
    Files.writeString(
        dir.resolve("watchdogs.yaml"),
        "kind: WatchdogSet\nname: checks\nversion: \"%s\"\n".formatted(version));
    Path disk = dir.resolve("disk.sh");
    Files.writeString(disk, "#!/bin/sh\n# pilot: every=5s timeout=2s\n%s\n".formatted(script));
    Files.setPosixFilePermissions(disk, PosixFilePermissions.fromString("rwxr-xr-x"));
    return dir;
  }

  private static Path image(String version, String file) throws IOException {
    Path dir = Files.createDirectories(fleet.home().resolve("base-" + version));
    Files.writeString(
        dir.resolve("image.yaml"), "kind: Image\nname: base\nversion: \"%s\"\n".formatted(version));
    Path etc = Files.createDirectories(dir.resolve("etc"));
    Files.writeString(etc.resolve(file), "image %s\n".formatted(version));
    return dir;
  }

  private static void add(Path dir) {
    pilot.run("manifest", "add", dir.toString()).exits(0);
  }
}
