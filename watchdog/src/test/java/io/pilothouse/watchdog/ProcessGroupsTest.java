package io.pilothouse.watchdog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class ProcessGroupsTest {

  @Test
  void aSignalReachesEveryProcessOfTheGroup() throws Exception {
    Process group = group();
    ProcessGroups.signal(group.pid(), "KILL");
    assertThat(group.waitFor(10, TimeUnit.SECONDS)).isTrue();
    assertThat(group.exitValue()).isEqualTo(128 + 9);
  }

  @Test
  void aGroupThatIsGoneIsNoError() throws Exception {
    Process group = group();
    ProcessGroups.signal(group.pid(), "KILL");
    group.waitFor(10, TimeUnit.SECONDS);
    ProcessGroups.signal(group.pid(), "KILL");
  }

  /** Whoever kills or stops the shell that sends them does not keep scripts alive. */
  @Test
  void signalsAreSentAlthoughTheirShellIsKilledOrStopped() throws Exception {
    for (String harm : List.of("KILL", "STOP")) {
      Process first = group();
      ProcessGroups.signal(first.pid(), "KILL");
      for (ProcessHandle shell : shells()) {
        new ProcessBuilder("kill", "-s", harm, Long.toString(shell.pid())).start().waitFor();
      }
      Process second = group();
      ProcessGroups.signal(second.pid(), "KILL");
      assertThat(second.waitFor(10, TimeUnit.SECONDS)).as(harm).isTrue();
    }
  }

  @Test
  void whatIsNoGroupOrNoSignalIsRefused() {
    assertThatThrownBy(() -> ProcessGroups.signal(1, "TERM")).hasMessageContaining("above 1");
    assertThatThrownBy(() -> ProcessGroups.signal(4711, "TERM; rm -rf /"))
        .hasMessageContaining("expected: such as TERM");
  }

  private static Process group() throws IOException, InterruptedException {
    Process group = new ProcessBuilder("setsid", "sleep", "60").start();
    long until = System.nanoTime() + Duration.ofSeconds(10).toNanos();
    while (!group.info().command().orElse("").endsWith("sleep") && System.nanoTime() < until) {
      Thread.sleep(5); // until then it is in this program's group
    }
    return group;
  }

  private static List<ProcessHandle> shells() {
    return ProcessHandle.current()
        .children()
        .filter(each -> each.info().command().orElse("").matches(".*/(da|ba)?sh"))
        .toList();
  }
}
