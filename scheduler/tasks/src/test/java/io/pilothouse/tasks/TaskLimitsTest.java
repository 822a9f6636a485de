package io.pilothouse.tasks;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.v1.OfferPolicy;
import io.pilothouse.mesos.MediaType;
import io.pilothouse.mesos.v1.ExecutorInfo;
import io.pilothouse.mesos.v1.Resource;
import io.pilothouse.mesos.v1.TaskInfo;
import io.pilothouse.mesos.v1.TaskState;
import io.pilothouse.mesos.v1.TaskStatus;
import io.pilothouse.mesos.v1.TaskStatus.Reason;
import io.pilothouse.mesos.v1.Value;
import io.pilothouse.mesos.v1.executor.Call;
import io.pilothouse.mesos.v1.executor.Event;
import io.pilothouse.processes.Cgroups;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Limits of tasks that this kernel enforces. */
@Tag("system")
@Timeout(120)
class TaskLimitsTest {
  private static final int PIDS = 40;

  @TempDir private Path disk;
  private final String name = "pilothouse-test-" + UUID.randomUUID();
  private Desk desk;

  @BeforeEach
  void onlyRootCanMakeGroups() throws Exception {
    desk = new Desk(disk);
    desk.rules = Rules.of(OfferPolicy.newBuilder().setTaskPids(PIDS).build());
    desk.cgroups = Cgroups.find(Cgroups.MOUNTS, name + "/m");
    desk.restartsAgent();
    assertThat(desk.tasks.describe().get("limits")).as("run by root, with groups").isEqualTo("");
  }

  @AfterEach
  void close() throws Exception {
    desk.close();
    desk.cgroups.retain(Set.of());
  }

  private static Resource.Builder resource(String name, double value) {
    Resource.Builder resource = Resource.newBuilder().setName(name).setType(Value.Type.SCALAR);
    resource.getScalarBuilder().setValue(value);
    return resource;
  }

  private static TaskInfo.Builder with(TaskInfo.Builder task, double cpus, double mem) {
    return task.addResources(resource("cpus", cpus)).addResources(resource("mem", mem));
  }

  private static Value.Scalar scalar(double value) {
    return Value.Scalar.newBuilder().setValue(value).build();
  }

  /** What the kernel has in a file of the group of a task or executor, of version 1 or 2. */
  private String group(String of, String controller, String first, String second)
      throws IOException {
    String container = name + "/m/" + desk.sandbox(of).getFileName();
    Path old = Path.of("/sys/fs/cgroup", controller).resolve(container).resolve(first);
    Path fresh = Path.of("/sys/fs/cgroup").resolve(container).resolve(second);
    if (Files.exists(old)) {
      return Files.readString(old).strip();
    }
    return Files.exists(fresh) ? Files.readString(fresh).strip() : "none";
  }

  private String processors(String of) throws IOException {
    return group(of, "cpu", "cpu.cfs_quota_us", "cpu.max").split(" ", -1)[0];
  }

  @Test
  void aForkBombIsItsOwnAffairAndIsTold() throws Exception {
    desk.launches(
        Desk.task(
            "bomb",
            "for i in $(seq 200); do sleep 600 2>/dev/null & done; touch up;"
                + " while :; do sleep 0.1; done"));
    // its shell ends when it cannot fork any more
    assertThat(desk.until("bomb", TaskState.TASK_FAILED).getMessage())
        .startsWith("Command exited with status ")
        .contains("times it was refused another process or thread, having as many as it may");
    desk.round();
    assertThat(desk.remembered()).isZero();
  }

  @Test
  void besideAForkBombOthersRunAndItIsEndedWhenAsked() throws Exception {
    desk.launches(
        Desk.task(
            "bomb",
            "exec perl -e 'while (1) { defined fork or select undef, undef, undef, 0.05 }'"));
    desk.until("bomb", TaskState.TASK_RUNNING);
    desk.await(() -> forks() >= PIDS - 1);
    desk.launches(Desk.task("t1", "seq 30 | while read i; do (true); done; echo well"));
    desk.until("t1", TaskState.TASK_FINISHED);
    assertThat(desk.stdout("t1")).isEqualTo("well\n");
    assertThat(forks()).isLessThanOrEqualTo(PIDS);

    desk.kills("bomb", Duration.ZERO);

    assertThat(desk.until("bomb", TaskState.TASK_KILLED).getMessage())
        .startsWith("Command terminated with signal ");
  }

  private long forks() {
    try {
      String now = group("bomb", "pids", "pids.current", "pids.current");
      return now.equals("none") ? 0 : Long.parseLong(now);
    } catch (IOException e) {
      return 0; // it has just gone
    }
  }

