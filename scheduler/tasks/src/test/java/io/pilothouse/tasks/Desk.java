package io.pilothouse.tasks;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.pilothouse.api.v1.AgentAcknowledge;
import io.pilothouse.api.v1.AgentKill;
import io.pilothouse.api.v1.AgentLaunch;
import io.pilothouse.api.v1.AgentMessage;
import io.pilothouse.api.v1.AgentShutdownExecutor;
import io.pilothouse.api.v1.AgentShutdownFramework;
import io.pilothouse.api.v1.FrameworkToExecutor;
import io.pilothouse.api.v1.SchedulerMessage;
import io.pilothouse.mesos.v1.AgentID;
import io.pilothouse.mesos.v1.AgentInfo;
import io.pilothouse.mesos.v1.CommandInfo;
import io.pilothouse.mesos.v1.DurationInfo;
import io.pilothouse.mesos.v1.ExecutorID;
import io.pilothouse.mesos.v1.ExecutorInfo;
import io.pilothouse.mesos.v1.FrameworkID;
import io.pilothouse.mesos.v1.FrameworkInfo;
import io.pilothouse.mesos.v1.KillPolicy;
import io.pilothouse.mesos.v1.TaskID;
import io.pilothouse.mesos.v1.TaskInfo;
import io.pilothouse.mesos.v1.TaskState;
import io.pilothouse.mesos.v1.TaskStatus;
import io.pilothouse.processes.Cgroups;
import io.pilothouse.processes.Family;
import io.pilothouse.tasks.fetch.FetchLimits;
import io.pilothouse.tasks.lending.Lending;
import io.pilothouse.tasks.oci.ContainerSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** A machine's tasks, and a scheduler that is played by the test. */
final class Desk {
  static final String FRAMEWORK = "f-1";

  final Path disk;
  final List<TaskStatus> heard = new ArrayList<>();

  /** To the scheduler, beside statuses. */
  final List<AgentMessage> said = new CopyOnWriteArrayList<>();

  Cgroups cgroups = Cgroups.none("a machine without");
  InstantSource clock = InstantSource.system();
  Duration retry = Duration.ofHours(1);
  ExecutorTimes times = ExecutorTimes.usual();
  ContainerSettings containers = ContainerSettings.none();
  Rules rules = Rules.USUAL;
  PortRange ports = PortRange.ANY;
  Lending lending = Lending.usual();
  boolean acknowledges = true;
  Tasks tasks;

  Desk(Path disk) throws Exception {
    this.disk = disk;
    this.tasks = open();
    tasks.connected(this::take);
  }

  Machine machine() throws Exception {
    return new Machine(
        "web-01",
        disk,
        cgroups,
        Map.of("PATH", "/usr/bin:/bin", "MESOS_OF_AGENT", "no", "GREETING", "machine"),
        clock,
        retry,
        () -> {},
        Machine.fetcher(disk, FetchLimits.usual(1 << 20)),
        () -> rules,
        ports,
        Machine.bundles(disk, containers));
  }

  private Tasks open() throws Exception {
    Machine machine = machine();
    return Tasks.open(
        machine, new Sandboxes(machine.tasks(), Duration.ofDays(7), 1000, 1000), times, lending);
  }

  private synchronized void take(AgentMessage message) {
    if (message.hasUpdate()) {
      heard.add(message.getUpdate().getStatus());
    } else {
      said.add(message);
    }
  }

  /** Its stream broke, and it has another one. */
  void connectsAgain() {
    tasks.follow(new Object());
    tasks.connected(this::take);
  }

  /** The agent dies, and another starts on the same disk. */
  void restartsAgent() throws Exception {
    tasks.close();
    tasks = open();
    tasks.connected(this::take);
  }

  /** The same without a chance to do anything before; the first, to be closed later. */
  Tasks crashes() throws Exception {
    Tasks before = tasks;
    before.disconnected();
    tasks = open();
    tasks.connected(this::take);
    return before;
  }

  static TaskInfo.Builder task(String id, String line) {
    return TaskInfo.newBuilder()
        .setName(id)
        .setTaskId(TaskID.newBuilder().setValue(id))
        .setAgentId(AgentID.newBuilder().setValue("a"))
        .setCommand(CommandInfo.newBuilder().setValue(line));
  }

  /** An executor that the test plays. */
  static ExecutorInfo.Builder executor(String id) {
    return ExecutorInfo.newBuilder()
        .setType(ExecutorInfo.Type.CUSTOM)
        .setExecutorId(ExecutorID.newBuilder().setValue(id))
        .setFrameworkId(framework().getId())
        .setCommand(CommandInfo.newBuilder().setValue(PlayedExecutor.LINE));
  }

  static TaskInfo.Builder inExecutor(String id, String executor) {
    return inExecutor(id, executor(executor));
  }

  static TaskInfo.Builder inExecutor(String id, ExecutorInfo.Builder executor) {
    return task(id, "").clearCommand().setExecutor(executor);
  }

  static DurationInfo duration(Duration duration) {
    return DurationInfo.newBuilder().setNanoseconds(duration.toNanos()).build();
  }

  void tells(String executor, String message) throws IOException {
    tasks.take(
        SchedulerMessage.newBuilder()
            .setMessage(
                FrameworkToExecutor.newBuilder()
                    .setFrameworkId(framework().getId())
                    .setExecutorId(ExecutorID.newBuilder().setValue(executor))
                    .setData(ByteString.copyFromUtf8(message)))
            .build());
  }

