package io.pilothouse.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;

/**
 * Editing a fleet directory: types, policies, and a health script dropped in.
 *
 * @param files the directory
 */
record Editing(Fleet fleet, Path files) {
  private static final Duration SHORT = Duration.ofSeconds(30);

  Editing(Fleet fleet) {
    this(fleet, fleet.files());
  }

  /** A right edit is planned, refused without a yes, applied once, and then no change is left. */
  void aRightEditIsPlannedAndApplied() throws IOException {
    assertThat(planned(0)).as("nothing was edited yet").contains("no changes");
    Files.writeString(
        files.resolve("policies/patient.yaml"),
        """
        kind: RepairPolicy
        name: patient
        confirm-after: 6s
        quiet: 3s
        probation-max: 20s
        """);
    replace("types/frontend.yaml", "repair-policy: quick", "repair-policy: patient");
    long before = fleet.revision();
    assertThat(planned(3))
        .contains("type/frontend", "repair-policy", "quick", "patient", "repair-policy/patient");
    JsonNode plan = fleet.pilot.json("plan", dir());
    assertThat(plan.path("items").findValuesAsText("object")).contains("type/frontend");
    assertThat(plan.path("machines_touched").asInt()).isEqualTo(10);
    Ran asked = fleet.pilot.run("apply", dir());
    assertThat(asked.exits(6).err()).as("no terminal to ask on").contains("10 of 12", "--yes");
    assertThat(applied(before)).as("neither plan nor a refused apply changed anything").isEmpty();

    String revision = plan.path("revision").asText();
    fleet.pilot.run("apply", dir(), "--if-revision", revision, "--yes").exits(0);
    assertThat(applied(before)).as("one apply is one change").hasSize(1);
    assertThat(planned(0)).contains("no changes");
    Files.writeString(
        files.resolve("policies/patient.yaml"),
        """
        kind: RepairPolicy
        name: patient
        confirm-after: 7s
        quiet: 3s
        probation-max: 20s
        """);
    Ran stale = fleet.pilot.run("apply", dir(), "--if-revision", revision, "--yes");
    assertThat(stale.exits(6).err()).as("the server has moved on").contains(revision);
    replace("policies/patient.yaml", "confirm-after: 7s", "confirm-after: 6s");
  }

  /** Each mistake is told with its place, all at once, and nothing is changed. */
  void aWrongEditIsToldInFullAndChangesNothing() throws IOException {
    long before = fleet.revision();
    Editing wrong = new Editing(fleet, fleet.home().resolve("wrong"));
    copy(files, wrong.files);
    int keyLine = wrong.line("cluster.yaml", "report-every");
    wrong.replace("types/frontend.yaml", "repair-policy: patient", "repair-policy: patent");
    wrong.replace("policies/quick.yaml", "confirm-after: 5s", "confirm-after: 5 lightyears");
    wrong.replace("cluster.yaml", "report-every: 1s", "report-evry: 1s");
    wrong.replace("machines.csv", "web-10,frontend,su-2", "web-09,frontend,su-2");
    for (String command : List.of("validate", "plan", "apply")) {
      Ran ran = fleet.pilot.run(command, wrong.dir(), "--yes");
      assertThat(ran.exits(2).err().lines())
          .as("%s", ran)
          .anyMatch(each -> wrong.isPlace(each, "types/frontend.yaml", 7, "\"patent\""))
          .anyMatch(each -> wrong.isPlace(each, "types/frontend.yaml", 7, "mean \"patient\""))
          .anyMatch(each -> wrong.isPlace(each, "policies/quick.yaml", 5, "5 lightyears"))
          .anyMatch(each -> wrong.isPlace(each, "cluster.yaml", keyLine, "report-evry"))
          .anyMatch(each -> wrong.isPlace(each, "machines.csv", 11, "web-09"));
    }
    Ran json = fleet.pilot.run("apply", wrong.dir(), "--yes", "-o", "json").exits(2);
    assertThat(json.error().path("code").asText()).isEqualTo("INVALID");
    assertThat(applied(before)).as("nothing was changed").isEmpty();
  }

