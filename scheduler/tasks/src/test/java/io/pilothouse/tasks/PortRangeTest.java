package io.pilothouse.tasks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pilothouse.mesos.MediaType;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Where executors find the agent. */
class PortRangeTest {
  private static final InetAddress HERE = InetAddress.getLoopbackAddress();

  @TempDir private Path dir;

  @Test
  void theOneOfBeforeIsTriedFirstThenTheOthersThenAny() {
    PortRange range = PortRange.parse("914-916");
    assertThat(range.tries(0)).containsExactly(914, 915, 916, 0);
    assertThat(range.tries(915)).containsExactly(915, 914, 916, 0);
    assertThat(range.tries(40_000))
        .as("nobody runs who knows it")
        .containsExactly(914, 915, 916, 40_000, 0);
    assertThat(PortRange.parse("any").tries(40_000)).containsExactly(40_000, 0);
    assertThat(PortRange.ANY.tries(0)).containsExactly(0);
    assertThat(range).hasToString("914-916");
    assertThat(PortRange.ANY).hasToString("any");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "914", "914-", "0-0", "0-9", "a-b", "-1-5", "914-0952x"})
  void whatIsNoRangeIsRefusedWithWhatToWrite(String text) {
    assertThatThrownBy(() -> PortRange.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "\"%s\" is no range of ports; write two numbers, such as 914-952, or any", text);
  }

  @ParameterizedTest
  @ValueSource(strings = {"952-914", "914-70000", "1000-3000"})
  void whatCannotBeOneIsRefused(String text) {
    assertThatThrownBy(() -> PortRange.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("ports " + text + "; expected two numbers from 1 to 65535");
  }

  @Test
  void oneOfItIsTakenThatIsFreeAndKeptWhileExecutorsKnowIt() throws Exception {
    try (ServerSocket taken = new ServerSocket(0, 1, HERE)) {
      int first = taken.getLocalPort();
      PortRange range = new PortRange(first, Math.min(first + 50, 65_535));
      Path file = dir.resolve("port");
      ExecutorPort port = new ExecutorPort(file, range, exchange -> {});
      port.open(true);
      assertThat(range.has(port.port()) || first > 65_500).isTrue();
      assertThat(port.port()).isNotEqualTo(first);
      assertThat(Files.readString(file)).isEqualTo(Integer.toString(port.port()));
      port.close();

      Files.writeString(file, Integer.toString(first));
      ExecutorPort next = new ExecutorPort(file, range, exchange -> {});
      assertThatThrownBy(() -> next.open(false))
          .isInstanceOf(IOException.class)
          .hasMessageStartingWith("cannot listen for executors on 127.0.0.1:" + first + ": ");
      next.open(true);
      assertThat(next.port()).isNotEqualTo(first);
      next.close();
    }
  }

  @Test
  void executorsAreToldIt() throws Exception {
    Desk desk = new Desk(dir);
    int free;
    try (ServerSocket socket = new ServerSocket(0, 1, HERE)) {
      free = socket.getLocalPort();
    }
    desk.ports = new PortRange(free, free);
    desk.restartsAgent();
    desk.launches(Desk.inExecutor("t1", "e"));
    try (PlayedExecutor executor = PlayedExecutor.of(desk, "e", MediaType.JSON)) {
      String endpoint = executor.environment.get("MESOS_AGENT_ENDPOINT");
      assertThat(endpoint)
          .isEqualTo("127.0.0.1:" + Files.readString(dir.resolve("tasks/executor-port")));
      executor.subscribes();
    } finally {
      desk.close();
    }
  }
}
