package io.pilothouse.tasks;

import io.pilothouse.mesos.v1.ExecutorInfo;
import io.pilothouse.mesos.v1.Resource;
import io.pilothouse.mesos.v1.TaskInfo;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/**
 * Processors of a task, or of an executor with its tasks.
 *
 * @param own for good
 * @param lent as long as nobody else needs them
 */
record Allotment(double own, double lent) {

  static Allotment of(List<Resource> resources) {
    double own = 0;
    double lent = 0;
    for (Resource each : resources) {
      if (each.getName().equals("cpus")) {
        double amount = each.getScalar().getValue();
        own += each.hasRevocable() ? 0 : amount;
        lent += each.hasRevocable() ? amount : 0;
      }
    }
    return new Allotment(own, lent);
  }

  static Allotment of(ExecutorInfo executor, Collection<TaskInfo> tasks) {
    List<Resource> all = new ArrayList<>(executor.getResourcesList());
    tasks.forEach(each -> all.addAll(each.getResourcesList()));
    return of(all);
  }

  /** Whether all of it is, so that it goes behind those who have theirs for good. */
  boolean isLent() {
    return lent > 0 && own == 0;
  }
}
