package io.pilothouse.tasks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pilothouse.mesos.MediaType;
import io.pilothouse.mesos.v1.TaskState;
import io.pilothouse.mesos.v1.TaskStatus;
import io.pilothouse.mesos.v1.executor.Event;
import io.pilothouse.processes.ProcFs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A machine whose disk is full, which only root can have mounted: nothing that is said is lost. */
@Tag("system")
@Timeout(120)
class FullDiskTest {
  @TempDir private Path disk;
  private Desk desk;
  private boolean mounted;

  @BeforeEach
  void mountSmallDisk() throws Exception {
    mounted = run("mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", disk.toString()) == 0;
    assertThat(mounted).as("a tmpfs, which only root can mount").isTrue();
    desk = new Desk(disk);
  }

  @AfterEach
  void unmount() throws Exception {
    if (desk != null) {
      desk.close();
    }
    if (mounted) {
      assertThat(run("umount", "-l", disk.toString())).isZero();
    }
  }

  private static int run(String... command) throws Exception {
    return new ProcessBuilder(command).inheritIO().start().waitFor();
  }

  private void fill() {
    assertThatThrownBy(
            () -> {
              byte[] block = new byte[4096];
              while (true) {
                Files.write(
                    disk.resolve("filler"),
                    block,
                    StandardOpenOption.CREATE,
                    StandardOpenOption.APPEND);
              }
            })
        .isInstanceOf(IOException.class)
        .hasMessageContaining("No space left on device");
  }

  private void makeRoom() throws IOException {
    Files.delete(disk.resolve("filler"));
  }

  private Path meta(String task) throws IOException {
    try (Stream<Path> all = Files.list(disk.resolve("tasks/meta"))) {
      String run = desk.sandbox(task).getFileName().toString();
      return all.filter(each -> each.endsWith(run)).findFirst().orElseThrow();
    }
  }

  private long keeper(String task) throws IOException {
    return Keeper.of(meta(task)).orElseThrow().pid();
  }

  private long process(String task) throws Exception {
    Path meta = meta(task);
    desk.await(() -> Files.exists(meta.resolve("pid")));
    return Keeper.task(meta).orElseThrow();
  }

  @Test
  void howTasksEndedAndWhoWasToEndIsToldWhenThereIsRoom() throws Exception {
    desk.launches("t1", "while [ ! -e go ]; do sleep 0.02; done; exit 7");
    desk.launches("t2", "exec sleep 600");
    desk.until("t1", TaskState.TASK_RUNNING);
    desk.until("t2", TaskState.TASK_RUNNING);
    long first = process("t1");
    long second = process("t2");
    fill();
    desk.restartsAgent();

    Files.createFile(desk.sandbox("t1").resolve("go"));
    desk.kills("t2", Duration.ofSeconds(20));
    desk.await(() -> ProcFs.stat(first).isEmpty() && ProcFs.stat(second).isEmpty());
    desk.round();
    desk.round();
    assertThat(desk.states()).doesNotContain("t1 FAILED", "t2 KILLED");
    assertThat(ProcFs.stat(keeper("t1"))).as("it waits for room").isPresent();
    makeRoom();

    assertThat(desk.until("t1", TaskState.TASK_FAILED).getMessage())
        .isEqualTo("Command exited with status 7");
    desk.until("t2", TaskState.TASK_KILLED);
    desk.round();
    assertThat(desk.remembered()).isZero();
  }

  @Test
  void aLaunchIsNotTakenOnAndLeavesNothing() throws Exception {
    fill();
    assertThatThrownBy(() -> desk.launches("t1", "exit 0"))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("No space left on device");
    assertThat(desk.remembered()).isZero();
    assertThat(disk.resolve("tasks/meta")).isEmptyDirectory();
    makeRoom();
    desk.launches("t1", "exit 0");
    desk.until("t1", TaskState.TASK_FINISHED);
  }

  @Test
  void whatAnExecutorSaysIsNotTakenUntilItIsWrittenDown() throws Exception {
    desk.launches(Desk.inExecutor("t1", "e"));
    try (PlayedExecutor executor = PlayedExecutor.of(desk, "e", MediaType.PROTOBUF)) {
      executor.subscribes();
      executor.hears(Event.Type.SUBSCRIBED);
      executor.hears(Event.Type.LAUNCH);
      executor.tells("t1", TaskState.TASK_RUNNING);
      desk.until("t1", TaskState.TASK_RUNNING);
      executor.hears(Event.Type.ACKNOWLEDGED);
      fill();
      TaskStatus.Builder end = executor.status("t1", TaskState.TASK_FINISHED);
      assertThat(executor.send(executor.update(end)).statusCode()).isEqualTo(503);
      desk.kills("t1", Duration.ZERO);
      executor.hears(Event.Type.KILL);
      makeRoom();
      assertThat(executor.send(executor.update(end)).statusCode()).isEqualTo(202);
      desk.until("t1", TaskState.TASK_FINISHED);
    }
  }

  @Test
  void oneThatIsToldToEndOnAFullDiskIsKnownToByTheNextAgent() throws Exception {
    desk.launches("t1", "trap '' TERM; while :; do sleep 0.05; done");
    desk.until("t1", TaskState.TASK_RUNNING);
    long process = process("t1");
    fill();
    desk.kills("t1", Duration.ofHours(1));
    assertThat(meta("t1").resolve("kill")).doesNotExist();
    makeRoom();
    desk.round();
    assertThat(meta("t1").resolve("kill")).exists();
    desk.restartsAgent();
    assertThat(ProcFs.stat(process)).isPresent();
    desk.kills("t1", Duration.ZERO);
    desk.until("t1", TaskState.TASK_KILLED);
  }

  @Test
  void sandboxesGoSoonerTheFullerTheDiskIs() throws Exception {
    TaskDisk tasks = new TaskDisk(disk.resolve("tasks"));
    Sandboxes sandboxes = new Sandboxes(tasks, Duration.ofDays(7), 1000, 1000);
    Instant now = Instant.now();
    List<Path> all = new ArrayList<>();
    for (int hours : List.of(1, 30, 100, 160)) {
      Path sandbox = tasks.sandbox("f", "e" + hours, "c");
      Files.createDirectories(sandbox);
      Sandboxes.ended(sandbox, now.minus(Duration.ofHours(hours)));
      all.add(sandbox);
    }
    sandboxes.collect(Set.of(), now); // of a week a tenth is never given
    assertThat(all.get(3)).doesNotExist();
    assertThat(all.get(2)).exists();
    Files.write(disk.resolve("half"), new byte[4 << 20]); // 40 % of 168 h
    sandboxes.collect(Set.of(), now);
    assertThat(all.get(2)).doesNotExist();
    assertThat(all.get(1)).exists();
    fill();
    sandboxes.collect(Set.of(all.get(0)), now);
    assertThat(all.get(1)).as("nothing that may go stays on a full disk").doesNotExist();
    assertThat(all.get(0)).as("it is in use").exists();
  }
}
