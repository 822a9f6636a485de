package io.pilothouse.scheduler.core;

import com.google.protobuf.ByteString;
import io.pilothouse.api.v1.AgentKill;
import io.pilothouse.mesos.v1.Resource;
import io.pilothouse.mesos.v1.TaskInfo;
import io.pilothouse.mesos.v1.TaskState;
import io.pilothouse.mesos.v1.TaskStatus;
import io.pilothouse.scheduler.allocator.Allocation;
import io.pilothouse.scheduler.allocator.resources.Resources;
import io.pilothouse.scheduler.wire.ResourceForm;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A task from its launch until its terminal status has been acknowledged. */
final class Task {
  /** Statuses of one task that are kept to be looked at. */
  private static final int STATUSES = 8;

  final Framework framework;
  final Agent agent;
  final TaskInfo info;

  /** Of the executor that the framework brought; empty: the built-in one. */
  final String executor;

  final String role;
  final Resources resources;
  TaskState state;

  /** When it was launched; 0: not known, its agent brought it. */
  long launched;

  /**
   * It counts against its framework's share and its machine. So does what is over because its
   * framework has ended, until its agent says that it ended.
   */
  boolean holding;

  /** Its launch waits for what it uses to be written down: its agent does not know it yet. */
  boolean waiting;

  /** What its agent is told after a launch that waited; the newest. */
  @Nullable AgentKill kill;

  /** The newest that the framework was or is to be told, with a uuid. */
  @Nullable TaskStatus told;

  /** Over which of its framework's streams, and when. */
  @Nullable String toldOver;

  long toldAt;
  boolean acknowledged;
  private final List<TaskStatus> statuses = new ArrayList<>(1);

  Task(Framework framework, Agent agent, TaskInfo info, String executor, String role) {
    this.framework = framework;
    this.agent = agent;
    this.info = info.hasData() ? info.toBuilder().clearData().build() : info;
    this.executor = executor;
    this.role = role;
    this.resources = agent.named(ResourceForm.read(info.getResourcesList()));
    this.state = TaskState.TASK_STAGING;
    this.holding = true;
  }

  String id() {
    return info.getTaskId().getValue();
  }

  boolean isOver() {
    return isTerminal(state);
  }

  static boolean isTerminal(TaskState state) {
    return switch (state) {
      case TASK_FINISHED,
          TASK_FAILED,
          TASK_KILLED,
          TASK_ERROR,
          TASK_LOST,
          TASK_DROPPED,
          TASK_GONE ->
          true;
      case TASK_STAGING,
          TASK_STARTING,
          TASK_RUNNING,
          TASK_KILLING,
          TASK_UNREACHABLE,
          TASK_GONE_BY_OPERATOR,
          TASK_UNKNOWN ->
          false;
    };
  }

  /** What the framework knows of it. */
  TaskState toldState() {
    return told == null ? state : told.getState();
  }

  void note(TaskStatus status) {
    TaskStatus lean = status.toBuilder().clearData().build();
    int last = statuses.size() - 1;
    if (last >= 0 && statuses.get(last).getState() == lean.getState()) {
      statuses.set(last, lean);
    } else {
      statuses.add(lean);
    }
    if (statuses.size() > STATUSES) {
      statuses.remove(0);
    }
  }

  boolean isTold(ByteString uuid) {
    return told != null && told.getUuid().equals(uuid);
  }

  List<TaskStatus> statuses() {
    return statuses;
  }

  @Nullable TaskStatus latest() {
    return statuses.isEmpty() ? null : statuses.get(statuses.size() - 1);
  }

  Allocation allocation() {
    return new Allocation(framework.id, role, agent.id, resources);
  }

  /** The role that a message's resources are allocated to. */
  static String role(List<Resource> resources, String otherwise) {
    return resources.stream()
        .filter(each -> each.getAllocationInfo().hasRole())
        .map(each -> each.getAllocationInfo().getRole())
        .findFirst()
        .orElse(otherwise);
  }
}
