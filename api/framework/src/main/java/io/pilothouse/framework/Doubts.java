package io.pilothouse.framework;

import io.pilothouse.mesos.v1.Offer;
import io.pilothouse.mesos.v1.TaskID;
import io.pilothouse.mesos.v1.TaskInfo;
import io.pilothouse.mesos.v1.TaskState;
import io.pilothouse.mesos.v1.TaskStatus;
import io.pilothouse.mesos.v1.scheduler.Call;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * What this framework launched and has not heard the end of. In doubt is what was just launched,
 * since that may never arrive, and after a new subscription everything, as an update may be
 * missing: it is asked for by name until there is an answer. A task that the scheduler has never
 * heard of is told as lost.
 */
final class Doubts {
  /** Never more in one call, which may be as long as 16 MiB. */
  private static final int MOST_AT_ONCE = 10_000;

  private final long patienceNanos;

  private final Map<TaskID, Doubt> tasks = new LinkedHashMap<>();

  private enum Kind {
    HEARD_OF,
    ASKED,
    TO_ASK
  }

  /**
   * How sure it is what a task does.
   *
   * @param atNanos when it was launched or asked for, of an ASKED one
   */
  private record Doubt(Kind kind, long atNanos) {}

  /**
   * None yet.
   *
   * @param patienceNanos after which something that was launched or asked for is asked for again
   */
  Doubts(long patienceNanos) {
    this.patienceNanos = patienceNanos;
  }

  /** They may never arrive. */
  synchronized void launching(Call.Accept accept, long nanos) {
    accept.getOperationsList().stream()
        .flatMap(Doubts::launched)
        .forEach(each -> tasks.put(each.getTaskId(), new Doubt(Kind.ASKED, nanos)));
  }

  private static Stream<TaskInfo> launched(Offer.Operation operation) {
    return switch (operation.getType()) {
      case LAUNCH -> operation.getLaunch().getTaskInfosList().stream();
      case LAUNCH_GROUP -> operation.getLaunchGroup().getTaskGroup().getTasksList().stream();
      default -> Stream.empty();
    };
  }

  /** The framework knows. */
  synchronized void told(TaskStatus status) {
    if (Tasks.isOver(status.getState()) || status.getState() == TaskState.TASK_UNKNOWN) {
      tasks.remove(status.getTaskId());
    } else {
      tasks.replace(status.getTaskId(), new Doubt(Kind.HEARD_OF, 0));
    }
  }

  /** Updates may have been missed. */
  synchronized void subscribed() {
    tasks.replaceAll((task, doubt) -> new Doubt(Kind.TO_ASK, 0));
  }

  /** Those to ask for now, and not again for a while. */
  synchronized List<TaskID> toAsk(long nanos) {
    List<TaskID> silent = new ArrayList<>();
    tasks.replaceAll(
        (task, doubt) -> {
          boolean due =
              doubt.kind == Kind.TO_ASK
                  || (doubt.kind == Kind.ASKED && nanos - doubt.atNanos > patienceNanos);
          if (!due || silent.size() == MOST_AT_ONCE) {
            return doubt;
          }
          silent.add(task);
          return new Doubt(Kind.ASKED, nanos);
        });
    return silent;
  }
}
