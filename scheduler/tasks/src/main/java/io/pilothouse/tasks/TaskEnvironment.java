package io.pilothouse.tasks;

import io.pilothouse.mesos.v1.CommandInfo;
import io.pilothouse.mesos.v1.Environment.Variable;
import io.pilothouse.mesos.v1.Resource;
import io.pilothouse.mesos.v1.Value;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What a command or an executor finds: the machine's variables, Mesos', its ports, its own. */
final class TaskEnvironment {
  /** As many ports are named one by one. */
  private static final int PORTS = 100;

  /** What finds and ends all of a fleet goes by these. */
  private static final String OURS = "PILOT_";

  /** For so long an executor goes on without its agent. */
  private static final Duration RECOVERY = Duration.ofMinutes(15);

  /** It may wait so long before it subscribes again. */
  private static final Duration BACKOFF = Duration.ofSeconds(2);

  private TaskEnvironment() {}

  /**
   * The variables.
   *
   * @param machine what all that runs on the machine has
   * @throws IOException when the task asks for what cannot be given, in words for its framework
   */
  static Map<String, String> of(Map<String, String> machine, TaskRecord task) throws IOException {
    Map<String, String> all = common(machine, task.sandbox());
    all.put("MESOS_FRAMEWORK_ID", task.framework());
    all.put("MESOS_EXECUTOR_ID", task.executorId().getValue());
    all.put("MESOS_TASK_ID", task.id());
    all.put("MESOS_SLAVE_ID", task.agent().getValue());
    all.put("MESOS_AGENT_ID", task.agent().getValue());
    ports(task.info().getResourcesList(), all);
    own(task.info().getCommand(), all);
    return all;
  }

  /**
   * Those of an executor.
   *
   * @param endpoint host and port at which the agent takes its calls
   * @param token that tells it from others there
   * @throws IOException when it asks for what cannot be given, in words for its framework
   */
  static Map<String, String> of(
      Map<String, String> machine, ExecutorRecord executor, String endpoint, String token)
      throws IOException {
    Map<String, String> all = common(machine, executor.sandbox());
    all.put("MESOS_FRAMEWORK_ID", executor.framework());
    all.put("MESOS_EXECUTOR_ID", executor.id());
    all.put("MESOS_SLAVE_ID", executor.agent().getValue());
    all.put("MESOS_AGENT_ID", executor.agent().getValue());
    all.put("MESOS_SLAVE_PID", "slave(1)@" + endpoint);
    ports(executor.info().getResourcesList(), all);
    own(executor.info().getCommand(), all);
    // after its own: it could not speak to anybody without these
    all.put("MESOS_AGENT_ENDPOINT", endpoint);
    all.put("MESOS_EXECUTOR_AUTHENTICATION_TOKEN", token);
    all.put("MESOS_CHECKPOINT", "1"); // it outlives the agent, whatever its framework asked for
    all.put("MESOS_RECOVERY_TIMEOUT", DurationText.of(RECOVERY));
    all.put("MESOS_SUBSCRIPTION_BACKOFF_MAX", DurationText.of(BACKOFF));
    all.put("MESOS_EXECUTOR_SHUTDOWN_GRACE_PERIOD", DurationText.of(executor.grace()));
    return all;
  }

  private static Map<String, String> common(Map<String, String> machine, Path sandbox) {
    Map<String, String> all = new TreeMap<>();
    machine.forEach(
        (name, value) -> {
          if (!name.startsWith("MESOS_") && !name.startsWith("LIBPROCESS_")) {
            all.put(name, value);
          }
        });
    all.put("MESOS_SANDBOX", sandbox.toString());
    all.put("MESOS_DIRECTORY", sandbox.toString());
    return all;
  }

  /** {@code PORT}, {@code PORT0} …, {@code PORTS}. */
  private static void ports(List<Resource> resources, Map<String, String> all) {
    List<Long> ports = new ArrayList<>();
    for (Resource each : resources) {
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
      put(each, all);
    }
  }

  /** Adds one that its framework asks for. */
  static void put(Variable each, Map<String, String> all) throws IOException {
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
