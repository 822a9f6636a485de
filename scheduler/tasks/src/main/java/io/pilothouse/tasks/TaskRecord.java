package io.pilothouse.tasks;

import com.google.protobuf.ByteString;
import io.pilothouse.api.v1.AgentLaunch;
import io.pilothouse.filesync.DurableFiles;
import io.pilothouse.mesos.v1.AgentID;
import io.pilothouse.mesos.v1.CheckStatusInfo;
import io.pilothouse.mesos.v1.ExecutorID;
import io.pilothouse.mesos.v1.ExecutorInfo;
import io.pilothouse.mesos.v1.FrameworkInfo.Capability;
import io.pilothouse.mesos.v1.TaskInfo;
import io.pilothouse.mesos.v1.TaskState;
import io.pilothouse.mesos.v1.TaskStatus;
import io.pilothouse.mesos.v1.TaskStatus.Reason;
import io.pilothouse.mesos.v1.TaskStatus.Source;
import io.pilothouse.tasks.check.Watch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What is known of one task: how it was launched, and what was said of it. Its fields belong to the
 * monitor of {@link Tasks}.
 */
final class TaskRecord {
  private final Machine machine;
  private final String container;
  private final AgentLaunch launch;
  private final AgentID agent;
  private final Path meta;
  private final Optional<Place> place;
  private final UpdateLog updates;
  private final Retry retry;
  private boolean silent;

  /** The scheduler knows that it has ended, and its framework is not told. */
  private boolean endTold;

  /** What checks found last, if that was not told yet; it is said with whatever else is. */
  private Optional<Boolean> healthy = Optional.empty();

  private Optional<CheckStatusInfo> checked = Optional.empty();

  TaskRecord(Machine machine, String container, AgentLaunch launch, AgentID agent)
      throws IOException {
    this.machine = machine;
    this.container = container;
    this.launch = launch;
    this.agent = agent;
    this.meta = machine.tasks().meta(container);
    this.place = Place.read(meta);
    this.updates = UpdateLog.open(meta.resolve("updates"));
    this.retry = new Retry(machine.firstRetry());
  }

  /** Its own, of which its directory has the name; a task in an executor has no processes there. */
  String container() {
    return container;
  }

  Path meta() {
    return meta;
  }

  AgentLaunch launch() {
    return launch;
  }

  TaskInfo info() {
    return launch.getTasks(0);
  }

  String id() {
    return info().getTaskId().getValue();
  }

  String framework() {
    return launch.getFramework().getId().getValue();
  }

  AgentID agent() {
    return agent;
  }

  Optional<Place> place() {
    return place;
  }

  boolean isIn(String executor) {
    return place.filter(each -> each.executor().equals(executor)).isPresent();
  }

  /** The group that it is of; empty for none. */
  String group() {
    return place.map(Place::group).orElse("");
  }

  /** The executor that its framework named; empty for a command with one of its own. */
  Optional<ExecutorInfo> executor() {
    return executor(launch);
  }

  static Optional<ExecutorInfo> executor(AgentLaunch launch) {
    if (launch.hasGroupExecutor()) {
      return Optional.of(launch.getGroupExecutor());
    }
    return launch.getTasks(0).hasExecutor()
        ? Optional.of(launch.getTasks(0).getExecutor())
        : Optional.empty();
  }

  ExecutorID executorId() {
    return executor()
        .map(ExecutorInfo::getExecutorId)
        .orElseGet(() -> ExecutorID.newBuilder().setValue(id()).build());
  }

  /** Where it runs and may write. */
  Path sandbox() {
    String run = place.map(Place::executor).orElse(container);
    Path sandbox = machine.tasks().sandbox(framework(), executorId().getValue(), run);
    boolean nested =
        executor().filter(each -> each.getType() == ExecutorInfo.Type.DEFAULT).isPresent();
    return nested && place.isPresent() ? sandbox.resolve("containers").resolve(container) : sandbox;
  }

  /** Where people look for a task of a group: {@code tasks/ID} in its executor's sandbox. */
  void link() throws IOException {
    Path sandbox = sandbox();
    if (!DurableFiles.parent(sandbox).endsWith("containers")) {
      return;
    }
    Path links = DurableFiles.parent(DurableFiles.parent(sandbox)).resolve("tasks");
    Files.createDirectories(links);
    Path link = links.resolve(TaskDisk.name(id()));
    Files.deleteIfExists(link); // of one of that id before
    Files.createSymbolicLink(link, links.relativize(sandbox));
  }

  UpdateLog updates() {
    return updates;
  }

  Retry retry() {
    return retry;
  }

  boolean hasEnded() {
    return updates.hasEnded();
  }

  /** Its framework is gone: the scheduler alone is told, once it has ended, what is free then. */
  void silence() {
    silent = true;
  }

