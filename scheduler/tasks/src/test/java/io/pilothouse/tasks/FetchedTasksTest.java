package io.pilothouse.tasks;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.filesync.Sha256;
import io.pilothouse.mesos.MediaType;
import io.pilothouse.mesos.v1.CommandInfo;
import io.pilothouse.mesos.v1.ExecutorInfo;
import io.pilothouse.mesos.v1.TaskInfo;
import io.pilothouse.mesos.v1.TaskState;
import io.pilothouse.mesos.v1.TaskStatus;
import io.pilothouse.mesos.v1.TaskStatus.Reason;
import io.pilothouse.mesos.v1.executor.Event;
import io.pilothouse.tasks.fetch.Origin;
import io.pilothouse.tasks.fetch.Tar;
import io.pilothouse.watchdog.RunAs;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tasks whose commands want something fetched first. */
class FetchedTasksTest {
  @TempDir private Path disk;
  private Desk desk;
  private Origin origin;

  @BeforeEach
  void open() throws Exception {
    desk = new Desk(disk);
    origin = new Origin();
  }

  @AfterEach
  void close() throws Exception {
    desk.close();
    origin.close();
  }

  private static TaskInfo.Builder task(String id, String line, String... uris) {
    TaskInfo.Builder task = Desk.task(id, line);
    for (String each : uris) {
      task.getCommandBuilder().addUris(CommandInfo.URI.newBuilder().setValue(each));
    }
    return task;
  }

  @Test
  void aTaskRunsWhatWasFetchedForIt() throws Exception {
    byte[] archive = new Tar().file("bin/hello", 0755, "#!/bin/sh\necho fetched\n").gzip();
    origin.has("/hello.tgz", archive);

    desk.launches(task("t1", "bin/hello", origin.uri("/hello.tgz#sha256=" + Sha256.hex(archive))));

    desk.until("t1", TaskState.TASK_FINISHED);
    assertThat(desk.stdout("t1")).isEqualTo("fetched\n");
    assertThat(desk.states()).containsExactly("t1 STARTING", "t1 RUNNING", "t1 FINISHED");
  }

  @Test
  void oneThatCannotHaveItFailsAsInMesosAndNothingOfItRuns() throws Exception {
    origin.has("/there", "x");
    desk.launches(task("t1", "touch ran", origin.uri("/there"), origin.uri("/none")));
    desk.launches(task("t2", "true", "hdfs://nn/x"));

    TaskStatus end = desk.until("t1", TaskState.TASK_FAILED);

    assertThat(end.getReason()).isEqualTo(Reason.REASON_CONTAINER_LAUNCH_FAILED);
    assertThat(end.getMessage())
        .isEqualTo(
            "Failed to launch container: Could not fetch '%s': HTTP status 404: put it there, or"
                    .formatted(origin.uri("/none"))
                + " correct the URI");
    assertThat(desk.sandbox("t1").resolve("there")).doesNotExist();
    assertThat(desk.sandbox("t1").resolve("ran")).doesNotExist();
    assertThat(desk.until("t2", TaskState.TASK_FAILED).getMessage()).contains("not hdfs");
    assertThat(desk.states()).doesNotContain("t1 RUNNING", "t2 RUNNING");
  }

  @Test
  void oneThatIsKilledWhileItFetchesNeverRuns() throws Exception {
    origin.hangs("/slow");
    desk.launches(task("t1", "touch ran", origin.uri("/slow")));
    desk.await(() -> !origin.requests.isEmpty());

    desk.kills("t1", Duration.ofHours(1));

    TaskStatus end = desk.until("t1", TaskState.TASK_KILLED);
    assertThat(end.getReason()).isEqualTo(Reason.REASON_TASK_KILLED_DURING_LAUNCH);
    assertThat(end.getMessage()).isEqualTo("Killed while its URIs were fetched");
    desk.round();
    assertThat(desk.remembered()).isZero();
  }

