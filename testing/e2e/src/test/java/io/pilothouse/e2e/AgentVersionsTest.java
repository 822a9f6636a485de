package io.pilothouse.e2e;

import static org.assertj.core.api.Assertions.as;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.InstanceOfAssertFactories.STRING;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
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

/**
 * The agent itself rolls out, as the build packs it: the new one takes over while what runs goes
 * on, and one that is of no use is taken back by the launcher and by the rollout.
 */
@Tag("e2e")
@Tag("large")
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class AgentVersionsTest {
  private static final Duration LONG = Duration.ofMinutes(4);
  private static final List<String> MACHINES = List.of("web-01", "web-02", "web-03", "web-04");

  /** Time to report: enough where much else runs, and less than the default of two minutes. */
  private static final Fleet fleet = Fleet.prepare("agents", Map.of("PILOT_AGENT_CONFIRM", "30"));

  private static final PilotCli pilot = fleet.pilot;

  private static Map<String, String> running;

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
  void theNewAgentTakesOverAndWhatRunsGoesOn() throws IOException {
    Files.writeString(
        fleet.files().resolve("types/frontend.yaml"), "agent: agent\n", StandardOpenOption.APPEND);
    // a start of an agent takes its time where much else runs
    Path policies = fleet.files().resolve("policies/quick.yaml");
    String patient = Files.readString(policies).replace("probation-max: 30s", "probation-max: 60s");
    Files.writeString(policies, patient.replace("deadline: 2m", "deadline: 4m"));
    pilot.run("apply", fleet.files().toString(), "--yes").exits(0);
    pilot.run("manifest", "add", packed("0.2.0").toString()).exits(0);
    running = processes();
    long before = fleet.revision();

    String id = pilot.json("rollout", "start", "frontend", "agent@0.2.0").path("id").asText();
    assertThat(pilot.run(LONG, "rollout", "watch", id).exits(0).out()).contains("COMPLETED");

    fleet.awaitAllHealthy(LONG);
    theyRun("0.2.0");
    Events since = fleet.eventsAfter(before);
    for (String machine : MACHINES) {
      assertThat(since.machine(machine).kind("CONDITION").steps())
          .as("%s was watched, and never failed", machine)
          .containsExactly("HEALTHY → PROBATION", "PROBATION → HEALTHY");
    }
    nobodyWasRepaired(since);
  }

  @Test
  @Order(2)
  void anAgentThatDoesNotStartIsTakenBack() throws IOException {
    Path bad = packed("0.3.0");
    Files.writeString(bad.resolve("jvm/agent.args"), "-Xmx40m --no-such-option\n");
    isTakenBack(bad, "agent@0.3.0", "agent agent@0.3.0 was taken back: it ended 3 times");
  }

  @Test
  @Order(3)
  void anAgentThatNeverReportsIsTakenBack() throws IOException {
    Path bad = packed("0.4.0");
    // it waits for a debugger that nobody will attach
    Files.writeString(
        bad.resolve("jvm/agent.args"),
        "\n-agentlib:jdwp=transport=dt_socket,server=y,suspend=y,address=127.0.0.1:0\n",
        StandardOpenOption.APPEND);
    // the rollout may be the first to lose patience; whoever hangs is replaced by the launcher
    // alone
    isTakenBack(bad, "agent@0.4.0", "1 of 2 machines of canary failed on agent@0.4.0");
  }

  private static void isTakenBack(Path bad, String version, String why) throws IOException {
    long before = fleet.revision();
    pilot.run("manifest", "add", bad.toString()).exits(0);
    String id = pilot.json("rollout", "start", "frontend", version).path("id").asText();
    Ran watch = pilot.run(LONG, "rollout", "watch", id);
    assertThat(watch.exits(4).out()).contains("ROLLED_BACK", why);

    fleet.awaitAllHealthy(LONG);
    theyRun("0.2.0");
    Events since = fleet.eventsAfter(before);
    assertThat(since.subject("rollout/" + id).steps())
        .contains("canary PENDING → canary UNIT_ACTIVATING")
        .noneMatch(each -> each.contains("su-1 UNIT_ACTIVATING"));
    assertThat(since.machine("web-04").kind("CONDITION").items())
        .as("never reached the last unit")
        .isEmpty();
    nobodyWasRepaired(since);
  }

  /** Each machine's agent is this version, out of its directory, and runs what ran before. */
  private static void theyRun(String version) throws IOException {
    for (String machine : MACHINES) {
      JsonNode now = fleet.machine(machine);
      assertThat(now.path("agent").asText()).as(machine).isEqualTo("agent@" + version);
      Path home = fleet.disk(machine).toRealPath().resolve("manifests/agent").resolve(version);
      assertThat(Processes.agents(fleet.home(), machine).stream().map(Processes::commandLine))
          .as(machine)
          .singleElement(as(STRING))
          .contains("-cp " + home + "/lib/*");
      assertThat(fleet.page(machine)).contains("web 1.0.0");
    }
    assertThat(processes()).as("the processes and when they were started").isEqualTo(running);
  }

  private static void nobodyWasRepaired(Events since) {
    assertThat(since.kind("ACTION").items()).as("%s", since).isEmpty();
  }

  /** Of each machine, as its agent wrote it down: pid and time of the start. */
  private static Map<String, String> processes() throws IOException {
    Map<String, String> all = new TreeMap<>();
    for (String machine : MACHINES) {
      String server = Files.readString(fleet.disk(machine).resolve("run/server.properties"));
      long pid = Long.parseLong(server.replaceAll("(?s).*pid=(\\d+).*", "$1"));
      assertThat(ProcessHandle.of(pid)).as("%s of %s", server, machine).isPresent();
      all.put(machine, server);
    }
    return all;
  }

  /** The agent of the distribution under a version of its own. */
  private static Path packed(String version) throws IOException {
    Path dir = fleet.home().resolve("agent-" + version);
    Editing.copy(PilotCli.distribution().resolve("agent"), dir);
    Path document = dir.resolve("agent.yaml");
    String text = Files.readString(document);
    Files.writeString(document, text.replaceAll("version: .*", "version: \"" + version + "\""));
    return dir;
  }
}
