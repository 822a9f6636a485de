package io.pilothouse.manifests;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.manifests.ProcessSpec.Look;
import io.pilothouse.manifests.ProcessSpec.Port;
import io.pilothouse.manifests.ProcessSpec.Probe;
import io.pilothouse.manifests.ProcessSpec.Reload;
import io.pilothouse.manifests.ProcessSpec.Restart;
import io.pilothouse.manifests.ProcessSpec.Secret;
import io.pilothouse.manifests.text.Problem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ManifestSpecTest {
  private final Path dir;

  ManifestSpecTest(@TempDir Path dir) {
    this.dir = dir;
  }

  private LoadResult<ManifestSpec> read(String text) throws IOException {
    Files.writeString(dir.resolve("manifest.yaml"), text);
    return ManifestSpec.load(dir);
  }

  private ManifestSpec good(String text) throws IOException {
    return switch (read(text)) {
      case LoadResult.Loaded<ManifestSpec> loaded -> loaded.value();
      case LoadResult.Rejected<ManifestSpec> rejected ->
          throw new AssertionError(rejected.problems().toString());
    };
  }

  private List<String> bad(String text) throws IOException {
    return switch (read(text)) {
      case LoadResult.Loaded<ManifestSpec> loaded -> List.of();
      case LoadResult.Rejected<ManifestSpec> rejected ->
          rejected.problems().stream().map(Problem::toString).toList();
    };
  }

  @Test
  void everythingIsRead() throws IOException {
    ManifestSpec spec =
        good(
            """
            kind: Manifest
            name: web
            version: "1.10"
            processes:
              - name: server
                run: exec ./server --port "$PORT"
                env: {MODE: fast, LEVEL: 010, DEBUG: no}
                limits: {cpus: 1.5, mem: 512MiB, pids: 100}
                restart: on-failure
                back-off: {first: 1s, longest: 1m}
                after: [side]
                start-timeout: 20s
                user: www-data
                secrets:
                  - {name: DB_PASSWORD, from: db-password, as: env}
                  - {name: tls.key}
                ports: {admin: 1}
                logs: {max-size: 64KiB, keep: 5}
                live:
                  tcp: {port: admin}
                  failures: 2
                before-stop: {run: ./drain, wait: 5s}
                stop-command: ./stop
                reload: {signal: HUP}
                ready:
                  http: {path: /healthz, port: 8080}
                  interval: 500ms
                  timeout: 3s
                stop-grace: 0s
              - name: side
                run: ./side
                ready: {tcp: {}}
              - name: last
                run: ./last
                ready: {command: test -f up}
                reload: {command: ./reload}
            config: ["conf/**", motd]
            after-switch: {run: ./smoke-test}
            """);

    assertThat(spec.version()).isEqualTo("1.10");
    ProcessSpec server = spec.processes().get(0);
    assertThat(server.run()).isEqualTo("exec ./server --port \"$PORT\"");
    assertThat(server.env()).containsEntry("LEVEL", "010").containsEntry("DEBUG", "no");
    assertThat(server.limits().cpus()).contains(1.5);
    assertThat(server.limits().memory()).contains(512L << 20);
    assertThat(server.limits().pids()).hasValue(100);
    assertThat(server.start())
        .isEqualTo(
            new ProcessSpec.Start(
                List.of("side"),
                Optional.of(Duration.ofSeconds(20)),
                Restart.ON_FAILURE,
                new ProcessSpec.BackOff(Duration.ofSeconds(1), Duration.ofMinutes(1))));
    assertThat(server.user()).contains("www-data");
    assertThat(server.secrets())
        .containsExactly(
            new Secret("DB_PASSWORD", "db-password", Secret.As.ENV),
            new Secret("tls.key", "tls.key", Secret.As.FILE));
    assertThat(server.logs()).isEqualTo(new ProcessSpec.Logs(64 << 10, 5));
    assertThat(server.live())
        .contains(
            new ProcessSpec.Live(
                new Look(
                    new Probe.Tcp(new Port(1, true)),
                    Duration.ofSeconds(10),
                    Duration.ofSeconds(2)),
                2));
    assertThat(server.stop())
        .isEqualTo(
            new ProcessSpec.Stop(
                Optional.of(
                    new ProcessSpec.BeforeStop(
                        Optional.of("./drain"), Duration.ofSeconds(5), Duration.ofSeconds(10))),
                Optional.of("./stop"),
                Duration.ZERO));
    assertThat(server.reload()).contains(new Reload.Signal("HUP"));
    assertThat(spec.ports()).isEqualTo(Map.of("admin", 1));
    assertThat(spec.afterSwitch())
        .contains(new ManifestSpec.Hook("./smoke-test", Duration.ofSeconds(60)));
    assertThat(List.of("conf/a", "conf/b/c", "motd").stream().filter(spec::isConfig)).hasSize(3);
    assertThat(List.of("conf", "bin/motd", "manifest.yaml").stream().filter(spec::isConfig))
        .isEmpty();
    assertThat(server.ready())
        .contains(
            new Look(
                new Probe.Http("/healthz", new Port(8080, false)),
                Duration.ofMillis(500),
                Duration.ofSeconds(3)));
    ProcessSpec side = spec.processes().get(1);
    assertThat(side.start().restart()).isEqualTo(Restart.ALWAYS);
    assertThat(side.stop().grace()).isEqualTo(Duration.ofSeconds(10));
    assertThat(side.ready().orElseThrow().probe()).isEqualTo(new Probe.Tcp(Port.MACHINE));
    assertThat(spec.processes().get(2).ready().orElseThrow().probe())
        .isEqualTo(new Probe.Command("test -f up"));
  }

  @Test
  void mistakesAreToldAtOnce() throws IOException {
    assertThat(
            bad(
                """
                kind: Manifest
                name: web
                version: 1.10
                processes:
                  - name: server
                    limits: {mem: 512M, cpus: 0}
                    env: {1A: x, B: [c]}
                    ready:
                      http: {path: healthz, port: 70000}
                    restrat: always
                  - name: server
                    run: x
                """))
        .containsExactly(
            "manifest.yaml:3:10: version: 1.10 without quotes is a number in YAML; write \"1.10\"",
            "manifest.yaml:5:5: processes: \"run\" is missing: A line for /bin/sh, run in the"
                + " manifest's directory with PORT set.",
            "manifest.yaml:6:19: processes.limits.mem: \"512M\" is not a size; write for example"
                + " 64KiB, 512MiB or 2GiB (did you mean \"512MiB\"?)",
            "manifest.yaml:6:31: processes.limits.cpus: \"0\" is not a number of processors; write"
                + " for example 2 or 0.5",
            "manifest.yaml:7:11: processes.env: \"1A\" cannot be a variable's name",
            "manifest.yaml:7:21: processes.env.B: a list is not a value of a variable; for an empty"
                + " one write \"\"",
            "manifest.yaml:9:20: processes.ready.http.path: \"healthz\" is not a path; write for"
                + " example /healthz",
            "manifest.yaml:9:35: processes.ready.http.port: \"70000\" is not a whole number from 1"
                + " to 65535",
            "manifest.yaml:10:5: processes: unknown key \"restrat\" (did you mean \"restart\"?)",
            "manifest.yaml:11:5: the process \"server\" is there twice; the first one is in line"
                + " 5");
  }

  private static String processes(String text) {
    return "kind: Manifest\nname: a\nversion: b\nprocesses:\n" + text;
  }

  @Test
  void processesThatWaitForEachOtherAreToldWhereTheCircleCloses() throws IOException {
    assertThat(
            bad(
                processes(
                    """
                    - {name: web, run: x, after: [cache]}
                    - {name: cache, run: x, after: [db]}
                    - {name: db, run: x, after: [cache]}
                    """)))
        .containsExactly(
            "manifest.yaml:7:30: processes.after: a circle, so that none is ever started: cache"
                + " waits for db waits for cache");
    assertThat(bad(processes("- {name: web, run: x, after: [web]}\n"))).hasSize(1);
    assertThat(
            bad(processes("- {name: web, run: x, after: [databse]}\n- {name: database, run: x}\n")))
        .containsExactly(
            "manifest.yaml:5:31: processes.after: there is no process \"databse\" (did you mean"
                + " \"database\"?)");
  }

  @Test
  void aPortThatIsGivenTwiceIsRefusedByNameAndByNumber() throws IOException {
    assertThat(
            bad(
                processes(
                    """
                    - {name: web, run: x, ports: {admin: 1, debug: 1}}
                    - {name: side, run: x, ports: {admin: 2}, ready: {tcp: {port: admim}}}
                    """)))
        .containsExactly(
            "manifest.yaml:5:41: processes.ports: PORT + 1 is the port \"admin\" already",
            "manifest.yaml:6:32: processes.ports: the port \"admin\" is there twice; the first one"
                + " is in line 5",
            "manifest.yaml:6:63: processes.ready: no process has the port \"admim\" (did you mean"
                + " \"admin\"?)");
  }

  @Test
  void variablesOfFilesComeBeforeThoseOfTheManifestAndBadLinesAreToldWithoutTheirText()
      throws IOException {
    Files.writeString(dir.resolve("a.env"), "# mode\nMODE=slow\nURL=http://x?a=b c\n\nLEVEL=1\n");
    Files.writeString(dir.resolve("b.env"), "LEVEL=2\n");
    String manifest = "- {name: web, run: x, env: {MODE: fast}, env-files: [a.env, b.env]}\n";
    assertThat(good(processes(manifest)).processes().get(0).env())
        .isEqualTo(Map.of("MODE", "fast", "URL", "http://x?a=b c", "LEVEL", "2"));
    Files.writeString(dir.resolve("b.env"), "LEVEL=2\nhunter2\nA B=c\n");
    assertThat(bad(processes(manifest)))
        .containsExactly(
            "b.env:2:1: it is no NAME=VALUE; write for example MODE=fast",
            "b.env:3:1: \"A B\" cannot be a variable's name");
    assertThat(bad(processes("- {name: web, run: x, env-files: [../up.env, c.env]}\n")))
        .containsExactly(
            "manifest.yaml:5:35: processes.env-files: \"../up.env\" is not a path in the manifest's"
                + " directory; write for example conf/server.env",
            "manifest.yaml:5:46: processes.env-files: there is no file \"c.env\"");
  }

  @Test
  void whatDoesNotHoldTogetherIsTold() throws IOException {
    assertThat(
            bad(
                processes(
                    """
                    - name: web
                      run: x
                      env: {KEY: x}
                      secrets: [{name: KEY, as: env}, {name: a.b, as: env}, {name: c}, {name: c}]
                      back-off: {first: 1m, longest: 1s}
                      before-stop: {timeout: 1s}
                      logs: {max-size: 1KiB}
                      user: "x; rm"
                    """)))
        .containsExactly(
            "manifest.yaml:8:13: processes.secrets: the variable KEY is in env, too",
            "manifest.yaml:8:35: processes.secrets: \"a.b\" cannot be a variable's name",
            "manifest.yaml:8:68: processes.secrets: \"c\" is there twice; the first one is in line"
                + " 8",
            "manifest.yaml:9:13: processes.back-off: first is longer than longest; write for"
                + " example {first: 1s, longest: 1m}",
            "manifest.yaml:10:16: processes.before-stop: neither run nor wait; write for example"
                + " {wait: 5s}",
            "manifest.yaml:11:20: processes.logs.max-size: it is too small; write at least 4KiB",
            "manifest.yaml:12:9: processes.user: \"x; rm\" is not a user's name; write for example"
                + " www-data");
    assertThat(bad(processes("- {name: web, run: x, reload: {}}\n")))
        .containsExactly(
            "manifest.yaml:5:31: processes.reload: 0 ways; write exactly one of signal and command",
            "manifest.yaml:5:31: processes.reload: the manifest has no config, so nothing would ever"
                + " be reloaded; name its files there, or leave reload out");
    assertThat(bad("config: ['{a', /b]\n" + processes("- {name: web, run: x}\n"))).hasSize(2);
  }

  @Test
  void oneWayToLook() throws IOException {
    String head = "kind: Manifest\nname: a\nversion: b\nprocesses:\n- name: p\n  run: x\n  ready: ";
    assertThat(bad(head + "{interval: 1s}"))
        .containsExactly(
            "manifest.yaml:7:10: processes.ready: 0 ways to look; write exactly one of http, tcp"
                + " and command");
    assertThat(bad(head + "{tcp: {}, command: y}")).hasSize(1);
  }

  @Test
  void theFileMustBeAManifest() throws IOException {
    assertThat(bad(""))
        .containsExactly(
            "manifest.yaml:1:1: it must hold one document, that begins with kind: Manifest");
    assertThat(bad("kind: Image\nname: a\nversion: b\n"))
        .containsExactly("manifest.yaml:1:7: kind: \"Image\" is not Manifest");
    assertThat(bad("kind: Manifest\nname: a\nversion: b\nprocesses: []\n"))
        .containsExactly(
            "manifest.yaml:4:12: processes: the list is empty, which selects nothing; leave the"
                + " key out");
    Files.delete(dir.resolve("manifest.yaml"));
    assertThat(ManifestSpec.load(dir)).isInstanceOf(LoadResult.Rejected.class);
  }
}
