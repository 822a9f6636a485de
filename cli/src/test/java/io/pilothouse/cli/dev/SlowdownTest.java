package io.pilothouse.cli.dev;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A process that is slow is stopped now and then, and in the end it runs. */
@Timeout(60)
class SlowdownTest {
  private final Process process = new ProcessBuilder("sleep", "600").start();

  SlowdownTest() throws IOException {}

  @AfterEach
  void end() {
    process.destroyForcibly();
  }

  private boolean isStopped() throws IOException {
    String stat = Files.readString(Path.of("/proc/" + process.pid() + "/stat"));
    return stat.substring(stat.lastIndexOf(')') + 2).startsWith("T");
  }

  @Test
  void itIsStoppedAndLetGo() throws Exception {
    AtomicReference<Exception> problem = new AtomicReference<>();
    Slowdown slowdown = new Slowdown(() -> List.of(process.toHandle()), 10);
    Thread slowing =
        new Thread(
            () -> {
              try {
                slowdown.run(Duration.ofDays(1));
              } catch (IOException | InterruptedException e) {
                problem.set(e);
              }
            });
    slowing.start();
    await(true);
    await(false);
    await(true);
    slowing.interrupt(); // as the end of its time
    slowing.join();
    assertThat(problem.get()).isInstanceOf(InterruptedException.class);
    await(false);
    assertThat(process.isAlive()).isTrue();
  }

  private void await(boolean stopped) throws IOException {
    while (isStopped() != stopped) {
      Thread.onSpinWait();
    }
  }

  @Test
  void oneThatHasEndedIsNoProblem() throws Exception {
    process.destroyForcibly().waitFor();
    new Slowdown(() -> List.of(process.toHandle()), 10).run(Duration.ofMillis(1));
  }
}