  void shutsDownExecutor(String executor) throws IOException {
    tasks.take(
        SchedulerMessage.newBuilder()
            .setShutdownExecutor(
                AgentShutdownExecutor.newBuilder()
                    .setFrameworkId(framework().getId())
                    .setExecutorId(ExecutorID.newBuilder().setValue(executor)))
            .build());
  }

  static FrameworkInfo.Builder framework() {
    return FrameworkInfo.newBuilder()
        .setUser("")
        .setName("test")
        .setId(FrameworkID.newBuilder().setValue(FRAMEWORK));
  }

  void launches(String id, String line) throws IOException {
    launches(task(id, line));
  }

  void launches(TaskInfo.Builder task) throws IOException {
    launches(framework(), task);
  }

  void launches(FrameworkInfo.Builder framework, TaskInfo.Builder task) throws IOException {
    tasks.take(
        SchedulerMessage.newBuilder()
            .setLaunch(AgentLaunch.newBuilder().setFramework(framework).addTasks(task))
            .build());
  }

  void launchesGroup(ExecutorInfo.Builder executor, TaskInfo.Builder... tasks) throws IOException {
    AgentLaunch.Builder launch =
        AgentLaunch.newBuilder().setFramework(framework()).setGroupExecutor(executor);
    for (TaskInfo.Builder each : tasks) {
      launch.addTasks(each);
    }
    this.tasks.take(SchedulerMessage.newBuilder().setLaunch(launch).build());
  }

  /** The scheduler thinks that its executor runs. */
  void launchesInRunning(TaskInfo.Builder task) throws IOException {
    tasks.take(
        SchedulerMessage.newBuilder()
            .setLaunch(
                AgentLaunch.newBuilder()
                    .setFramework(framework())
                    .addTasks(task)
                    .setExecutorRuns(true))
            .build());
  }

  void kills(String id, Duration grace) throws IOException {
    tasks.take(
        SchedulerMessage.newBuilder()
            .setKill(
                AgentKill.newBuilder()
                    .setFrameworkId(framework().getId())
                    .setTaskId(TaskID.newBuilder().setValue(id))
                    .setKillPolicy(
                        KillPolicy.newBuilder()
                            .setGracePeriod(
                                DurationInfo.newBuilder().setNanoseconds(grace.toNanos()))))
            .build());
  }

  /** The machine is taken: no grace. */
  void drains(String id) throws IOException {
    tasks.take(
        SchedulerMessage.newBuilder()
            .setKill(
                AgentKill.newBuilder()
                    .setFrameworkId(framework().getId())
                    .setTaskId(TaskID.newBuilder().setValue(id))
                    .setReason("the machine is taken")
                    .setReasonNumber(TaskStatus.Reason.REASON_AGENT_DRAINING_VALUE))
            .build());
  }

  void shutsDownFramework() throws IOException {
    tasks.take(
        SchedulerMessage.newBuilder()
            .setShutdownFramework(
                AgentShutdownFramework.newBuilder().setFrameworkId(framework().getId()))
            .build());
  }

  void acknowledges(TaskStatus status) throws IOException {
    acknowledges(status.getTaskId(), status.getUuid());
  }

  void acknowledges(TaskID task, ByteString uuid) throws IOException {
    tasks.take(
        SchedulerMessage.newBuilder()
            .setAcknowledge(
                AgentAcknowledge.newBuilder()
                    .setFrameworkId(framework().getId())
                    .setTaskId(task)
                    .setUuid(uuid))
            .build());
  }

  /** A round of the agent, and the framework's acknowledgements of what was heard in it. */
  void round() throws Exception {
    int before = heard.size();
    tasks.round();
    if (acknowledges) {
      for (TaskStatus each : List.copyOf(heard.subList(before, heard.size()))) {
        acknowledges(each);
      }
    }
  }

  /** Goes on until the task is told to be in a state; the status that says so. */
  TaskStatus until(String id, TaskState state) throws Exception {
    await(() -> heard.stream().anyMatch(each -> is(each, id, state)));
    return heard.stream().filter(each -> is(each, id, state)).findFirst().orElseThrow();
  }

  private static boolean is(TaskStatus status, String id, TaskState state) {
    return status.getTaskId().getValue().equals(id) && status.getState() == state;
  }

  void await(BooleanSupplier condition) throws Exception {
    long end = System.nanoTime() + Duration.ofSeconds(20).toNanos();
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime() - end).as("waited in vain; heard " + states()).isNegative();
      round();
      LockSupport.parkNanos(5_000_000);
    }
  }

  List<String> states() {
    return heard.stream()
        .map(each -> each.getTaskId().getValue() + " " + each.getState().name().substring(5))
        .toList();
  }

  Path sandbox(String id) throws IOException {
    return disk.resolve("tasks/frameworks/f-1/executors/%s/runs/latest".formatted(id)).toRealPath();
  }

  String stdout(String id) throws IOException {
    return Files.readString(sandbox(id).resolve("stdout"));
  }

  int remembered() {
    return tasks
        .register(AgentInfo.newBuilder().setHostname("web-01").build(), "b", "v")
        .getTasksCount();
  }

  /** Nothing is left running. */
  void close() throws Exception {
    tasks.close();
    Family.killForgotten(disk, Machine.MARK, Set.of());
  }
}