  /** As if its framework were not gone. */
  void speak() {
    silent = false;
    endTold = false;
  }

  boolean isSilent() {
    return silent;
  }

  /** Whether it is over, and who is to know does. */
  boolean isOver() {
    return updates.isDone() || (silent && endTold);
  }

  /** What is to be told of it now (nanoTime). */
  Optional<TaskStatus> due(long now) {
    return silent
        ? updates.latest().filter(last -> hasEnded() && !endTold)
        : updates.first().filter(first -> retry.isDue(now));
  }

  /** That was told. What is silent needs no acknowledgement: what is not listed has ended, too. */
  void told(long now) {
    endTold = silent;
    retry.sent(now);
  }

  boolean isPartitionAware() {
    return has(Capability.Type.PARTITION_AWARE);
  }

  boolean has(Capability.Type capability) {
    return launch.getFramework().getCapabilitiesList().stream()
        .anyMatch(each -> each.getType() == capability);
  }

  /** It is here, and a scheduler thinks that it is not: says how it is. */
  void tellAgain() throws IOException {
    Optional<TaskStatus> now = updates.latest();
    if (now.isPresent() && updates.unacknowledged() == 0) {
      say(now.get().getState(), Source.SOURCE_AGENT, null, "The task was launched before");
    }
    retry.anew();
    machine.changed().run();
  }

  void say(Cause cause) throws IOException {
    TaskStatus.Builder status = status(cause.state(), Source.SOURCE_AGENT, cause.words());
    status.setReason(cause.reason());
    if (!cause.limitation().isEmpty()) {
      status.getLimitationBuilder().addAllResources(cause.limitation());
    }
    write(status);
  }

  /** Writes a status down; who sends it looks at the log. */
  void say(TaskState state, Source source, @Nullable Reason reason, String message)
      throws IOException {
    TaskStatus.Builder status = status(state, source, message);
    if (reason != null) {
      status.setReason(reason);
    }
    write(status);
  }

  private TaskStatus.Builder status(TaskState state, Source source, String message) {
    String runs = place.map(Place::executor).orElse(container);
    TaskStatus.Builder status =
        Statuses.of(info(), agent, runs, machine.seconds())
            .setExecutorId(executorId())
            .setState(state)
            .setSource(source);
    if (!message.isEmpty()) {
      status.setMessage(message);
    }
    return status;
  }

  private void write(TaskStatus.Builder status) throws IOException {
    carry(status);
    updates.append(status.build());
    machine.changed().run();
  }

  /** Whether it is well, as its checks found. */
  void found(boolean well) {
    healthy = Optional.of(well);
  }

  /** What its check found. */
  void found(CheckStatusInfo status) {
    checked = Optional.of(status);
  }

  /** What checks found last is said with whatever else is. */
  private void carry(TaskStatus.Builder status) {
    Optional<TaskStatus> last = updates.latest();
    healthy
        .or(() -> last.filter(TaskStatus::hasHealthy).map(TaskStatus::getHealthy))
        .ifPresent(status::setHealthy);
    if (info().hasCheck()) {
      status.setCheckStatus(
          checked
              .or(() -> last.filter(TaskStatus::hasCheckStatus).map(TaskStatus::getCheckStatus))
              .orElseGet(() -> Watch.nothing(info().getCheck())));
    }
  }

  /** Says once more how it is, with what checks have found since. */
  void sayFound(Reason reason, String message) throws IOException {
    TaskStatus.Builder fresh = Statuses.of(info(), agent, container, machine.seconds());
    TaskStatus.Builder status =
        updates.latest().orElseThrow().toBuilder()
            .clearMessage()
            .setReason(reason)
            .setSource(Source.SOURCE_EXECUTOR)
            .setUuid(fresh.getUuid())
            .setTimestamp(fresh.getTimestamp());
    if (!message.isEmpty()) {
      status.setMessage(message);
    }
    carry(status);
    updates.append(status.build());
    machine.changed().run();
  }

  /** What its executor said, with what only the agent knows. */
  void pass(TaskStatus said) throws IOException {
    TaskStatus.Builder known =
        Statuses.of(info(), agent, place.map(Place::executor).orElse(container), machine.seconds());
    TaskStatus.Builder status = said.toBuilder().setAgentId(agent).setExecutorId(executorId());
    if (!said.hasTimestamp()) {
      status.setTimestamp(known.getTimestamp());
    }
    if (!said.getContainerStatus().hasContainerId()) {
      status
          .getContainerStatusBuilder()
          .setContainerId(known.getContainerStatus().getContainerId());
    }
    updates.append(status.build());
    machine.changed().run();
  }

  /** Whether a status with this uuid has been written down, as far back as is kept. */
  boolean knows(ByteString uuid) {
    return updates.knows(uuid);
  }
}
