package io.pilothouse.tasks;

import io.pilothouse.mesos.v1.Resource;
import io.pilothouse.mesos.v1.TaskState;
import io.pilothouse.mesos.v1.TaskStatus.Reason;
import java.nio.file.Path;
import java.util.List;

/**
 * What a container may have in a directory.
 *
 * @param limit in bytes
 * @param resource that it has for it, as its framework is told
 */
record DiskQuota(Path directory, long limit, Resource resource) {
  private static final List<String> UNITS = List.of("B", "KB", "MB", "GB", "TB");

  /** Why a container is over that has more there. */
  Cause exceeded(long used) {
    return new Cause(
        TaskState.TASK_FAILED,
        Reason.REASON_CONTAINER_LIMITATION_DISK,
        "Disk usage (%s) exceeds quota (%s) in %s".formatted(text(used), text(limit), directory),
        List.of(resource));
  }

  /** In the largest unit that needs no fraction, by Mesos' names for powers of 1024. */
  static String text(long bytes) {
    long amount = bytes;
    int unit = 0;
    while (amount > 0 && amount % 1024 == 0 && unit < UNITS.size() - 1) {
      amount /= 1024;
      unit++;
    }
    return amount + UNITS.get(unit);
  }
}
