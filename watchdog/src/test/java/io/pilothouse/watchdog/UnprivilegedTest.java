package io.pilothouse.watchdog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.pilothouse.api.v1.VerdictKind;
import io.pilothouse.api.v1.WatchdogSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a root gives up before it runs somebody's script. */
@Tag("system")
@Timeout(30)
class UnprivilegedTest {
  @TempDir private Path dir;

  @BeforeEach
  void onlyRootCanBecomeAnother() throws IOException {
    assertThat(RunAs.isRoot()).as("run by root, who alone can become another user").isTrue();
    // as on a machine whose disk is the agent's alone
    Files.setPosixFilePermissions(dir, PosixFilePermissions.fromString("rwx------"));
  }

  @Test
  void itRunsAsNobodyAndCannotReadWhatIsRootsAlone() throws Exception {
    Path secret = Files.writeString(dir.resolve("key"), "secret");
    Files.setPosixFilePermissions(secret, PosixFilePermissions.fromString("rw-------"));
    ScriptResult result =
        run("", "id -un; cat " + secret + " >&2 && exit 2; cat ../../key >&2 && exit 2; exit 0");
    assertThat(result.kind()).isEqualTo(VerdictKind.OK);
    assertThat(result.text()).isEqualTo("nobody");
    assertThat(result.stderr()).contains("Permission denied").doesNotContain("secret");
  }

  @Test
  void itHasNoRightsAndCanGainNone() throws Exception {
    String rights = "grep -E '^(CapEff|CapBnd|NoNewPrivs|Groups):' /proc/self/status | xargs";
    assertThat(run("", rights).text())
        .isEqualTo(
            "Groups: CapBnd: 0000000000000000 NoNewPrivs: 1"
                .replace("CapBnd", "CapEff: 0000000000000000 CapBnd"));
  }

  @Test
  void itsDirectoryIsItsOwnAndItsScriptIsNot() throws Exception {
    ScriptResult result =
        run(
            "",
            "echo state > kept || exit 2; echo bad >> ../disk && exit 2; touch ../x && exit 2; ls");
    assertThat(result.kind()).isEqualTo(VerdictKind.OK);
    assertThat(result.text()).isEqualTo("kept");
    assertThat(run("", "cat kept").text()).isEqualTo("state");
  }

  @Test
  void itMayAskForRoot() throws Exception {
    assertThat(run("root", "id -un").text()).isEqualTo("root");
    // and what it has written as nobody is still in its way, not lost
    assertThat(run("", "id -un").text()).isEqualTo("nobody");
  }

  @Test
  void aUserThatIsNotThereIsSaid() {
    assertThatThrownBy(() -> run("nobdy", "exit 0"))
        .isInstanceOf(IOException.class)
        .hasMessage(
            "there is no user \"nobdy\" on this machine: create it, or name another as user:");
    assertThatThrownBy(() -> run("$(id)", "exit 0"))
        .hasMessageContaining("cannot be a user's name");
  }

  @Test
  void standardErrorCanBeOpenedAgain() throws Exception {
    assertThat(run("", "echo oops > /dev/stderr").stderr()).isEqualTo("oops\n");
  }

  @Test
  void theTimeoutKillsWhatRunsAsNobody() throws Exception {
    ScriptResult result = run("", "trap '' TERM; sleep 60 & wait; sleep 60");
    assertThat(result.text()).isEqualTo("timed out after 500 ms");
  }

  private ScriptResult run(String user, String body) throws Exception {
    WatchdogSpec spec =
        WatchdogSpec.newBuilder()
            .setName("disk")
            .setUser(user)
            .setTimeoutMs(body.contains("sleep") ? 500 : 20_000)
            .setScript(ByteString.copyFromUtf8("#!/bin/sh\n" + body + "\n"))
            .build();
    return new ScriptRunner().run(new ScriptBox(dir.resolve("watchdogs")).prepare(spec, Map.of()));
  }
}
