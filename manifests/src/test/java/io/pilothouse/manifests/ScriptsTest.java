package io.pilothouse.manifests;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.v1.Severity;
import io.pilothouse.api.v1.WatchdogSpec;
import io.pilothouse.api.v1.WatchdogState;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ScriptsTest {
  private final FleetFixture fleet;

  ScriptsTest(@TempDir Path dir) {
    this.fleet = new FleetFixture(dir);
  }

  private FleetFixture script(String text) {
    return fleet.write("watchdogs/disk.sh", text);
  }

  @Test
  void theHeaderSaysItAll() {
    script(
        """
        #!/bin/sh
        # pilot: every=60s timeout=10s severity=fatal types=frontend
        # pilot: mode=live valid-for=3m timeout-is=error
        exit 0
        """);

    WatchdogSpec disk = fleet.loaded().getWatchdogs(0);
    assertThat(disk.getEveryMs()).isEqualTo(60_000);
    assertThat(disk.getTimeoutMs()).isEqualTo(10_000);
    assertThat(disk.getSeverity()).isEqualTo(Severity.FATAL);
    assertThat(disk.getTypesList()).containsExactly("frontend");
    assertThat(disk.getInitialMode()).isEqualTo(WatchdogState.Mode.LIVE);
    assertThat(disk.getValidForMs()).isEqualTo(180_000);
    assertThat(disk.getTimeoutIsError()).isTrue();
  }

  @Test
  void theHeaderIsStrict() {
    script("#!/bin/sh\n# pilot: evry=2s timeout=2 severity=bad types=frontend,fronted x\n");

    fleet.rejectedWith(
        "watchdogs/disk.sh:2:10: unknown key \"evry\" (did you mean \"every\"?)",
        "watchdogs/disk.sh:2:26: timeout: \"2\" is not a duration; write a number and a unit, such"
            + " as 500ms, 90s, 5m, 1h or 2d (did you mean \"2s\"?)",
        "watchdogs/disk.sh:2:37: severity: \"bad\" is not one of fatal, normal",
        "watchdogs/disk.sh:2:56: types: there is no MachineType \"fronted\" (did you mean"
            + " \"frontend\"?)",
        "watchdogs/disk.sh:2:64: \"x\" is not key=value; write for example every=60s");
  }

  @Test
  void aFileThatIsNoWatchdogIsTold() {
    script("#!/bin/sh\nexit 0\n");

    fleet.rejectedWith(
        "types.yaml:5:24: watchdogs: there is no Watchdog \"disk\"",
        "watchdogs/disk.sh:1:1: neither YAML nor a script with a header; add a line such as"
            + " \"# pilot: every=60s timeout=10s severity=normal\", or move the file away");
  }

  @Test
  void aScriptThatCannotRunIsTold() {
    fleet
        .write("watchdogs/plain.sh", "#!/bin/sh\n# pilot: every=2s\n")
        .write("watchdogs/bare.sh", "# pilot: every=2s\nexit 0\n")
        .executable("watchdogs/bare.sh")
        .write("watchdogs/dos.sh", "#!/bin/sh\r\n# pilot: every=2s\r\n")
        .executable("watchdogs/dos.sh")
        .write("watchdogs/Big Name.sh", "#!/bin/sh\n# pilot: every=2s\n")
        .executable("watchdogs/Big Name.sh")
        .write("watchdogs/large.sh", "#!/bin/sh\n" + "#".repeat(65_536))
        .write("watchdogs/README.md", "is not looked at")
        .write("watchdogs/.disk.sh.swp", "nor is this");

    assertThat(fleet.problems())
        .hasSize(5)
        .anyMatch(each -> each.startsWith("watchdogs/plain.sh:1:1: the script is not executable;"))
        .anyMatch(each -> each.startsWith("watchdogs/bare.sh:1:1: the script has no #! line"))
        .anyMatch(each -> each.startsWith("watchdogs/dos.sh:1:1: the script has DOS line ends"))
        .anyMatch(each -> each.contains("\"Big Name\" cannot be one"))
        .anyMatch(each -> each.startsWith("watchdogs/large.sh:1:1: the script has 65546 bytes;"));
  }

  @Test
  void aDocumentMayNameItsScript() {
    fleet
        .write("scripts/check", "#!/bin/sh\nexit 0\n")
        .executable("scripts/check")
        .write(
            "watchdogs/check.yaml",
            "kind: Watchdog\nname: check\nscript: ../scripts/check\nargs: [-w, \"5\"]\n");

    WatchdogSpec check = fleet.loaded().getWatchdogs(0);
    assertThat(check.getRunner()).isEqualTo(WatchdogSpec.Runner.SCRIPT);
    assertThat(check.getArgsList()).containsExactly("-w", "5");
    assertThat(check.getScript().toStringUtf8()).isEqualTo("#!/bin/sh\nexit 0\n");
  }

  @Test
  void whatAWatchdogRunsMustBeThere() {
    fleet.write(
        "watchdogs/w.yaml",
        """
        kind: Watchdog
        name: a
        ---
        kind: Watchdog
        name: hartbeat
        run: builtin
        ---
        kind: Watchdog
        name: b
        run: remote
        script: gone.sh
        ---
        kind: Watchdog
        name: c
        script: ../../etc/passwd
        """);

    fleet.rejectedWith(
        "watchdogs/w.yaml:1:1: what it runs is missing; write script: FILE, run: builtin, run:"
            + " remote or run: external",
        "watchdogs/w.yaml:5:7: name: there is no built-in watchdog \"hartbeat\"; use heartbeat,"
            + " processes, filesync, crash-loop, drift, read-only, smart, kernel-log,"
            + " memory-errors or clock (did you mean \"heartbeat\"?)",
        "watchdogs/w.yaml:10:6: run: a watchdog with a script cannot be built in, remote or"
            + " external",
        "watchdogs/w.yaml:11:9: script: watchdogs/gone.sh is not a file",
        "watchdogs/w.yaml:15:9: script: it must be inside the fleet directory");
  }

  @Test
  void whomAScriptRunsAsAndHowItIsReadAreInItsHeader() {
    script("#!/bin/sh\n# pilot: user=root protocol=npd\nexit 0\n");

    WatchdogSpec disk = fleet.loaded().getWatchdogs(0);
    assertThat(disk.getUser()).isEqualTo("root");
    assertThat(disk.getProtocol()).isEqualTo(WatchdogSpec.Protocol.NPD);
  }

  @Test
  void aBuiltInOneMayHaveAnotherNameAndArguments() {
    fleet.write(
        "watchdogs/w.yaml",
        """
        kind: Watchdog
        name: seeks
        run: remote
        builtin: slow
        args: [counter=seeks.latency, peers=20]
        """);

    WatchdogSpec seeks =
        fleet.loaded().getWatchdogsList().stream()
            .filter(each -> each.getName().equals("seeks"))
            .findFirst()
            .orElseThrow();
    assertThat(BuiltInWatchdogs.chosen(seeks)).isEqualTo("slow");
    assertThat(seeks.getArgsList()).containsExactly("counter=seeks.latency", "peers=20");
  }

  @Test
  void aWrongBuiltInOneIsRefusedWithTheNearest() {
    fleet.write(
        "watchdogs/w.yaml",
        """
        kind: Watchdog
        name: a
        run: builtin
        builtin: krash-loop
        ---
        kind: Watchdog
        name: slow
        run: builtin
        ---
        kind: Watchdog
        name: clock
        run: builtin
        user: root
        args: [wran=1s, error=soon]
        ---
        kind: Watchdog
        name: slw
        run: remote
        """);

    fleet.rejectedWith(
        "watchdogs/w.yaml:4:10: builtin: there is no built-in watchdog \"krash-loop\"; use"
            + " heartbeat, processes, filesync, crash-loop, drift, read-only, smart, kernel-log,"
            + " memory-errors or clock (did you mean \"crash-loop\"?)",
        "watchdogs/w.yaml:8:6: run: the watchdog slow is one that looks from outside; write run:"
            + " remote",
        "watchdogs/w.yaml:12:6: user: only a script runs as another user",
        "watchdogs/w.yaml:14:7: args: \"error=soon\" is not right for clock; write error=VALUE with"
            + " a duration such as 500ms, 90s, 5m, 1h or 2d",
        "watchdogs/w.yaml:14:7: args: the built-in watchdog clock has no argument \"wran\"; it has"
            + " warn, error, sources, chronyc (did you mean \"warn\"?)",
        "watchdogs/w.yaml:17:7: name: there is no remote watchdog \"slw\"; use reachable, slow or"
            + " bmc (did you mean \"slow\"?)");
  }
}
