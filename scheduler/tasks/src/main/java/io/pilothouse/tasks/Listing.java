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

  /** Those that their frameworks are still told of, and the frameworks. */
  static void register(Collection<CommandTask> tasks, AgentRegister.Builder register) {
    Map<String, FrameworkInfo> frameworks = new TreeMap<>();
    for (CommandTask each : tasks) {
      if (each.isSilent()) {
        continue;
      }
      frameworks.put(each.framework(), each.launch().getFramework());
      RunningTask.Builder task =
          RunningTask.newBuilder()
              .setFrameworkId(each.launch().getFramework().getId())
              .setTask(each.info().toBuilder().clearData())
              .setUnacknowledged(each.updates().unacknowledged());
      each.updates().latest().ifPresent(task::setLatest);
      register.addTasks(task);
    }
    register.addAllFrameworks(frameworks.values());
  }

  static List<Map<String, Object>> describe(Collection<CommandTask> tasks) {
    List<Map<String, Object>> all = new ArrayList<>();
    for (CommandTask task : tasks) {
      Map<String, Object> one = new LinkedHashMap<>();
      one.put("framework", task.framework());
      one.put("task", task.info().getTaskId().getValue());
      one.put("state", task.updates().latest().map(at -> at.getState().name()).orElse(""));
      one.put("unacknowledged", task.updates().unacknowledged());
      one.put("sandbox", task.sandbox().toString());
      all.add(one);
    }
    return all;
  }
}
