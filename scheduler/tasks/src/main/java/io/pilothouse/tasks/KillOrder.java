package io.pilothouse.tasks;

import io.pilothouse.api.v1.AgentKill;
import io.pilothouse.mesos.v1.DurationInfo;
import io.pilothouse.mesos.v1.KillPolicy;
import io.pilothouse.mesos.v1.TaskStatus.Reason;
import java.time.Duration;

/** What the agent itself orders of tasks. */
final class KillOrder {
  /** For those who would take longer to end, and may not. */
  static final Duration SOON = Duration.ofSeconds(10);

  private KillOrder() {}

  /** Its end, with its own grace. */
  static AgentKill.Builder of(Task task) {
    return AgentKill.newBuilder()
        .setFrameworkId(task.record().launch().getFramework().getId())
        .setTaskId(task.record().info().getTaskId());
  }

  /** Its end for the sake of others: with its own grace, ten seconds at most. */
  static AgentKill.Builder soon(Task task, Reason reason) {
    AgentKill.Builder order = of(task).setReasonNumber(reason.getNumber());
    KillPolicy own = task.record().info().getKillPolicy();
    if (own.getGracePeriod().getNanoseconds() > SOON.toNanos()) {
      order.setKillPolicy(
          KillPolicy.newBuilder()
              .setGracePeriod(DurationInfo.newBuilder().setNanoseconds(SOON.toNanos())));
    }
    return order;
  }
}
