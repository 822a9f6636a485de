package io.pilothouse.tasks;

import io.pilothouse.mesos.v1.CommandInfo;
import io.pilothouse.mesos.v1.Environment.Variable;
import io.pilothouse.mesos.v1.Resource;
import io.pilothouse.mesos.v1.TaskInfo;
import io.pilothouse.mesos.v1.Value;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What a command finds in its environment: the machine's, Mesos', its ports, its own. */
final class TaskEnvironment {
  /** As many ports are named one by one. */
  private static final int PORTS = 100;

  /** What finds and ends all of a fleet goes by these. */
  private static final String OURS = "PILOT_";

  private TaskEnvironment() {}

  /**
   * The variables.
   *
   * @param machine what all that runs on the machine has
   * @throws IOException when the task asks for what cannot be given, in words for its framework
   */
  static Map<String, String> of(
      Map<String, String> machine, String agent, String framework, TaskInfo task, Path sandbox)
      throws IOException {
    Map<String, String> all = new TreeMap<>();
    machine.forEach(
        (name, value) -> {
          if (!name.startsWith("MESOS_") && !name.startsWith("LIBPROCESS_")) {
            all.put(name, value);
          }
        });
    all.put("MESOS_SANDBOX", sandbox.toString());
    all.put("MESOS_DIRECTORY", sandbox.toString());
    all.put("MESOS_FRAMEWORK_ID", framework);
    all.put("MESOS_EXECUTOR_ID", task.getTaskId().getValue());
    all.put("MESOS_TASK_ID", task.getTaskId().getValue());
    all.put("MESOS_SLAVE_ID", agent);
    all.put("MESOS_AGENT_ID", agent);
    ports(task, all);
    own(task.getCommand(), all);
    return all;
  }

  /** {@code PORT}, {@code PORT0} …, {@code PORTS}. */
  private static void ports(TaskInfo task, Map<String, String> all) {
    List<Long> ports = new ArrayList<>();
    for (Resource each : task.getResourcesList()) {
      if (each.getName().equals("ports")) {
        for (Value.Range range : each.getRanges().getRangeList()) {
          for (long port = range.getBegin();
              port <= range.getEnd() && ports.size() < PORTS;
              port++) {
            ports.add(port);
          }
        }
      }
    }
    if (!ports.isEmpty()) {
      all.put("PORT", ports.getFirst().toString());
      all.put("PORTS", String.join(",", ports.stream().map(Object::toString).toList()));
      for (int i = 0; i < ports.size(); i++) {
        all.put("PORT" + i, ports.get(i).toString());
      }
    }
  }

  private static void own(CommandInfo command, Map<String, String> all) throws IOException {
    for (Variable each : command.getEnvironment().getVariablesList()) {
      if (each.getType() == Variable.Type.SECRET) {
        throw new IOException(
            "the variable %s is a secret, which this agent has no source for"
                .formatted(each.getName()));
      }
      if (each.getName().isEmpty() || each.getName().contains("=")) {
        throw new IOException("\"%s\" cannot be a variable's name".formatted(each.getName()));
      }
      if (each.getName().startsWith(OURS)) {
        throw new IOException(
            "the variable %s is the machine's own: names that begin with %s cannot be a task's"
                .formatted(each.getName(), OURS));
      }
      all.put(each.getName(), each.getValue());
    }
  }
}
