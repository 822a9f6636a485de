package io.pilothouse.tasks;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.v1.AgentKill;
import io.pilothouse.mesos.v1.AgentInfo;
import io.pilothouse.mesos.v1.CommandInfo;
import io.pilothouse.mesos.v1.ContainerInfo;
import io.pilothouse.mesos.v1.DurationInfo;
import io.pilothouse.mesos.v1.Environment;
import io.pilothouse.mesos.v1.FrameworkInfo;
import io.pilothouse.mesos.v1.Resource;
import io.pilothouse.mesos.v1.TaskInfo;
import io.pilothouse.mesos.v1.TaskState;
import io.pilothouse.mesos.v1.TaskStatus;
import io.pilothouse.mesos.v1.TaskStatus.Reason;
import io.pilothouse.mesos.v1.TaskStatus.Source;
import io.pilothouse.mesos.v1.Value;
import io.pilothouse.processes.ProcFs;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Commands as tasks, with real processes. */
class TasksTest {
  @TempDir private Path disk;
  private Desk desk;

  @BeforeEach
  void open() throws Exception {
    desk = new Desk(disk);
  }

  @AfterEach
  void close() throws Exception {
    desk.close();
  }

  @Test
  void aCommandRunsInItsSandboxAndItsEndIsTold() throws Exception {
    desk.launches("t1", "echo hi; echo trouble >&2; pwd");

    TaskStatus end = desk.until("t1", TaskState.TASK_FINISHED);

    assertThat(desk.states()).containsExactly("t1 STARTING", "t1 RUNNING", "t1 FINISHED");
    assertThat(end.getMessage()).isEqualTo("Command exited with status 0");
    assertThat(end.getSource()).isEqualTo(Source.SOURCE_EXECUTOR);
    assertThat(end.getUuid().size()).isEqualTo(16);
    assertThat(end.getExecutorId().getValue()).isEqualTo("t1");
    assertThat(desk.stdout("t1")).isEqualTo("hi\n" + desk.sandbox("t1") + "\n");
    assertThat(Files.readString(desk.sandbox("t1").resolve("stderr"))).isEqualTo("trouble\n");
    desk.round();
    assertThat(desk.remembered()).as("acknowledged to the end").isZero();
    assertThat(disk.resolve("tasks/meta")).isEmptyDirectory();
  }

  @Test
  void aCommandThatFailsSaysHow() throws Exception {
    desk.launches("t1", "exit 3");
    desk.launches("t2", "kill -SEGV $$");

    assertThat(desk.until("t1", TaskState.TASK_FAILED).getMessage())
        .isEqualTo("Command exited with status 3");
    assertThat(desk.until("t2", TaskState.TASK_FAILED).getMessage())
        .isEqualTo("Command terminated with signal Segmentation fault");
  }

  @Test
  void argumentsComeAsTheyAreAndTheEnvironmentIsMesos() throws Exception {
    CommandInfo.Builder command =
        CommandInfo.newBuilder()
            .setShell(false)
            .setValue("printf")
            .addArguments("called")
            .addArguments("%s|")
            .addArguments("a b")
            .addArguments("$HOME");
    desk.launches(Desk.task("t1", "").setCommand(command));
    TaskInfo.Builder second = Desk.task("t2", "env");
    second
        .getCommandBuilder()
        .setEnvironment(
            Environment.newBuilder()
                .addVariables(
                    Environment.Variable.newBuilder().setName("GREETING").setValue("hi")));
    second.addResources(
        Resource.newBuilder()
            .setName("ports")
            .setType(Value.Type.RANGES)
            .setRanges(
                Value.Ranges.newBuilder()
                    .addRange(Value.Range.newBuilder().setBegin(31_000).setEnd(31_001))
                    .addRange(Value.Range.newBuilder().setBegin(31_500).setEnd(31_500))));
    desk.launches(second);

    desk.until("t1", TaskState.TASK_FINISHED);
    desk.until("t2", TaskState.TASK_FINISHED);

    assertThat(desk.stdout("t1")).isEqualTo("a b|$HOME|");
    assertThat(desk.stdout("t2").lines())
        .contains(
            "GREETING=hi",
            "MESOS_TASK_ID=t2",
            "MESOS_EXECUTOR_ID=t2",
            "MESOS_FRAMEWORK_ID=f-1",
            "MESOS_SANDBOX=" + desk.sandbox("t2"),
            "PORT=31000",
            "PORT1=31001",
            "PORT2=31500",
            "PORTS=31000,31001,31500")
        .doesNotContain("MESOS_OF_AGENT=no");
  }

