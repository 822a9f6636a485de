package io.pilothouse.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What goes wrong before there is a fleet, and what needs none. */
@Tag("e2e")
class NoFleetTest {
  @TempDir Path dir;

  @Test
  void aPortInUseIsNamedAndNothingIsStarted() throws IOException {
    int port = Fleet.BASE_PORT + 521;
    try (Fleet fleet = Fleet.prepare("port-in-use");
        ServerSocket taken = new ServerSocket()) {
      taken.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
      Ran up = fleet.tryUp("--machines", "6", "--replicas", "1");
      assertThat(up.exits(6).err()).contains("127.0.0.1:" + port, "--base-port");
      assertThat(Processes.describe(Processes.of(fleet.home()))).isEmpty();
    }
  }

  @Test
  void aHomeThatCannotBeMadeIsNamed() throws IOException {
    Path file = Files.createFile(dir.resolve("file"));
    Ran up = new PilotCli(file.resolve("home")).run("up");
    assertThat(up.exits(1).err()).contains(file.resolve("home").toString(), "PILOT_HOME");
  }

  @Test
  void aDirectoryThatIsNoFleetIsNotRemoved() throws IOException {
    Path mine = Files.writeString(dir.resolve("thesis.tex"), "years of work");
    Ran up = new PilotCli(dir).run("up", "--fresh");
    assertThat(up.exits(6).err()).contains(dir.toString());
    assertThat(mine).exists();
  }

  @Test
  void impossibleSizesAreRefused() {
    PilotCli pilot = new PilotCli(dir);
    assertThat(pilot.run("up", "--machines", "0").exits(2).err()).contains("--machines 0");
    assertThat(pilot.run("up", "--machines", "241").exits(2).err()).contains("240");
    assertThat(pilot.run("up", "--replicas", "2").exits(2).err()).contains("--replicas 2");
    assertThat(pilot.run("up", "--base-port", "65000").exits(2).err()).contains("65000");
  }

  @Test
  void whatAFleetCannotBeMadeFromIsNamedAndNothingIsMade() throws IOException {
    Path home = dir.resolve("home");
    PilotCli pilot = new PilotCli(home);
    Ran unknown = pilot.run("up", "--example", "index-servin");
    assertThat(unknown.exits(2).err())
        .contains("no example \"index-servin\"", "index-serving, offers, quickstart");
    Ran nowhere = pilot.run("up", "--fleet", dir.resolve("nowhere").toString());
    assertThat(nowhere.exits(2).err()).contains("there is no directory", "nowhere", "--example");
    Path empty = Files.createDirectories(dir.resolve("empty"));
    Ran noFleet = pilot.run("up", "--fleet", empty.toString());
    assertThat(noFleet.exits(2).err()).contains(empty.toString(), "cluster.yaml", "--example");
    Ran both = pilot.run("up", "--fleet", empty.toString(), "--example", "quickstart");
    assertThat(both.exits(2).err()).contains("--fleet and --example");
    Ran sized = pilot.run("up", "--example", "index-serving", "--machines", "3");
    assertThat(sized.exits(2).err()).contains("--machines", "machines.csv");
    assertThat(home).doesNotExist();
  }

  @Test
  void aFleetWithMistakesIsToldThemAllBeforeTheOldOneIsThrownAway() throws IOException {
    Path home = dir.resolve("home");
    Path mine = Files.createDirectories(home.resolve("fleet"));
    Files.writeString(mine.resolve("cluster.yaml"), "kind: Cluster\nname: mine\n");
    Path fleet = dir.resolve("theirs/fleet");
    Files.createDirectories(fleet.getParent());
    Path examples = PilotCli.module().resolve("../../manifests/examples");
    Editing.copy(examples.resolve("quickstart"), fleet);
    Path type = fleet.resolve("types/frontend.yaml");
    String text = Files.readString(type);
    Files.writeString(type, text.replace("image: base", "image: bse"));
    Path cluster = fleet.resolve("cluster.yaml");
    Files.writeString(
        cluster, Files.readString(cluster).replace("report-every: 1s", "report-every: 1"));
    PilotCli pilot = new PilotCli(home);
    String source = fleet.getParent().toString();
    Ran wrong = pilot.run("up", "--fresh", "--fleet", source);
    assertThat(wrong.exits(2).err())
        .contains(type + ":4:8: image: there is no Image \"bse\" (did you mean \"base\"?)")
        .contains(cluster + ":12:15: report-every: ", "did you mean \"1s\"");

    // the fleet is right now, and one of the versions that it names is not
    Files.writeString(type, text);
    Files.copy(
        examples.resolve("quickstart/cluster.yaml"), cluster, StandardCopyOption.REPLACE_EXISTING);
    Path version = Files.createDirectories(fleet.resolveSibling("contents/web/3.0.0"));
    Files.writeString(
        version.resolve("manifest.yaml"), "kind: Manifest\nname: web\nversion: \"3.0.0\"\n");
    Ran content = pilot.run("up", "--fresh", "--fleet", source);
    assertThat(content.exits(2).err()).contains(version + "/manifest.yaml:", "processes");
    assertThat(mine).as("the fleet that was there").isNotEmptyDirectory();
    assertThat(Processes.describe(Processes.of(home))).isEmpty();
  }

