package io.pilothouse.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A version is made of a directory with something in it that one may not read. Root may read all,
 * so the command is run without that right: as a program of its own, by {@code setpriv}.
 */
@Tag("system")
@Timeout(60)
class UnreadableFileTest {
  private static final String RIGHTS = "-dac_override,-dac_read_search";

  @TempDir private Path dir;

  @BeforeEach
  void manifest() throws IOException {
    Files.writeString(dir.resolve("manifest.yaml"), ManifestRig.manifest("1.0.0", "exec ./server"));
    Files.writeString(dir.resolve("server"), "#!/bin/sh\nexec sleep 60\n");
    Files.setPosixFilePermissions(
        dir.resolve("server"), PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  @Test
  void aFileIsNamed() throws Exception {
    Path file = Files.writeString(dir.resolve("secret"), "for nobody");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("---------"));
    assertThat(add())
        .contains("no permission to read " + file)
        .contains("chmod a+r it, or leave it out; nothing was registered");
  }

  @Test
  void aDirectoryIsNamed() throws Exception {
    Path inner = Files.createDirectory(dir.resolve("private"));
    Files.writeString(inner.resolve("file"), "for nobody");
    Files.setPosixFilePermissions(inner, PosixFilePermissions.fromString("---------"));
    try {
      assertThat(add()).contains("no permission to read " + inner);
    } finally {
      Files.setPosixFilePermissions(inner, PosixFilePermissions.fromString("rwx------"));
    }
  }

  /** What the command that fails says. */
  private String add() throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    if ("root".equals(System.getProperty("user.name"))) {
      command.addAll(List.of("setpriv", "--bounding-set=" + RIGHTS, "--inh-caps=" + RIGHTS, "--"));
    }
    command.addAll(
        List.of(
            ProcessHandle.current().info().command().orElseThrow(),
            "-cp",
            System.getProperty("java.class.path"),
            Pilot.class.getName()));
    // nobody listens there: what cannot be read is found out before anyone is asked
    command.addAll(
        List.of("manifest", "add", dir.toRealPath().toString(), "--servers", "127.0.0.1:1"));
    Path said = dir.resolveSibling(dir.getFileName() + ".out");
    Process process =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(said.toFile()).start();
    try {
      assertThat(process.waitFor(50, TimeUnit.SECONDS)).as("ended in time").isTrue();
      String text = Files.readString(said, StandardCharsets.UTF_8);
      assertThat(process.exitValue()).as(text).isEqualTo(1);
      return text;
    } finally {
      process.destroyForcibly();
      Files.deleteIfExists(said);
    }
  }
}
