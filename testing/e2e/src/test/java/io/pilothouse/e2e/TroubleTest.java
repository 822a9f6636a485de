package io.pilothouse.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
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

/** Wrong requests and parts that die or lie, on a small fleet: each is told, nothing is lost. */
@Tag("e2e")
@Tag("large")
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class TroubleTest {
  private static final Duration SHORT = Duration.ofSeconds(30);
  private static final Duration ROLLOUT = Duration.ofMinutes(2);
  private static final String[] SMALL = {"--machines", "4", "--replicas", "1"};

  private static final Fleet fleet = Fleet.prepare("small");
  private static final PilotCli pilot = fleet.pilot;

  @BeforeAll
  static void up() {
    fleet.up(SMALL);
  }

  @AfterAll
  static void down() {
    fleet.close();
  }

  @Test
  @Order(1)
  void whatDoesNotExistIsNamedWithWhatIsNear() {
    refused(1, "web-33", "machine", "show", "web-33");
    refused(1, "web-03", "machine", "show", "web-33");
    refused(1, "web-33", "machine", "history", "web-33");
    refused(1, "web-33", "machine", "hold", "web-33", "--reason", "x");
    refused(1, "web-33", "explain", "machine", "web-33");
    refused(1, "web-33", "dev", "kill", "web-33");
    refused(1, "frontent", "rollout", "plan", "frontent", "web@1.1.0");
    refused(1, "frontend", "rollout", "start", "frontent", "web@1.1.0");
    refused(1, "web@1.1.1", "rollout", "plan", "frontend", "web@1.1.1");
    refused(1, "1.1.0", "rollout", "start", "frontend", "web@1.1.1");
    refused(1, "O-99", "rollout", "show", "O-99");
    refused(1, "R-99", "repair", "show", "R-99");
    refused(1, "O-99", "explain", "rollout", "O-99");
    refused(1, "hartbeat", "watchdog", "promote", "hartbeat");
    Ran json = pilot.run("machine", "show", "web-33", "-o", "json").exits(1);
    assertThat(json.out()).as("data only on stdout").isEmpty();
    assertThat(json.error().path("code").asText()).isEqualTo("NOT_FOUND");
    assertThat(json.error().path("remedy").asText()).isNotEmpty();
  }

  @Test
  @Order(2)
  void wrongUsageAndActsWithoutReasonOrYesAreRefused() {
    refused(2, "frobnicate", "frobnicate");
    refused(2, "web", "rollout", "plan", "frontend", "web");
    refused(2, "yamll", "status", "-o", "yamll");
    refused(2, "cow", "explain", "cow", "web-01");
    refused(2, "reason", "machine", "hold", "web-01");
    refused(2, "reason", "repair", "freeze");
    refused(2, "api", "rollout", "plan", "frontend", "api@1.0.0");
    refused(6, "--yes", "machine", "decommission", "web-01", "--reason", "never");
    refused(6, "--yes", "dm", "finalise");
    refused(6, "every unit", "rollout", "start", "frontend", "web@1.0.0");
    refused(6, "not held", "machine", "unhold", "web-01");
    refused(6, "AWAITING_REPLACEMENT", "machine", "replaced", "web-01");
    refused(8, "127.0.0.1:1", "status", "--servers", "127.0.0.1:1", "--timeout", "2s");
    assertThat(fleet.status().path("health").asText()).isEqualTo("HEALTH_OK");
  }

  @Test
  @Order(3)
  void aVersionThatNoReplicaHoldsIsNotRolledOut() {
    String body =
        """
        {"manifest":{"ref":{"name":"web","version":"9.0.0","digest":"%s"},"files":1,"bytes":"1"},
         "context":{"clientId":"e2e","sequence":"1","reason":"registered without its content"}}
        """
            .formatted("0123456789abcdef".repeat(4));
    String register =
        "https://127.0.0.1:%s/pilothouse.v1.Operator/RegisterManifest"
            .formatted(Fleet.BASE_PORT + 521);
    assertThat(fleet.post(register, body).statusCode()).isEqualTo(200);
    refused(6, "no deployment replica", "rollout", "plan", "frontend", "web@9.0.0");
    refused(6, "web@9.0.0", "rollout", "start", "frontend", "web@9.0.0");
  }

  @Test
  @Order(4)
  void aVersionIsAddedOnceAndNeverChanges() throws IOException {
    Path dir = fleet.home().resolve("mine");
    Files.createDirectories(dir);
    Path manifest = dir.resolve("manifest.yaml");
    Files.writeString(manifest, "kind: Manifest\nname: web\nversion: \"1.0.0\"\nprocesess: []\n");
    Ran wrong = pilot.run("manifest", "add", dir.toString()).exits(2);
    assertThat(wrong.err()).contains("manifest.yaml:4:1", "processes");
    Files.writeString(
        manifest,
        """
        kind: Manifest
        name: web
        version: "1.0.0"
        processes:
          - name: server
            run: exec sleep 1000
        """);
    refused(6, "web@1.0.0", "manifest", "add", dir.toString());
    Files.writeString(manifest, Files.readString(manifest).replace("1.0.0", "1.0.1"));
    JsonNode added = pilot.json("manifest", "add", dir.toString());
    assertThat(added.path("digest").asText()).matches("[0-9a-f]{64}");
    JsonNode again = pilot.json("manifest", "add", dir.toString());
    assertThat(again.path("digest")).isEqualTo(added.path("digest"));
  }

  @Test
  @Order(5)
  void aRolloutCompletesWithoutOneDeploymentReplica() {
    String id = pilot.json("rollout", "start", "frontend", "web@1.1.0").path("id").asText();
    pilot.run("dev", "kill", "deployment-1").exits(0);
    Ran watch = pilot.run(ROLLOUT, "rollout", "watch", id);
    assertThat(watch.exits(0).out()).contains("COMPLETED");
    assertThat(fleet.page("web-04")).contains("web 1.1.0");
    JsonNode without =
        fleet.awaitStatus("the lost replica is told", SHORT, each -> !each.path("codes").isEmpty());
    assertThat(without.path("health").asText()).isEqualTo("HEALTH_WARN");
    assertThat(without.path("codes").toString()).contains("deployment-1");
    for (JsonNode code : without.path("codes")) {
      Keys.in(code, "code", "severity", "count", "scope", "since", "action", "see");
    }
    pilot.run("dev", "start", "deployment-1").exits(0);
    fleet.awaitStatus(
        "all is well again", SHORT, each -> each.path("health").asText().equals("HEALTH_OK"));
  }

  /**
   * A second agent, without web-02's key, claims to be web-02. (That web-01's key does not open
   * web-02's door either is held by the tests of the Device Manager's edge.)
   */
  @Test
  @Order(6)
  void anAgentThatClaimsToBeAnotherMachineIsTurnedAway() throws Exception {
    long before = fleet.revision();
    JsonNode real = fleet.machine("web-02");
    Path lair = Files.createDirectories(fleet.home().resolve("impostor"));
    Files.createDirectories(lair.resolve("chassis"));
    Files.createDirectories(lair.resolve("disk"));
    Files.writeString(lair.resolve("chassis/boot_id"), "11111111-1111-1111-1111-111111111111\n");
    Files.writeString(lair.resolve("chassis/boot_device"), "disk\n");
    File log = lair.resolve("agent.log").toFile();
    ProcessBuilder builder =
        new ProcessBuilder(impostorsCommand(lair))
            .redirectInput(new File("/dev/null"))
            .redirectErrorStream(true)
            .redirectOutput(log);
    builder.environment().put("PILOT_HOME", fleet.home().toString());
    builder.environment().put("PILOT_MACHINE", "impostor");
    Process impostor = builder.start();
    try {
      Await.until(
          "the impostor is refused for its key",
          SHORT,
          () -> read(log.toPath()),
          each -> each.contains("the key of machine/web-02 is not the one"),
          fleet::diagnosis);
    } finally {
      impostor.destroyForcibly().waitFor();
    }
    JsonNode after = fleet.machine("web-02");
    assertThat(after.path("boot_id")).isEqualTo(real.path("boot_id"));
    assertThat(after.path("address")).isEqualTo(real.path("address"));
    assertThat(fleet.eventsAfter(before).machine("web-02").items()).isEmpty();
  }

  /** Last, because it stops the fleet: its data is given to a replica of another cluster. */
  @Test
  @Order(7)
  void aReplicaDoesNotStartOnAnotherClustersData() throws IOException {
    fleet.down();
    try (Fleet other = Fleet.prepare("other")) {
      Files.createDirectories(other.home());
      Editing.copy(fleet.files(), other.files());
      Path cluster = other.files().resolve("cluster.yaml");
      Files.writeString(
          cluster, Files.readString(cluster).replace("name: quickstart", "name: elsewhere"));
      Files.createDirectories(other.home().resolve("data"));
      Editing.copy(fleet.home().resolve("data/dm-1"), other.home().resolve("data/dm-1"));
      Ran up = other.tryUp(SMALL);
      assertThat(up.exits(1).err()).contains("dm-1", "quickstart", "elsewhere");
      assertThat(read(other.home().resolve("log/dm-1.log"))).contains("quickstart", "elsewhere");
    }
    fleet.up();
    assertThat(fleet.page("web-04")).as("what it was taken from is as before").contains("1.1.0");
  }

  /** The command of web-02's agent, on another disk and other ports. */
  private static List<String> impostorsCommand(Path lair) throws IOException {
    Path spec = fleet.home().resolve("machines/web-02/chassis/spec.json");
    ArrayNode command = (ArrayNode) Keys.parse(Files.readString(spec)).path("command");
    List<String> words = new ArrayList<>();
    command.forEach(each -> words.add(each.asText()));
    assertThat(command).contains(TextNode.valueOf("web-02"));
    words.subList(0, 2).clear(); // without the launcher, which would start it again
    words.set(words.indexOf("--chassis") + 1, lair.resolve("chassis").toString());
    words.set(words.indexOf("--disk") + 1, lair.resolve("disk").toString());
    words.set(words.indexOf("--http") + 1, "127.0.0.1:" + (Fleet.BASE_PORT + 561));
    words.set(words.indexOf("--address") + 1, "127.0.0.1:" + (Fleet.BASE_PORT + 562));
    return words;
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new Ran.Unexpected(file + ": " + e);
    }
  }

  /** The command ends with this code, names the value, and says what to do. */
  private static void refused(int code, String named, String... command) {
    Ran ran = pilot.run(command).exits(code);
    // what was done until then may be told before
    assertThat(ran.err()).as("%s", ran).containsPattern("(?m)^pilot: ").contains(named, "remedy:");
    assertThat(ran.out()).as("%s", ran).isEmpty();
  }
}