  @Test
  void withoutAFleetCommandsSayHowToStartOne() {
    PilotCli pilot = new PilotCli(dir);
    assertThat(pilot.run("status").exits(8).err()).contains("pilot up", dir.toString());
    assertThat(pilot.run("down").exits(1).err()).contains(dir.toString());
    assertThat(pilot.run("status", "-o", "json").exits(8).error().path("code").asText())
        .isEqualTo("NO_SERVERS");
  }

  @Test
  void helpIsThereForEveryNoun() {
    PilotCli pilot = new PilotCli(dir);
    String help = pilot.run("--help").exits(0).out();
    for (String noun : new String[] {"up", "status", "machine", "rollout", "apply", "watchdog"}) {
      assertThat(help).contains(noun);
      assertThat(pilot.run(noun, "--help").exits(0).out()).startsWith("Usage: pilot " + noun);
    }
    assertThat(pilot.run("--version").exits(0).out()).startsWith("pilot ");
    assertThat(pilot.run("man").exits(0).out()).startsWith(".TH \"PILOT\" \"1\"");
  }

  @Test
  void aScriptThatHangsIsEndedAndUnknown() throws IOException {
    // its child would hold the pipe open: the whole group must go
    Path script = script("#!/bin/sh\n# pilot: every=60s timeout=1s\nsleep 300 & sleep 300\n");
    Ran ran = new PilotCli(dir).run("watchdog", "test", script.toString(), "-o", "json");
    assertThat(ran.exits(1).json().path("verdict").asText()).as("%s", ran).isEqualTo("UNKNOWN");
    assertThat(ran.took()).isLessThan(Duration.ofSeconds(20));
    assertThat(Processes.describe(Processes.of(dir))).as("what the script started").isEmpty();
  }

  @Test
  void aScriptThatFloodsIsCutShort() throws IOException {
    Path script = script("#!/bin/sh\n# pilot: every=60s timeout=2s\nexec yes FLOOD\n");
    Ran ran = new PilotCli(dir).run("watchdog", "test", script.toString(), "-o", "json");
    assertThat(ran.exits(1).out().length()).as("bounded output").isLessThan(100_000);
    assertThat(ran.json().path("verdict").asText()).isEqualTo("UNKNOWN");
  }

  @Test
  void aScriptThatIsNotExecutableIsUnknown() throws IOException {
    Path script = script("#!/bin/sh\n# pilot: every=60s timeout=2s\nexit 0\n");
    Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rw-r--r--"));
    JsonNode verdict = unknown(script);
    assertThat(verdict.path("text").asText()).contains("execut");
  }

  @Test
  void aScriptThatExitsWithSevenIsUnknown() throws IOException {
    JsonNode verdict = unknown(script("#!/bin/sh\n# pilot: every=60s\necho odd\nexit 7\n"));
    assertThat(verdict.path("exit").asInt()).isEqualTo(7);
    assertThat(verdict.path("text").asText() + verdict.path("meaning").asText()).contains("7");
  }

  @Test
  void aScriptThatIsNotThereIsNamed() {
    Path script = dir.resolve("nowhere.sh");
    Ran ran = new PilotCli(dir).run("watchdog", "test", script.toString());
    assertThat(ran.exits(2).err()).contains(script.toString());
  }

  private JsonNode unknown(Path script) {
    Ran ran = new PilotCli(dir).run("watchdog", "test", script.toString(), "-o", "json").exits(1);
    assertThat(ran.json().path("verdict").asText()).as("%s", ran).isEqualTo("UNKNOWN");
    return ran.json();
  }

  private Path script(String text) throws IOException {
    Path script = Files.writeString(dir.resolve("script.sh"), text);
    return Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));
  }
}
