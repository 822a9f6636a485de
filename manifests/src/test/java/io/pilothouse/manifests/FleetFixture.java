package io.pilothouse.manifests;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.v1.Fleet;
import io.pilothouse.manifests.text.Problem;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;

/** A fleet directory that is right, to be spoiled by a test. */
final class FleetFixture {
  private final Path dir;

  FleetFixture(Path dir) {
    this.dir = dir;
    write("cluster.yaml", "kind: Cluster\nname: test\nreport-every: 1s\n");
    write(
        "types.yaml",
        """
        kind: MachineType
        name: frontend
        image: base
        manifest: web
        watchdogs: [heartbeat, disk]
        """);
    write("images.yaml", "kind: Image\nname: base\nversion: \"1.0\"\n");
    write(
        "units.yaml",
        """
        kind: ScaleUnit
        name: canary
        order: 1
        ---
        kind: ScaleUnit
        name: su-1
        order: 2
        """);
    write(
        "watchdogs/heartbeat.yaml",
        "kind: Watchdog\nname: heartbeat\nrun: builtin\nevery: 1s\nmode: live\n");
    write("watchdogs/disk.sh", "#!/bin/sh\n# pilot: every=2s timeout=1s\nexit 0\n");
    executable("watchdogs/disk.sh");
    write(
        "machines.csv",
        """
        name,type,scale_unit,rack,mac,bmc
        web-01,frontend,canary,r1,02:00:00:00:00:01,local:web-01
        web-02,frontend,su-1,r1,02:00:00:00:00:02,local:web-02
        """);
  }

  Path dir() {
    return dir;
  }

  FleetFixture write(String file, String text) {
    try {
      Path path = dir.resolve(file);
      Files.createDirectories(path.resolveSibling("."));
      Files.writeString(path, text);
      return this;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  FleetFixture executable(String file) {
    try {
      Files.setPosixFilePermissions(
          dir.resolve(file), PosixFilePermissions.fromString("rwxr-xr-x"));
      return this;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  FleetFixture delete(String file) {
    try {
      Files.delete(dir.resolve(file));
      return this;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  Fleet loaded() {
    return switch (FleetDirectory.load(dir)) {
      case LoadResult.Loaded<Fleet> loaded -> loaded.value();
      case LoadResult.Rejected<Fleet> rejected ->
          throw new AssertionError("rejected: " + rejected.problems());
    };
  }

  /** The problems, a line each. */
  List<String> problems() {
    return switch (FleetDirectory.load(dir)) {
      case LoadResult.Loaded<Fleet> loaded -> List.of();
      case LoadResult.Rejected<Fleet> rejected ->
          rejected.problems().stream().map(Problem::toString).toList();
    };
  }

  /** What can hardly be meant, a line each. */
  List<String> warnings() {
    return switch (FleetDirectory.load(dir)) {
      case LoadResult.Loaded<Fleet> loaded ->
          loaded.warnings().stream().map(Problem::toString).toList();
      case LoadResult.Rejected<Fleet> rejected ->
          throw new AssertionError("rejected: " + rejected.problems());
    };
  }

  void rejectedWith(String... lines) {
    assertThat(problems()).containsExactly(lines);
  }
}