  @Test
  void aKillAsksFirstAndKillsWhatDoesNotGo() throws Exception {
    desk.launches("polite", "trap 'echo bye; exit 0' TERM; echo up; while :; do sleep 0.01; done");
    desk.launches("deaf", "trap '' TERM; echo up; while :; do sleep 0.01; done");
    desk.await(() -> says("polite", "up\n") && says("deaf", "up\n"));

    desk.kills("polite", Duration.ofSeconds(10));
    desk.kills("deaf", Duration.ofMillis(50));
    desk.kills("nobody", Duration.ofMillis(50));

    TaskStatus polite = desk.until("polite", TaskState.TASK_KILLED);
    assertThat(polite.getMessage()).isEqualTo("Command exited with status 0");
    assertThat(desk.stdout("polite")).isEqualTo("up\nbye\n");
    assertThat(desk.until("deaf", TaskState.TASK_KILLED).getMessage())
        .isEqualTo("Command terminated with signal Killed");
  }

  private boolean says(String id, String text) {
    try {
      return desk.stdout(id).equals(text);
    } catch (IOException e) {
      return false;
    }
  }

  @Test
  void oneThatKnowsKillingIsToldOfIt() throws Exception {
    FrameworkInfo.Builder knows =
        Desk.framework()
            .addCapabilities(
                FrameworkInfo.Capability.newBuilder()
                    .setType(FrameworkInfo.Capability.Type.TASK_KILLING_STATE));
    desk.launches(knows, Desk.task("t1", "sleep 60"));
    desk.until("t1", TaskState.TASK_RUNNING);

    desk.kills("t1", Duration.ofSeconds(5));

    desk.until("t1", TaskState.TASK_KILLED);
    assertThat(desk.states())
        .containsExactly("t1 STARTING", "t1 RUNNING", "t1 KILLING", "t1 KILLED");
  }

  @Test
  void whatACommandLeavesBehindEndsWithIt() throws Exception {
    desk.launches("t1", "setsid sleep 60 & echo $!; exit 0");

    desk.until("t1", TaskState.TASK_FINISHED);

    long left = Long.parseLong(desk.stdout("t1").strip());
    desk.await(() -> ProcFs.startTicks(left).isEmpty());
  }

  @Test
  void anAgentThatIsRestartedGoesOnWithATaskThatRuns() throws Exception {
    desk.launches("t1", "echo $$; while [ ! -e go ]; do sleep 0.01; done; exit 7");
    desk.until("t1", TaskState.TASK_RUNNING);
    desk.await(() -> says("t1"));
    String pid = desk.stdout("t1");

    desk.restartsAgent();
    assertThat(desk.remembered()).isEqualTo(1);
    desk.round();
    assertThat(ProcFs.startTicks(Long.parseLong(pid.strip()))).as("it was not touched").isPresent();
    Files.createFile(desk.sandbox("t1").resolve("go"));

    assertThat(desk.until("t1", TaskState.TASK_FAILED).getMessage())
        .isEqualTo("Command exited with status 7");
    assertThat(desk.states()).containsExactly("t1 STARTING", "t1 RUNNING", "t1 FAILED");
  }

  private boolean says(String id) {
    try {
      return !desk.stdout(id).isEmpty();
    } catch (IOException e) {
      return false;
    }
  }

  @Test
  void howATaskEndedWhileNoAgentRanIsStillKnown() throws Exception {
    desk.launches("t1", "while [ ! -e go ]; do sleep 0.01; done; exit 9");
    desk.until("t1", TaskState.TASK_RUNNING);
    desk.tasks.disconnected();
    Path status = meta().resolve("status");
    Files.createFile(desk.sandbox("t1").resolve("go"));
    long end = System.nanoTime() + Duration.ofSeconds(20).toNanos();
    while (!Files.exists(status)) {
      assertThat(System.nanoTime() - end).isNegative();
      Thread.onSpinWait();
    }

    desk.restartsAgent();

    assertThat(desk.until("t1", TaskState.TASK_FAILED).getMessage())
        .isEqualTo("Command exited with status 9");
  }

  @Test
  void aKillThatWasOrderedBeforeARestartIsDone() throws Exception {
    desk.launches("t1", "trap '' TERM; echo up; while :; do sleep 0.01; done");
    desk.await(() -> says("t1", "up\n"));
    desk.kills("t1", Duration.ofMillis(300));

    desk.restartsAgent();

    assertThat(desk.until("t1", TaskState.TASK_KILLED).getMessage())
        .isEqualTo("Command terminated with signal Killed");
  }

