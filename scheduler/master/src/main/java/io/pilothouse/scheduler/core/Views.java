package io.pilothouse.scheduler.core;

import io.pilothouse.api.v1.FrameworkView;
import io.pilothouse.api.v1.TaskView;
import io.pilothouse.mesos.v1.TaskStatus;
import io.pilothouse.scheduler.wire.ResourceForm;
import org.jspecify.annotations.Nullable;

/** Frameworks and tasks as people see them. */
final class Views {
  private static final double MILLI = 1000;

  private Views() {}

  static FrameworkView framework(Framework framework) {
    FrameworkView.Builder view =
        FrameworkView.newBuilder()
            .setId(framework.id)
            .setName(Bounded.text(framework.info.getName()))
            .setPrincipal(Bounded.text(framework.info.getPrincipal()))
            .setUser(Bounded.text(framework.info.getUser()))
            .addAllRoles(framework.roles())
            .setState(state(framework))
            .setSince(framework.registered)
            .setEndedAt(framework.ended() ? framework.unregistered : 0)
            .setEndedWhy(Bounded.text(framework.endedWhy))
            .setTasks(
                (int) framework.tasks.values().stream().filter(task -> !task.isOver()).count())
            .setOffers(framework.offers.size())
            .addAllUsed(
                Written.resources(
                    framework.tasks.values().stream()
                        .filter(task -> task.holding)
                        .map(Task::allocation)))
            .addAllOffered(Written.resources(framework.offers.stream().map(Offer::allocation)));
    boolean mayGo = framework.stream == null && framework.failoverDeadline != Long.MAX_VALUE;
    if (mayGo && !framework.ended()) {
      view.setRemovedBy(framework.failoverDeadline);
    }
    return view.build();
  }

  private static String state(Framework framework) {
    if (framework.ended()) {
      return "ENDED";
    }
    if (framework.stream != null) {
      return "ACTIVE";
    }
    return framework.recovered ? "RECOVERED" : "DISCONNECTED";
  }

  static TaskView task(Task task) {
    TaskView.Builder view =
        TaskView.newBuilder()
            .setId(task.id())
            .setName(Bounded.text(task.info.getName()))
            .setFramework(task.framework.id)
            .setRole(task.role)
            .setMachine(task.agent.machine)
            .setAgentId(task.agent.id)
            .setState(task.state.name())
            .setSince(task.launched)
            .setLaunchedAt(task.launched)
            .addAllResources(ResourceForm.FULL.write(task.resources, task.role));
    @Nullable TaskStatus latest = task.latest();
    if (latest != null) {
      view.setSince(millis(latest)).setMessage(Bounded.text(latest.getMessage()));
      if (latest.hasReason()) {
        view.setReason(latest.getReason().name());
      }
    }
    return view.build();
  }

  /** 0: it does not say. */
  static long millis(TaskStatus status) {
    return Math.round(status.getTimestamp() * MILLI);
  }
}
