package io.pilothouse.tasks;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import com.google.protobuf.InvalidProtocolBufferException;
import io.pilothouse.api.v1.SandboxRequest;
import io.pilothouse.api.v1.SchedulerMessage;
import io.pilothouse.mesos.JsonTroubleException;
import io.pilothouse.mesos.MesosJson;
import io.pilothouse.mesos.v1.TaskInfo;
import io.pilothouse.testing.fuzz.Fuzz;
import io.pilothouse.testing.fuzz.Summary;
import io.pilothouse.testing.fuzz.Wording;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** What a scheduler says to an agent, whatever it is; nothing is started that a walk made up. */
class OrdersFuzzTest {
  @TempDir private Path dir;
  private Desk desk;

  @BeforeEach
  void open() throws Exception {
    log(Level.OFF);
    desk = new Desk(Files.createDirectories(dir.resolve("machine").resolve("disk")));
    desk.launches("t1", "echo begun; exec sleep 1000");
    Path runs = desk.disk.resolve("tasks/frameworks/f-1/executors/t1/runs/latest/stdout");
    desk.await(() -> Files.exists(runs));
  }

  @AfterEach
  void close() throws Exception {
    desk.close();
    log(Level.INFO);
  }

  /** A line for each refusal would bury what other tests say. */
  private static void log(Level level) {
    if (LoggerFactory.getLogger("io.pilothouse") instanceof Logger logger) {
      logger.setLevel(level);
    }
  }

  /** A line each. */
  private static String[] orders() throws IOException {
    String file = "fuzz-orders.txt";
    try (InputStream in =
        Objects.requireNonNull(OrdersFuzzTest.class.getResourceAsStream(file), file)) {
      return new String(in.readAllBytes(), UTF_8).replace('\'', '"').strip().split("\n", -1);
    }
  }

  private static void both(Summary summary) {
    assertThat(summary.taken()).as(summary.toString()).isPositive();
    assertThat(summary.refused()).as(summary.toString()).isPositive();
  }

  @Test
  void ofASchedulerThatErrs() throws Exception {
    both(
        Fuzz.of("agent-orders")
            .sound(orders())
            .tokens("{", "}", "[", "]", "\"", ":", ",", "null", "true", "{}", "../", "/", "\\u0000")
            .tokens("\"f-1\"", "\"t1\"", "-1", "1e308", "9223372036854775807", "..", "\\n", "%2f")
            .inputs(400)
            .run(this::isObeyed));
    assertThat(desk.tasks.describe()).isNotEmpty();
    try (Stream<Path> beside = Files.list(dir.resolve("machine"))) {
      assertThat(beside).as("beside its disk").containsExactly(desk.disk);
    }
  }

  private boolean isObeyed(byte[] input) throws Exception {
    SchedulerMessage message;
    try {
      message = MesosJson.read(input, SchedulerMessage.getDefaultInstance());
    } catch (JsonTroubleException e) {
      return false;
    }
    if (message.getLaunch().getTasksList().stream().anyMatch(OrdersFuzzTest::mayRun)
        || message.getLaunch().hasGroupExecutor()) {
      return false;
    }
    try {
      desk.tasks.take(message);
    } catch (IOException e) {
      Wording.check(e.getMessage());
      return false;
    } finally {
      desk.tasks.round();
    }
    return true;
  }

  /** Only those that are refused for their container: of the others a process would be made. */
  private static boolean mayRun(TaskInfo task) {
    return !(task.hasExecutor() ? task.getExecutor().getContainer() : task.getContainer())
        .getMesos()
        .getImage()
        .hasAppc();
  }

  @Test
  void whatHasNoIdIsNotLaunched() {
    for (String each :
        List.of(
            "{\"launch\":{\"framework\":{\"user\":\"\",\"name\":\"n\"},\"tasks\":[TASK]}}",
            "{\"launch\":{\"framework\":{\"user\":\"\",\"name\":\"n\",\"id\":{\"value\":\"\"}},"
                + "\"tasks\":[TASK]}}")) {
      String task = "{\"name\":\"n\",\"task_id\":{\"value\":\"t\"},\"agent_id\":{\"value\":\"a\"}}";
      assertThatThrownBy(
              () ->
                  desk.tasks.take(
                      MesosJson.read(
                          each.replace("TASK", task).getBytes(UTF_8),
                          SchedulerMessage.getDefaultInstance())))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("has no id");
    }
  }

  @Test
  void looksIntoSandboxes() throws Exception {
    SandboxFiles files = new SandboxFiles(new TaskDisk(desk.disk.resolve("tasks")));
    List<byte[]> sound =
        Stream.of("", "stdout")
            .map(
                path ->
                    SandboxRequest.newBuilder()
                        .setFrameworkId(Desk.FRAMEWORK)
                        .setExecutorId("t1")
                        .setPath(path)
                        .setList(path.isEmpty())
                        .setOffset(0)
                        .setLength(100)
                        .build()
                        .toByteArray())
            .toList();
    both(
        Fuzz.of("sandbox-looks")
            .sound(sound)
            .tokens("../", "/", "..", "stdout", "\0", "f-1", "t1", "latest", "\u001b", "\n")
            .inputs(3_000)
            .allocating(8 << 20, 500)
            .run(
                input -> {
                  try {
                    SandboxRequest request = SandboxRequest.parseFrom(input);
                    assertThat(files.answer(request).getData().size())
                        .isLessThanOrEqualTo(SandboxFiles.LARGEST_PIECE);
                    return true;
                  } catch (InvalidProtocolBufferException e) {
                    return false;
                  } catch (SandboxTroubleException e) {
                    Wording.check(e.getMessage());
                    return false;
                  }
                }));
  }
}