  @Test
  void aTaskOfWhichNothingIsLeftAfterARestartIsLost() throws Exception {
    desk.launches("t1", "sleep 60");
    desk.until("t1", TaskState.TASK_RUNNING);
    Path meta = meta();
    desk.await(() -> Files.exists(meta.resolve("pid")));
    long task = Keeper.task(meta).orElseThrow();
    Files.delete(meta.resolve("keeper"));
    Files.delete(meta.resolve("pid"));

    desk.restartsAgent();

    desk.await(() -> ProcFs.startTicks(task).isEmpty());

    TaskStatus lost = desk.until("t1", TaskState.TASK_LOST);
    assertThat(lost.getReason()).isEqualTo(Reason.REASON_AGENT_RESTARTED);
    assertThat(lost.getSource()).isEqualTo(Source.SOURCE_AGENT);
  }

  @Test
  void aStatusIsToldAgainUntilItIsAcknowledgedAndOneAtATime() throws Exception {
    desk.acknowledges = false;
    desk.retry = Duration.ofMillis(20);
    desk.restartsAgent();
    desk.launches("t1", "exit 0");
    desk.await(() -> desk.heard.size() >= 3);
    assertThat(desk.heard).allMatch(each -> each.getState() == TaskState.TASK_STARTING);
    assertThat(desk.heard.stream().map(TaskStatus::getUuid).distinct()).hasSize(1);

    desk.restartsAgent();
    TaskStatus first = desk.until("t1", TaskState.TASK_STARTING);
    desk.acknowledges(first);
    desk.acknowledges(first);
    TaskStatus second = desk.until("t1", TaskState.TASK_RUNNING);
    assertThat(second.getUuid()).isNotEqualTo(first.getUuid());
    desk.acknowledges = true;
    desk.acknowledges(second);

    desk.until("t1", TaskState.TASK_FINISHED);
    desk.round();
    assertThat(desk.remembered()).isZero();
  }

  @Test
  void aTaskIsLaunchedOnceHoweverOftenItIsSaid() throws Exception {
    desk.launches("t1", "echo once; sleep 60");
    desk.launches("t1", "echo twice");
    desk.await(() -> says("t1", "once\n"));
    assertThat(desk.remembered()).isEqualTo(1);
    desk.kills("t1", Duration.ofSeconds(5));
    desk.until("t1", TaskState.TASK_KILLED);
  }

  @Test
  void ofAFrameworkThatIsShutDownItIsToldOnceThatItsTaskHasEnded() throws Exception {
    desk.launches("t1", "echo $$; exec sleep 60");
    desk.await(() -> says("t1"));
    long pid = Long.parseLong(desk.stdout("t1").strip());
    desk.await(() -> desk.states().contains("t1 RUNNING"));
    int heard = desk.heard.size();

    desk.shutsDownFramework();

    desk.await(() -> isEmpty(disk.resolve("tasks/meta")));
    assertThat(ProcFs.startTicks(pid)).isEmpty();
    assertThat(desk.remembered()).isZero();
    assertThat(desk.heard).hasSize(heard + 1);
    assertThat(desk.heard.getLast().getState()).isEqualTo(TaskState.TASK_KILLED);
    assertThat(desk.heard.getLast().getReason()).isEqualTo(Reason.REASON_FRAMEWORK_REMOVED);
  }

  @Test
  void itsTasksAreListedUntilTheyHaveEndedAndHaveTenSecondsAtMost() throws Exception {
    TaskInfo.Builder task = Desk.task("t1", "trap '' TERM; echo up; while :; do sleep 0.01; done");
    task.getKillPolicyBuilder().setGracePeriod(Desk.duration(Duration.ofHours(1)));
    desk.launches(task);
    desk.await(() -> says("t1", "up\n"));
    int heard = desk.heard.size();

    desk.shutsDownFramework();
    desk.round();
    desk.round();

    assertThat(desk.remembered()).isEqualTo(1);
    assertThat(desk.heard).as("it has not ended").hasSize(heard);
    AgentKill order = AgentKill.parseFrom(Files.readAllBytes(meta().resolve("kill")));
    assertThat(order.getKillPolicy().getGracePeriod())
        .isEqualTo(Desk.duration(Duration.ofSeconds(10)));
  }

