package io.pilothouse.testing.faults;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The packaged Device Manager under kills, stops, cuts and loss. Needs root, iptables and iproute2:
 * {@code ./pilot test} installs them.
 */
@Tag("e2e")
class ReplicaFaultsTest {
  private static final String SPACE = "pilot-faults-" + ProcessHandle.current().pid();
  private static final int MINUTES = 6;

  @TempDir private Path dir;

  @BeforeEach
  void aNetworkOfItsOwn() throws Exception {
    assertThat(System.getProperty("user.name"))
        .as("network namespaces need root: run ./pilot test as root")
        .isEqualTo("root");
    Commands.run("ip", "netns", "add", SPACE);
    Commands.run("ip", "-n", SPACE, "link", "set", "lo", "up");
  }

  @AfterEach
  void isTakenAway() throws Exception {
    Commands.run("ip", "netns", "del", SPACE);
  }

  @Test
  void threeReplicasLoseNothingDoNothingTwiceAndAnswerInOrder() throws Exception {
    assertThat(run("--replicas", "3", "--faults", "8", "--seed", "7"))
        .contains("linearizable; each acknowledged write is in the trail once");
  }

  @Test
  @Tag("large")
  void fiveReplicasThroughManyFaults() throws Exception {
    assertThat(run("--replicas", "5", "--faults", "28", "--seed", "11"))
        .contains("linearizable; each acknowledged write is in the trail once");
  }

  private String run(String... options) throws IOException, InterruptedException {
    List<String> command =
        new ArrayList<>(
            List.of(
                "ip",
                "netns",
                "exec",
                SPACE,
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName(),
                "--dist",
                System.getProperty("pilot.dist"),
                "--dir",
                dir.resolve("replicas").toString()));
    command.addAll(List.of(options));
    Path said = dir.resolve("said");
    Process process =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(said.toFile()).start();
    try {
      assertThat(process.waitFor(MINUTES, TimeUnit.MINUTES))
          .as(() -> "it did not end: " + text(said))
          .isTrue();
    } finally {
      // its replicas are its children, and end with it only when they are told
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
    }
    System.out.println(text(said));
    assertThat(process.exitValue()).as(() -> text(said)).isZero();
    return text(said);
  }

  private static String text(Path file) {
    try {
      return Files.readString(file, StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
