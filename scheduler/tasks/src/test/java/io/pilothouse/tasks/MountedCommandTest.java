package io.pilothouse.tasks;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.mesos.v1.CommandInfo;
import io.pilothouse.mesos.v1.ContainerInfo;
import io.pilothouse.mesos.v1.Volume;
import java.io.File;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * What another task of the same user does in a sandbox between the look at a path and its mount;
 * needs root and a kernel that lets it make name spaces.
 */
@Tag("system")
@Timeout(120)
class MountedCommandTest {
  @TempDir private Path disk;
  private Desk desk;
  private Path sandbox;
  private Path elsewhere;

  @BeforeEach
  void open() throws Exception {
    desk = new Desk(disk);
    sandbox = new TaskDisk(disk.resolve("tasks")).sandbox("f", "e", "c");
    elsewhere = Files.createDirectory(disk.resolve("elsewhere"));
    Files.createFile(elsewhere.resolve("program"));
  }

  @AfterEach
  void close() throws Exception {
    desk.close();
  }

  /** What was said, and the status. */
  private record End(String said, int status) {}

  /** Of a step between the look and the start. */
  private interface Meanwhile {
    void happens() throws IOException;
  }

  private static Volume.Builder volume(String from, String to) {
    return Volume.newBuilder().setHostPath(from).setContainerPath(to).setMode(Volume.Mode.RW);
  }

  private End runs(String user, String line, Meanwhile meanwhile) throws Exception {
    TaskCommand command =
        TaskCommand.of(CommandInfo.newBuilder().setUser(user).setValue(line).build(), "");
    Path meta = Files.createDirectories(new TaskDisk(disk.resolve("tasks")).meta("c"));
    command.prepare(sandbox);
    Occupant occupant = new Occupant("c", meta, sandbox, command.command(), List.of());
    ContainerInfo container =
        ContainerInfo.newBuilder()
            .setType(ContainerInfo.Type.MESOS)
            .addVolumes(volume("from/x", "deep/a"))
            .build();
    Starting starting = MountedCommand.around(command, desk.machine(), occupant, container);
    meanwhile.happens();
    starting.write(meta, new TreeMap<>(), Optional.empty());
    Process process =
        new ProcessBuilder(starting.line(Optional.empty()))
            .directory(sandbox.toFile())
            .redirectErrorStream(true)
            .redirectInput(Redirect.from(new File(meta.toFile(), "command")))
            .start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new End(said, process.waitFor());
  }

  /** A command that sees whether anything is mounted over what is elsewhere. */
  private String looks() {
    return "ls %s; ls deep/a".formatted(elsewhere);
  }

  private void leads(String name) throws IOException {
    Path at = sandbox.resolve(name);
    Files.createDirectories(at.getParent());
    Files.deleteIfExists(at);
    Files.createSymbolicLink(at, elsewhere);
  }

  private void isRefused(End end, String path) throws IOException {
    assertThat(end.status()).as(end.said()).isEqualTo(126);
    assertThat(end.said())
        .isEqualTo(
            "a volume cannot be mounted: %s is led elsewhere\n"
                .formatted(sandbox.toRealPath().resolve(path)));
    assertThat(elsewhere.toFile().list()).as("nothing is made there").containsExactly("program");
  }

  @Test
  void whatIsMadeAndMountedIsItsUsers() throws Exception {
    End end =
        runs(
            "nobody",
            "id -u; echo kept >deep/a/f; cat from/x/f; touch deep/b from/y",
            () -> Files.createDirectories(sandbox.resolve("deep")));
    assertThat(end.said()).startsWith("65534\nkept\n").contains("deep/b");
    assertThat(end.said()).as("what is made for it").doesNotContain("from/y");
    assertThat(sandbox.resolve("from/x/f")).hasContent("kept");
    assertThat(sandbox.resolve("deep/a")).as("of the machine").isEmptyDirectory();
  }

  @Test
  void aDestinationThatIsLedElsewhereIsRefused() throws Exception {
    isRefused(runs("", looks(), () -> leads("deep/a")), "deep/a");
  }

  @Test
  void soIsWhatIsAboveIt() throws Exception {
    isRefused(runs("", looks(), () -> leads("deep")), "deep");
  }

  @Test
  void aSourceThatIsLedElsewhereIsRefused() throws Exception {
    isRefused(runs("", looks(), () -> leads("from/x")), "from/x");
  }

  @Test
  void soIsWhatIsAboveASource() throws Exception {
    isRefused(runs("", looks(), () -> leads("from")), "from");
  }

  @Test
  void aSandboxThatIsMovedAwayIsNotUsed() throws Exception {
    End end =
        runs(
            "",
            looks(),
            () -> {
              Files.move(sandbox, sandbox.resolveSibling("moved"));
              Files.createDirectory(sandbox.resolveSibling("false"));
              Files.createSymbolicLink(sandbox, Path.of("false"));
            });
    assertThat(end.status()).isEqualTo(126);
    assertThat(end.said()).contains("is led elsewhere");
  }
}
