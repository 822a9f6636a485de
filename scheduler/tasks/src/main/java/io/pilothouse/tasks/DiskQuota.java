package io.pilothouse.tasks;

import io.pilothouse.mesos.v1.Resource;
import io.pilothouse.mesos.v1.TaskState;
import io.pilothouse.mesos.v1.TaskStatus.Reason;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * What a container may have in a directory.
 *
 * @param beside what counts with it: where it writes over the files of its image
 * @param limit in bytes, of both together
 * @param resource that it has for it, as its framework is told
 */
record DiskQuota(Path directory, Optional<Path> beside, long limit, Resource resource) {
  private static final List<String> UNITS = List.of("B", "KB", "MB", "GB", "TB");

  /** Of a directory alone. */
  DiskQuota(Path directory, long limit, Resource resource) {
    this(directory, Optional.empty(), limit, resource);
  }

  /** All that counts. */
  List<Path> directories() {
    return beside.map(each -> List.of(directory, each)).orElse(List.of(directory));
  }

  /** Why a container is over that has more there. */
  Cause exceeded(long used) {
    return new Cause(
        TaskState.TASK_FAILED,
        Reason.REASON_CONTAINER_LIMITATION_DISK,
        "Disk usage (%s) exceeds quota (%s) in %s".formatted(text(used), text(limit), directory)
            + (beside.isPresent() ? " and over the files of its image" : ""),
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