  @Test
  void theNextAgentFetchesAnew() throws Exception {
    CountDownLatch well = new CountDownLatch(1);
    origin.answers(
        "/f",
        exchange -> {
          exchange.sendResponseHeaders(200, 5);
          exchange.getResponseBody().write("fr".getBytes(StandardCharsets.UTF_8));
          exchange.getResponseBody().flush();
          well.await();
          exchange.getResponseBody().write("esh".getBytes(StandardCharsets.UTF_8));
        });
    desk.launches(task("t1", "cat f", origin.uri("/f")));
    desk.launches(task("t2", "cat f", origin.uri("/f")));
    desk.await(() -> origin.requests.size() == 2);

    desk.kills("t2", Duration.ZERO);
    desk.restartsAgent();
    well.countDown();

    desk.until("t1", TaskState.TASK_FINISHED);
    assertThat(desk.stdout("t1")).isEqualTo("fresh");
    desk.until("t2", TaskState.TASK_KILLED);
    assertThat(desk.states()).doesNotContain("t1 LOST", "t2 RUNNING");
  }

  @Test
  void whatAgentsDoNotSurviveIsNotFetchedForEver() throws Exception {
    origin.hangs("/slow");
    desk.launches(task("t1", "touch ran", origin.uri("/slow")));
    desk.await(() -> origin.requests.size() == 1);
    desk.restartsAgent(); // in order: no try is counted
    desk.await(() -> origin.requests.size() == 2);

    Tasks first = desk.crashes();
    desk.await(() -> origin.requests.size() == 3);
    assertThat(desk.states()).doesNotContain("t1 FAILED");
    Tasks second = desk.crashes();

    TaskStatus end = desk.until("t1", TaskState.TASK_FAILED);
    assertThat(end.getReason()).isEqualTo(Reason.REASON_CONTAINER_LAUNCH_FAILED);
    assertThat(end.getMessage())
        .isEqualTo(
            "Failed to launch container: the machine's agent ended 2 times while it fetched the"
                + " URIs, and it is not tried again: look at the agent's log, and at what the"
                + " URIs hold");
    assertThat(origin.requests).hasSize(3);
    first.close();
    second.close();
  }

  @Test
  void anExecutorHasWhatItsCommandWants() throws Exception {
    origin.has("/conf", "of the executor");
    origin.hangs("/slow");
    ExecutorInfo.Builder executor = Desk.executor("e");
    executor
        .getCommandBuilder()
        .addUris(CommandInfo.URI.newBuilder().setValue(origin.uri("/conf")));
    ExecutorInfo.Builder failing = Desk.executor("e2");
    failing.getCommandBuilder().addUris(CommandInfo.URI.newBuilder().setValue(origin.uri("/none")));
    ExecutorInfo.Builder slow = Desk.executor("e3");
    slow.getCommandBuilder().addUris(CommandInfo.URI.newBuilder().setValue(origin.uri("/slow")));

    desk.launches(Desk.inExecutor("t1", executor));
    desk.launches(Desk.inExecutor("t2", failing));
    desk.launches(Desk.inExecutor("t3", slow));

    try (PlayedExecutor played = PlayedExecutor.of(desk, "e", MediaType.JSON)) {
      assertThat(played.sandbox.resolve("conf")).hasContent("of the executor");
      played.subscribes();
      played.hears(Event.Type.SUBSCRIBED);
      played.hears(Event.Type.LAUNCH);
    }
    assertThat(desk.until("t2", TaskState.TASK_FAILED).getMessage()).contains("404");
    desk.restartsAgent();
    desk.await(() -> origin.requests.stream().filter("/slow"::equals).count() == 2);
    desk.kills("t3", Duration.ZERO);
    desk.until("t3", TaskState.TASK_KILLED);
  }

  @Test
  @Tag("system")
  void allOfItIsItsUsersAndItReadsNoMoreThanItsUserMay() throws Exception {
    assertThat(RunAs.isRoot()).as("run by root, who alone can become another").isTrue();
    origin.has("/a.tar", new Tar().file("d/f", "x").link("l", "d").bytes());
    Path secret = Files.writeString(disk.resolve("secret"), "of root");
    Files.setPosixFilePermissions(secret, PosixFilePermissions.fromString("rw-------"));
    Files.setPosixFilePermissions(disk, PosixFilePermissions.fromString("rwxr-xr-x"));
    TaskInfo.Builder mine = task("t1", "echo more >>d/f && rm l", origin.uri("/a.tar"));
    mine.getCommandBuilder().setUser("nobody");
    TaskInfo.Builder theirs = task("t2", "true", secret.toString());
    theirs.getCommandBuilder().setUser("nobody");

    desk.launches(mine);
    desk.launches(theirs);

    desk.until("t1", TaskState.TASK_FINISHED);
    assertThat(desk.until("t2", TaskState.TASK_FAILED).getMessage())
        .contains("nobody may not read it");
  }
}
