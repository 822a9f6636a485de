package io.pilothouse.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.pilothouse.api.v1.ListWatchdogsReply;
import io.pilothouse.api.v1.SetWatchdogModeRequest;
import io.pilothouse.api.v1.WatchdogRow;
import io.pilothouse.api.v1.WatchdogSpec;
import io.pilothouse.api.v1.WatchdogState;
import io.pilothouse.api.v1.WriteReply;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WatchdogCommandsTest {
  private final FakeDm dm = new FakeDm();
  private final Path dir;

  WatchdogCommandsTest(@TempDir Path dir) throws IOException {
    this.dir = dir;
  }

  @AfterEach
  void stop() {
    dm.close();
  }

  private String script(String text, String permissions) throws IOException {
    Path script = dir.resolve("check.sh");
    Files.writeString(script, text);
    Files.setPosixFilePermissions(script, PosixFilePermissions.fromString(permissions));
    return script.toString();
  }

  @Test
  void aScriptIsTriedByItsHeader() throws IOException {
    String script =
        script(
            """
            #!/bin/sh
            # pilot: every=60s timeout=5s severity=fatal
            echo "DISK CRITICAL - $1 | used=99%"
            echo '{"fault": "disk.smart"}'
            exit 2
            """,
            "rwxr-xr-x");

    Typed typed = Typed.run("watchdog", "test", script, "sda", "-o", "json");

    assertThat(typed.code()).isEqualTo(1);
    JsonNode json = new ObjectMapper().readTree(typed.out());
    assertThat(json.path("verdict").asText()).isEqualTo("ERROR");
    assertThat(json.path("text").asText()).isEqualTo("DISK CRITICAL - sda");
    assertThat(json.path("fault").asText()).isEqualTo("disk.smart");
    assertThat(json.path("severity").asText()).isEqualTo("fatal");
    assertThat(json.path("meaning").asText()).contains("replaced");
    assertThat(json.path("counters").path(0).path("value").asDouble()).isEqualTo(99);
    assertThat(json.path("remarks")).isEmpty();
  }

  @Test
  void whoRanItAndHowItWasReadIsShown() throws IOException {
    String script =
        script(
            "#!/bin/sh\n# pilot: protocol=npd\necho \"disk is hung | a=1\"; exit 1\n", "rwxr-xr-x");

    JsonNode json =
        new ObjectMapper().readTree(Typed.run("watchdog", "test", script, "-o", "json").out());
    assertThat(json.path("verdict").asText()).isEqualTo("ERROR");
    assertThat(json.path("text").asText()).isEqualTo("disk is hung | a=1");
    assertThat(json.path("protocol").asText()).isEqualTo("npd");
    assertThat(json.path("user").asText()).contains("nobody");
    assertThat(Typed.run("watchdog", "test", script).out())
        .contains("protocol npd")
        .contains("nobody");
  }

  @Test
  void countersAreShownInBaseUnits() throws IOException {
    String script =
        script("#!/bin/sh\n# pilot: every=60s\necho \"fine | read=48ms\"\n", "rwxr-xr-x");

    assertThat(Typed.run("watchdog", "test", script).out())
        .contains("counter   read = 48.0 ms (0.048 seconds)");
  }

  @Test
  void builtInOnesAreListedWithoutADeviceManager() throws IOException {
    Typed typed = Typed.run("watchdog", "builtins");
    assertThat(typed.code()).isZero();
    assertThat(typed.out()).contains("crash-loop", "process that ends again and again");
    JsonNode json =
        new ObjectMapper().readTree(Typed.run("watchdog", "builtins", "-o", "json").out());
    assertThat(json.path("items")).hasSizeGreaterThan(10);
    assertThat(Typed.run("watchdog", "builtins", "-o", "name").out()).contains("slow\n");
  }

  @Test
  void aPluginWithoutHeaderRunsAndIsRemarkedOn() throws IOException {
    Typed typed = Typed.run("watchdog", "test", script("#!/bin/sh\necho fine\n", "rwxr-xr-x"));

    assertThat(typed.code()).isZero();
    assertThat(typed.out()).startsWith("OK  fine\n");
    assertThat(typed.err()).contains("cannot be dropped into watchdogs/").contains("with a header");
  }

  @Test
  void badScriptsAreUnknown() throws IOException {
    String header = "#!/bin/sh\n# pilot: timeout=300ms\n";

    Typed hangs = Typed.run("watchdog", "test", script(header + "sleep 60\n", "rwxr-xr-x"));
    assertThat(hangs.code()).isEqualTo(1);
    assertThat(hangs.out()).startsWith("UNKNOWN  timed out after 300 ms");

    Typed seven = Typed.run("watchdog", "test", script(header + "exit 7\n", "rwxr-xr-x"));
    assertThat(seven.code()).isEqualTo(1);
    assertThat(seven.out()).startsWith("UNKNOWN  exited with 7");

    Typed noBit = Typed.run("watchdog", "test", script(header + "exit 0\n", "rw-r--r--"));
    assertThat(noBit.code()).isEqualTo(1);
    assertThat(noBit.out()).contains("not executable");

    assertThat(Typed.run("watchdog", "test", dir + "/gone").code()).isEqualTo(2);
  }

  private Typed pilot(String... args) {
    String[] all = new String[args.length + 2];
    System.arraycopy(args, 0, all, 0, args.length);
    all[args.length] = "--servers";
    all[args.length + 1] = dm.address();
    return Typed.run(all);
  }

  private void knows(int errors, int silent) {
    dm.answers("SetWatchdogMode", WriteReply.newBuilder().setRevision(5).build());
    dm.answers(
        "ListWatchdogs",
        ListWatchdogsReply.newBuilder()
            .addItems(
                WatchdogRow.newBuilder()
                    .setSpec(WatchdogSpec.newBuilder().setName("load").setEveryMs(5000))
                    .setState(
                        WatchdogState.newBuilder()
                            .setName("load")
                            .setMode(WatchdogState.Mode.SHADOW))
                    .setOk(10)
                    .setError(errors)
                    .setSilent(silent))
            .build());
  }

  @Test
  void promoteAsksWhenMachinesWouldFail() {
    knows(2, 1);

    Typed typed = pilot("watchdog", "promote", "load");
    assertThat(typed.code()).isEqualTo(6);
    assertThat(typed.err()).contains("on 3 machines now");
    assertThat(dm.methods()).doesNotContain("SetWatchdogMode");

    assertThat(pilot("watchdog", "promote", "load", "--yes").code()).isZero();
    assertThat(dm.asked("SetWatchdogMode", SetWatchdogModeRequest.parser()).getMode())
        .isEqualTo(WatchdogState.Mode.LIVE);
  }

  @Test
  void promoteAndQuarantineOfAQuietOne() throws IOException {
    knows(0, 0);

    assertThat(pilot("watchdog", "promote", "load").out()).isEqualTo("load is LIVE\n");
    Typed typed = pilot("watchdog", "quarantine", "load", "--reason", "it is noisy", "-o", "json");
    assertThat(new ObjectMapper().readTree(typed.out()).path("mode").asText())
        .isEqualTo("QUARANTINED");
    Typed unknown = pilot("watchdog", "promote", "laod");
    assertThat(unknown.code()).isEqualTo(1);
    assertThat(unknown.err()).contains("did you mean \"load\"?");
  }

  @Test
  void listShowsModesAndCounts() throws IOException {
    knows(2, 0);

    assertThat(pilot("watchdog", "list").out()).contains("load", "SHADOW");
    JsonNode item =
        new ObjectMapper()
            .readTree(pilot("watchdog", "list", "-o", "json").out())
            .path("items")
            .path(0);
    assertThat(item.path("verdicts").path("error").asInt()).isEqualTo(2);
    assertThat(item.path("every_ms").asLong()).isEqualTo(5000);
  }
}
