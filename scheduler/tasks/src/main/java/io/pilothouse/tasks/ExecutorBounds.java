package io.pilothouse.tasks;

import io.pilothouse.mesos.v1.Resource;
import io.pilothouse.mesos.v1.TaskInfo;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/** What an executor may use: its own, and that of the tasks that it has. */
final class ExecutorBounds {
  private final Machine machine;
  private final ExecutorRecord record;
  private final Collection<ExecutorTask> tasks;
  private final DiskQuotas disk;

  /**
   * Of one.
   *
   * @param tasks those that it has at any time
   */
  ExecutorBounds(Machine machine, ExecutorRecord record, Collection<ExecutorTask> tasks) {
    this.machine = machine;
    this.record = record;
    this.tasks = tasks;
    this.disk =
        new DiskQuotas(
            record.meta(), record.sandbox(), () -> machine.bundles().written(record.container()));
  }

  private List<TaskInfo> infos() {
    return tasks.stream().map(each -> each.record().info()).toList();
  }

  TaskLimits limits() {
    return TaskLimits.of(record.info(), infos(), machine.rules().get());
  }

  Allotment allotment() {
    return Allotment.of(record.info(), infos());
  }

  List<DiskQuota> disk() {
    List<Resource> all = new ArrayList<>(record.info().getResourcesList());
    infos().forEach(each -> all.addAll(each.getResourcesList()));
    return disk.of(all);
  }
}