  @Test
  void anEndThatNobodyCouldHearIsListedToTheNextStream() throws Exception {
    desk.launches("t1", "exec sleep 60");
    desk.until("t1", TaskState.TASK_RUNNING);
    desk.shutsDownFramework();
    desk.tasks.disconnected();
    desk.await(() -> listed() == TaskState.TASK_KILLED);

    desk.connectsAgain();
    assertThat(listed()).isEqualTo(TaskState.TASK_KILLED);
    desk.shutsDownFramework();

    desk.await(() -> isEmpty(disk.resolve("tasks/meta")));
    assertThat(desk.states()).endsWith("t1 KILLED");
  }

  private TaskState listed() {
    return desk.tasks
        .register(AgentInfo.newBuilder().setHostname("web-01").build(), "b", "v")
        .getTasks(0)
        .getLatest()
        .getState();
  }

  @Test
  void whatIsNotSupportedIsRefusedInWords() throws Exception {
    desk.launches(
        Desk.task("t1", "exit 0")
            .setContainer(
                ContainerInfo.newBuilder().setType(ContainerInfo.Type.MESOS).setHostname("a b")));

    TaskStatus refused = desk.until("t1", TaskState.TASK_FAILED);
    assertThat(refused.getReason()).isEqualTo(Reason.REASON_CONTAINER_LAUNCH_FAILED);
    assertThat(refused.getMessage())
        .isEqualTo(
            "Failed to launch container: ContainerInfo.hostname (a b) is not served by this agent:"
                + " use at most 63 letters, digits, - and .");
  }

  @Test
  void aContainerThatAsksForNothingIsNone() throws Exception {
    desk.launches(
        Desk.task("t1", "exit 0")
            .setContainer(ContainerInfo.newBuilder().setType(ContainerInfo.Type.MESOS)));
    desk.until("t1", TaskState.TASK_FINISHED);
  }

  @Test
  void aTaskThatTakesTooLongIsKilledAndSaysWhy() throws Exception {
    desk.launches(
        Desk.task("t1", "sleep 60")
            .setMaxCompletionTime(DurationInfo.newBuilder().setNanoseconds(50_000_000)));

    TaskStatus late = desk.until("t1", TaskState.TASK_FAILED);
    assertThat(late.getReason()).isEqualTo(Reason.REASON_MAX_COMPLETION_TIME_REACHED);
    assertThat(late.getMessage()).startsWith("Task exceeded its maximum completion time");
  }

  @Test
  void outputsStayBounded() throws Exception {
    desk.launches("t1", "i=0; while :; do echo 0123456789; i=$((i+1)); sleep 0.001; done");

    desk.await(() -> Files.exists(latest("t1").resolve("stdout.1")));

    desk.round();
    assertThat(Files.size(desk.sandbox("t1").resolve("stdout.1"))).isLessThanOrEqualTo(1000);
    desk.kills("t1", Duration.ofSeconds(5));
    desk.until("t1", TaskState.TASK_KILLED);
  }

  private static boolean isEmpty(Path dir) {
    try (Stream<Path> all = Files.list(dir)) {
      return all.findAny().isEmpty();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** What the agent knows of the only task. */
  private Path meta() throws IOException {
    try (Stream<Path> all = Files.list(disk.resolve("tasks/meta"))) {
      return all.findFirst().orElseThrow();
    }
  }

  private Path latest(String id) {
    return disk.resolve("tasks/frameworks/f-1/executors/%s/runs/latest".formatted(id));
  }

  @Test
  void onlyTheHighestTokenEverSeenIsObeyed() throws Exception {
    assertThat(desk.tasks.obeys(7)).isTrue();
    assertThat(desk.tasks.obeys(7)).isTrue();
    assertThat(desk.tasks.obeys(6)).isFalse();

    desk.restartsAgent();

    assertThat(desk.tasks.obeys(6)).as("by the next agent").isFalse();
    assertThat(desk.tasks.obeys(8)).isTrue();
  }

  @Test
  void idsOfFrameworksAreNamesOfFilesAndNeverPaths() {
    assertThat(
            List.of("../../etc", ".", "a/b", "ümläut", "ok-1_2.x").stream()
                .map(TaskDisk::name)
                .toList())
        .containsExactly("%2E.%2F..%2Fetc", "%2E", "a%2Fb", "%C3%BCml%C3%A4ut", "ok-1_2.x");
    assertThat(TaskDisk.name("x".repeat(255))).hasSizeLessThanOrEqualTo(200);
    assertThat(TaskDisk.name("x".repeat(254))).isNotEqualTo(TaskDisk.name("x".repeat(255)));
  }
}
