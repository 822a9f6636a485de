package io.pilothouse.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Faults of a program, tried on one that does nothing. */
@Timeout(60)
class DevFaultsTest {
  @TempDir private Path home;

  private final Process program = new ProcessBuilder("sleep", "600").start();

  DevFaultsTest() throws IOException {}

  @BeforeEach
  void isKnown() throws IOException {
    Instant started = program.info().startInstant().orElseThrow();
    Files.createDirectories(home.resolve("run"));
    Files.writeString(
        home.resolve("run/repair.json"),
        "{\"name\":\"repair\",\"pid\":%d,\"started\":%d,\"command\":[\"sleep\"]}"
            .formatted(program.pid(), started.toEpochMilli()));
  }

  @AfterEach
  void end() {
    program.destroyForcibly();
  }

  private Typed dev(String verb, String... more) {
    String[] args = new String[more.length + 4];
    args[0] = "dev";
    args[1] = verb;
    args[2] = "--home";
    args[3] = home.toString();
    System.arraycopy(more, 0, args, 4, more.length);
    return Typed.run(args);
  }

  private boolean isStopped() throws IOException {
    String stat = Files.readString(Path.of("/proc/" + program.pid() + "/stat"));
    return stat.substring(stat.lastIndexOf(')') + 2).startsWith("T");
  }

  private void await(boolean stopped) throws IOException {
    while (isStopped() != stopped) {
      Thread.onSpinWait();
    }
  }

  @Test
  void oneThatHangsGoesOnWhenItIsResumed() throws IOException {
    assertThat(dev("hang", "repair").out()).isEqualTo("hung repair\n");
    await(true);
    assertThat(dev("resume", "repair").out()).isEqualTo("resumed repair\n");
    await(false);
  }

  @Test
  void oneThatWasSlowRunsAsBefore() throws IOException {
    Typed typed = dev("slow", "repair", "--for", "1s", "--share", "50");
    assertThat(typed.code()).as(typed.err()).isZero();
    assertThat(typed.err()).contains("repair runs for 50% of the next 1s");
    assertThat(typed.out()).isEqualTo("repair runs as before\n");
    await(false);
    assertThat(program.isAlive()).isTrue();
  }

  @Test
  void whatIsNotThereOrNotRunningOrNoShareIsRefused() throws InterruptedException {
    assertThat(dev("slow", "nobody").err()).contains("\"nobody\" is neither a machine nor");
    assertThat(dev("slow", "repair", "--share", "100").err())
        .contains("--share 100 is not 1 to 99");
    program.destroyForcibly().waitFor();
    for (String verb : new String[] {"slow", "hang", "resume"}) {
      Typed typed = dev(verb, "repair");
      assertThat(typed.code()).isEqualTo(6);
      assertThat(typed.err()).contains("repair is not running", "pilot dev start repair");
    }
  }
}