  @Test
  void oneThatIsOutOfItsMemoryIsToldHowMuchItHad() throws Exception {
    String hungry = "head -c 500000000 /dev/zero | tail -c 400000000 >/dev/null";
    desk.launches(with(Desk.task("t1", hungry), 0.5, 32));
    TaskStatus end = desk.until("t1", TaskState.TASK_FAILED);
    assertThat(end.getReason()).isEqualTo(Reason.REASON_CONTAINER_LIMITATION_MEMORY);
    assertThat(end.getMessage())
        .isEqualTo("Memory limit exceeded: Requested: 32MB Maximum Used: 32MB");
    assertThat(end.getLimitation().getResources(0)).isEqualTo(resource("mem", 32).build());
  }

  @Test
  void oneWithLimitsMayUseMoreThanItHasAndItsShareIsByWhatItHas() throws Exception {
    String hungry = "head -c 60000000 /dev/zero | tail -c 50000000 >/dev/null; echo fed";
    desk.launches(
        with(Desk.task("t1", hungry + "; sleep 600"), 0.5, 32)
            .putLimits("cpus", scalar(1.5))
            .putLimits("mem", scalar(128)));
    desk.await(() -> isFed("t1"));
    assertThat(processors("t1")).isEqualTo("150000");
    assertThat(group("t1", "cpu", "cpu.shares", "cpu.weight")).isIn("512", "50");
    assertThat(group("t1", "memory", "memory.limit_in_bytes", "memory.max"))
        .isEqualTo(Long.toString(128L << 20));
    assertThat(group("t1", "pids", "pids.max", "pids.max")).isEqualTo(Integer.toString(PIDS));
  }

  @Test
  void oneWithoutLimitsMayUseAllAndHasAShareNevertheless() throws Exception {
    desk.launches(
        with(Desk.task("t1", "sleep 600"), 0.25, 32)
            .putLimits("cpus", scalar(Double.POSITIVE_INFINITY))
            .putLimits("mem", scalar(Double.POSITIVE_INFINITY)));
    desk.until("t1", TaskState.TASK_RUNNING);
    assertThat(processors("t1")).isIn("-1", "max");
    assertThat(group("t1", "cpu", "cpu.shares", "cpu.weight")).isIn("256", "25");
  }

  private boolean isFed(String task) {
    try {
      return desk.stdout(task).equals("fed\n");
    } catch (IOException e) {
      return false;
    }
  }

  @Test
  void anExecutorsLimitsAreLiftedByATaskWithoutAnyThroughARestartOfTheAgent() throws Exception {
    ExecutorInfo.Builder info =
        Desk.executor("e").addResources(resource("cpus", 0.5)).addResources(resource("mem", 64));
    desk.launches(with(Desk.inExecutor("t1", info), 0.5, 32));
    try (PlayedExecutor executor = PlayedExecutor.of(desk, "e", MediaType.PROTOBUF)) {
      executor.subscribes();
      executor.hears(Event.Type.SUBSCRIBED);
      executor.hears(Event.Type.LAUNCH);
      assertThat(processors("e")).isEqualTo("100000");
      desk.launchesInRunning(
          with(Desk.inExecutor("t2", info), 0.5, 32)
              .putLimits("cpus", scalar(Double.POSITIVE_INFINITY))
              .putLimits("mem", scalar(Double.POSITIVE_INFINITY)));
      executor.hears(Event.Type.LAUNCH);
      assertThat(processors("e")).isIn("-1", "max");
      String memory = group("e", "memory", "memory.limit_in_bytes", "memory.max");
      assertThat(memory).isIn("max", "9223372036854771712");
      assertThat(group("e", "cpu", "cpu.shares", "cpu.weight")).isIn("1536", "150");

      desk.restartsAgent();
      executor.hears(Event.Type.UNKNOWN);
      executor.subscribes(
          Call.Subscribe.newBuilder()
              .addUnacknowledgedTasks(Desk.inExecutor("t1", info))
              .addUnacknowledgedTasks(Desk.inExecutor("t2", info)));
      executor.hears(Event.Type.SUBSCRIBED);
      executor.tells("t2", TaskState.TASK_FINISHED);

      assertThat(processors("e")).as("of a group that the agent found again").isEqualTo("100000");
      assertThat(group("e", "memory", "memory.limit_in_bytes", "memory.max"))
          .as("it may have it in use")
          .isEqualTo(memory);
      executor.exits(0);
      desk.until("t1", TaskState.TASK_FAILED);
      desk.await(() -> desk.said.stream().anyMatch(each -> each.hasExecutorEnded()));
      assertThat(processors("e")).as("nothing of it is left").isEqualTo("none");
    }
  }
}
