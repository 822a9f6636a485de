package io.pilothouse.tasks;

import io.pilothouse.api.v1.AgentRegister;
import io.pilothouse.api.v1.RunningTask;
import io.pilothouse.mesos.v1.FrameworkInfo;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The tasks of a machine, as a scheduler is told of them and as its page shows them. */
final class Listing {
  private Listing() {}

  /** All that is here, and whose: of frameworks that are gone, too, while it has not ended. */
  static void register(
      Collection<Task> tasks, Collection<Executor> executors, AgentRegister.Builder register) {
    Map<String, FrameworkInfo> frameworks = new TreeMap<>();
    for (Executor executor : executors) {
      ExecutorRecord each = executor.record();
      frameworks.put(each.framework(), each.frameworkInfo());
      register
          .addExecutorsBuilder()
          .setFrameworkId(each.frameworkInfo().getId())
          .setExecutor(each.info());
    }
    for (Task task : tasks) {
      TaskRecord each = task.record();
      frameworks.put(each.framework(), each.launch().getFramework());
      RunningTask.Builder running =
          RunningTask.newBuilder()
              .setFrameworkId(each.launch().getFramework().getId())
              .setTask(each.info().toBuilder().clearData())
              .setUnacknowledged(each.updates().unacknowledged());
      each.executor().ifPresent(running.getTaskBuilder()::setExecutor);
      // the whole of it is told later, until it is acknowledged
      each.updates().latest().ifPresent(at -> running.setLatest(at.toBuilder().clearData()));
      register.addTasks(running);
    }
    register.addAllFrameworks(frameworks.values());
  }

  static List<Map<String, Object>> describe(Collection<Task> tasks) {
    List<Map<String, Object>> all = new ArrayList<>();
    for (Task each : tasks) {
      TaskRecord task = each.record();
      Map<String, Object> one = new LinkedHashMap<>();
      one.put("framework", task.framework());
      one.put("task", task.id());
      one.put("state", task.updates().latest().map(at -> at.getState().name()).orElse(""));
      one.put("unacknowledged", task.updates().unacknowledged());
      one.put("sandbox", task.sandbox().toString());
      all.add(one);
    }
    return all;
  }

  static List<Map<String, Object>> executors(Collection<Executor> executors) {
    List<Map<String, Object>> all = new ArrayList<>();
    for (Executor each : executors) {
      Map<String, Object> one = new LinkedHashMap<>();
      one.put("framework", each.record().framework());
      one.put("executor", each.record().id());
      one.put(
          "state",
          each instanceof CustomExecutor custom && !custom.isSubscribed()
              ? "not subscribed"
              : each.isEnding() ? "ending" : "running");
      one.put("sandbox", each.record().sandbox().toString());
      all.add(one);
    }
    return all;
  }
}
