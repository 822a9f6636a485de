package io.pilothouse.tasks;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.mesos.MediaType;
import io.pilothouse.mesos.v1.CheckInfo;
import io.pilothouse.mesos.v1.TaskInfo;
import io.pilothouse.mesos.v1.TaskState;
import io.pilothouse.mesos.v1.executor.Event;
import io.pilothouse.processes.ProcFs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Tasks that see no others' processes; needs root and a kernel that lets it make name spaces. */
@Tag("system")
@Timeout(120)
class OwnPidsTest {
  @TempDir private Path disk;
  private Desk desk;

  @BeforeEach
  void open() throws Exception {
    desk = new Desk(disk);
    desk.rules = new Rules(4096, true, Duration.ofHours(1), true);
    OwnPids.look(desk.rules);
    assertThat(OwnPids.work()).as("run by root").isTrue();
  }

  @AfterEach
  void close() throws Exception {
    desk.close();
  }

  @Test
  void aTaskSeesItsOwnProcessesAloneAndEndsAsItWould() throws Exception {
    desk.launches("t1", "ls /proc >seen; grep -c '^[0-9]' seen; echo $$; exit 7");
    assertThat(desk.until("t1", TaskState.TASK_FAILED).getMessage())
        .isEqualTo("Command exited with status 7");
    assertThat(desk.stdout("t1").lines().toList().getFirst())
        .as("the first, the shell and ls")
        .isEqualTo("3");
    desk.launches("t2", "kill -SEGV $$");
    assertThat(desk.until("t2", TaskState.TASK_FAILED).getMessage())
        .isEqualTo("Command terminated with signal Segmentation fault");
    desk.launches("t3", "true");
    desk.until("t3", TaskState.TASK_FINISHED);
  }

  @Test
  void whatTookTooLongIsAskedAgainAndWhatIsKnownIsNot() throws Exception {
    AtomicLong asked = new AtomicLong();
    OwnPids own =
        new OwnPids(
            () -> {
              if (asked.incrementAndGet() == 1) {
                throw new IOException("too slow");
              }
              return "";
            });
    assertThat(own.objection()).isNotEmpty();
    own.look(0);
    own.look(Duration.ofSeconds(59).toNanos());
    assertThat(own.objection()).isEqualTo("too slow");
    own.look(Duration.ofSeconds(60).toNanos());
    assertThat(own.objection()).isEmpty();
    own.look(Duration.ofDays(1).toNanos());
    assertThat(asked).hasValue(2);
    assertThat(desk.tasks.describe().get("process_ids_shared")).isEqualTo("");
  }

  @Test
  void aKillIsHeardAndTheGraceIsGiven() throws Exception {
    desk.launches(
        "t1",
        "trap 'echo bye >>said; sleep 0.2; exit 3' TERM; touch up; while :; do sleep 0.02; done");
    desk.await(() -> Files.exists(at("t1", "up")));
    desk.kills("t1", Duration.ofSeconds(20));
    assertThat(desk.until("t1", TaskState.TASK_KILLED).getMessage())
        .isEqualTo("Command exited with status 3");
    assertThat(at("t1", "said")).hasContent("bye");

    desk.launches("t2", "touch up; exec sleep 600");
    desk.await(() -> Files.exists(at("t2", "up")));
    desk.kills("t2", Duration.ofSeconds(20));
    assertThat(desk.until("t2", TaskState.TASK_KILLED).getMessage())
        .isEqualTo("Command terminated with signal Terminated");

    desk.launches("t3", "trap '' TERM; touch up; while :; do sleep 0.02; done");
    desk.await(() -> Files.exists(at("t3", "up")));
    desk.kills("t3", Duration.ofMillis(50));
    assertThat(desk.until("t3", TaskState.TASK_KILLED).getMessage())
        .isEqualTo("Command terminated with signal Killed");
  }

  private Path at(String task, String file) {
    return disk.resolve("tasks/frameworks/f-1/executors/%s/runs/latest".formatted(task))
        .resolve(file);
  }

  @Test
  void whatHidesEndsWithItAndTheNextAgentGoesOnWithIt() throws Exception {
    // in a session of its own, without variables, and nobody's child
    desk.launches(
        "t1",
        "setsid env -i sh -c 'sleep 601 & exec sleep 602' & touch up;"
            + " while [ ! -e go ]; do sleep 0.02; done");
    desk.await(() -> Files.exists(at("t1", "up")));
    desk.restartsAgent();
    desk.round();
    assertThat(desk.states()).containsExactly("t1 STARTING", "t1 RUNNING");
    long hidden = sleeping();
    Files.createFile(at("t1", "go"));
    desk.until("t1", TaskState.TASK_FINISHED);
    desk.await(() -> ProcFs.stat(hidden).isEmpty());
  }

  /** The process that hides; of no other test, as its arguments say. */
  private long sleeping() throws Exception {
    AtomicLong found = new AtomicLong();
    desk.await(
        () -> {
          found.set(
              ProcessHandle.allProcesses()
                  .mapToLong(ProcessHandle::pid)
                  .filter(OwnPidsTest::hides)
                  .findFirst()
                  .orElse(0));
          return found.get() > 0;
        });
    return found.get();
  }

  private static boolean hides(long pid) {
    try {
      return Files.readString(Path.of("/proc/" + pid + "/cmdline")).equals("sleep\000602\000");
    } catch (IOException e) {
      return false; // it has ended meanwhile
    }
  }

  @Test
  void whatLooksAtATaskSeesItsProcesses() throws Exception {
    TaskInfo.Builder task = Desk.task("t1", "touch up; while :; do sleep 0.02; done");
    task.getCheckBuilder()
        .setType(CheckInfo.Type.COMMAND)
        .setDelaySeconds(0)
        .setIntervalSeconds(0.1)
        .getCommandBuilder()
        .getCommandBuilder()
        .setValue("test -e up && tr '\\000' ' ' </proc/1/cmdline | grep -q pilot-mount && exit 5");
    desk.launches(task);
    desk.await(
        () ->
            desk.heard.stream()
                .anyMatch(each -> each.getCheckStatus().getCommand().getExitCode() == 5));
  }

  @Test
  void anExecutorIsFoundByItsTokenAndGoesOn() throws Exception {
    desk.launches(Desk.inExecutor("t1", "e"));
    try (PlayedExecutor executor = PlayedExecutor.of(desk, "e", MediaType.JSON)) {
      executor.subscribes();
      executor.hears(Event.Type.SUBSCRIBED);
      executor.hears(Event.Type.LAUNCH);
      desk.restartsAgent();
      executor.hears(Event.Type.UNKNOWN);
      executor.exits(3);
      assertThat(desk.until("t1", TaskState.TASK_FAILED).getMessage())
          .isEqualTo("Executor exited with status 3");
    }
  }
}
