package io.pilothouse.manifests;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.manifests.ProcessSpec.Probe;
import io.pilothouse.manifests.ProcessSpec.Restart;
import io.pilothouse.manifests.text.Problem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.OptionalInt;
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
            """);

    assertThat(spec.version()).isEqualTo("1.10");
    ProcessSpec server = spec.processes().get(0);
    assertThat(server.run()).isEqualTo("exec ./server --port \"$PORT\"");
    assertThat(server.env()).containsEntry("LEVEL", "010").containsEntry("DEBUG", "no");
    assertThat(server.limits().cpus()).contains(1.5);
    assertThat(server.limits().memory()).contains(512L << 20);
    assertThat(server.limits().pids()).hasValue(100);
    assertThat(server.restart()).isEqualTo(Restart.ON_FAILURE);
    assertThat(server.ready())
        .contains(
            new ProcessSpec.Ready(
                new Probe.Http("/healthz", OptionalInt.of(8080)),
                Duration.ofMillis(500),
                Duration.ofSeconds(3)));
    assertThat(server.stopGrace()).isZero();
    ProcessSpec side = spec.processes().get(1);
    assertThat(side.restart()).isEqualTo(Restart.ALWAYS);
    assertThat(side.stopGrace()).isEqualTo(Duration.ofSeconds(10));
    assertThat(side.ready().orElseThrow().probe()).isEqualTo(new Probe.Tcp(OptionalInt.empty()));
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
