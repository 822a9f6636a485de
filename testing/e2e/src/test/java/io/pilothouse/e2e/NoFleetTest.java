package io.pilothouse.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
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