  /** A plug-in starts in shadow mode, where even its fatal error starts nothing; then it counts. */
  void aDroppedInScriptShadowsThenCounts() throws IOException {
    long before = fleet.revision();
    Path script = files.resolve("watchdogs/fan.sh");
    Files.writeString(
        script,
        """
        #!/bin/sh
        # pilot: every=1s timeout=2s severity=fatal types=frontend
        [ -e fan-is-broken ] && { echo "FAN CRITICAL - stands still"; exit 2; }
        echo "FAN OK - turns | rpm=4200"
        """);
    Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));
    JsonNode tried = fleet.pilot.json("watchdog", "test", script.toString());
    assertThat(tried.path("verdict").asText()).isEqualTo("OK");
    assertThat(tried.path("text").asText()).contains("turns");
    assertThat(tried.path("counters").get(0).path("label").asText()).isEqualTo("rpm");
    assertThat(fleet.pilot.run("watchdog", "test", script.toString()).exits(0).out())
        .contains("OK", "FAN OK - turns", "meaning");

    assertThat(planned(3)).contains("watchdog/fan", "shadow");
    fleet.pilot.run("apply", dir(), "--yes").exits(0);
    JsonNode shadow = awaitFan("every frontend reports OK in shadow mode", "ok", 10);
    assertThat(shadow.path("mode").asText()).isEqualTo("SHADOW");

    Path broken = fleet.disk("web-06").resolve("watchdogs/fan/work/fan-is-broken");
    Files.createFile(broken);
    awaitFan("one machine's fan is broken", "error", 1);
    Ran risky = fleet.pilot.run("watchdog", "promote", "fan");
    assertThat(risky.exits(6).err()).as("it would fail a machine").contains("1 machine", "--yes");
    Files.delete(broken);
    awaitFan("every fan turns", "ok", 10);
    assertThat(fleet.eventsAfter(before).kind("CONDITION").items())
        .as("a shadow fails no machine, not even with a fatal error")
        .isEmpty();

    fleet.pilot.run("watchdog", "promote", "fan").exits(0);
    JsonNode live = awaitFan("it counts", "ok", 10);
    assertThat(live.path("mode").asText()).isEqualTo("LIVE");
    assertThat(fleet.pilot.run("watchdog", "list").exits(0).out()).contains("fan", "LIVE");
    fleet.awaitAllHealthy(SHORT);
  }

  JsonNode fan() {
    for (JsonNode each : fleet.pilot.json("watchdog", "list").path("items")) {
      if (each.path("name").asText().equals("fan")) {
        return each;
      }
    }
    throw new AssertionError("watchdog list does not name fan");
  }

  private JsonNode awaitFan(String what, String verdict, int count) {
    return Await.until(
        what,
        SHORT,
        this::fan,
        each -> each.path("verdicts").path(verdict).asInt() == count,
        fleet::diagnosis);
  }

  /** What {@code plan} prints when it ends with this code under {@code --detailed-exitcode}. */
  private String planned(int detailed) {
    fleet.pilot.run("plan", dir()).exits(0);
    return fleet.pilot.run("plan", dir(), "--detailed-exitcode").exits(detailed).out();
  }

  private List<JsonNode> applied(long since) {
    return fleet.eventsAfter(since).kind("FLEET").items();
  }

  private String dir() {
    return files.toString();
  }

  private boolean isPlace(String line, String file, int number, String value) {
    String place = "\\Q" + files.resolve(file) + "\\E:" + number + ":[1-9]\\d*: .*";
    return line.matches(place) && line.contains(value);
  }

  /** The number of the line that begins with a key. */
  private int line(String file, String key) throws IOException {
    List<String> lines = Files.readAllLines(files.resolve(file));
    return 1
        + lines.indexOf(
            lines.stream().filter(each -> each.startsWith(key)).findFirst().orElseThrow());
  }

  /** Copies a directory; the new one must not exist yet. */
  static void copy(Path from, Path to) throws IOException {
    try (Stream<Path> walk = Files.walk(from)) {
      for (Path path : walk.toList()) {
        Files.copy(path, to.resolve(from.relativize(path).toString()));
      }
    }
  }

  private void replace(String file, String old, String by) throws IOException {
    Path path = files.resolve(file);
    String text = Files.readString(path);
    assertThat(text).as("%s", path).containsOnlyOnce(old);
    Files.writeString(path, text.replace(old, by));
  }
}
