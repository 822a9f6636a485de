package io.pilothouse.testing.executor;

import java.nio.charset.StandardCharsets;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.apache.mesos.Executor;
import org.apache.mesos.ExecutorDriver;
import org.apache.mesos.MesosExecutorDriver;
import org.apache.mesos.MesosNativeLibrary;
import org.apache.mesos.Protos.ExecutorInfo;
import org.apache.mesos.Protos.FrameworkInfo;
import org.apache.mesos.Protos.SlaveInfo;
import org.apache.mesos.Protos.Status;
import org.apache.mesos.Protos.TaskID;
import org.apache.mesos.Protos.TaskInfo;
import org.apache.mesos.Protos.TaskState;
import org.apache.mesos.Protos.TaskStatus;

/**
 * Runs tasks by what their data says: {@code wait} until they are killed, {@code alone} until the
 * agent is away, all others end at once and give their data back. A message of the framework is
 * given back to it; {@code exit} ends the process with 7. Each callback is a line on standard
 * output. Ends with 0 when its driver was stopped, else with 1.
 */
public final class Main implements Executor {
  private final Set<TaskID> alone = new LinkedHashSet<>();

  private Main() {}

  /** Its environment says all. */
  public static void main(String[] arguments) {
    MesosNativeLibrary.load();
    Status end = new MesosExecutorDriver(new Main()).run();
    System.out.println("run " + end);
    System.exit(end == Status.DRIVER_STOPPED ? 0 : 1);
  }

  @Override
  public void registered(
      ExecutorDriver driver, ExecutorInfo executor, FrameworkInfo framework, SlaveInfo agent) {
    System.out.printf(
        "registered %s of %s on %s%n",
        executor.getExecutorId().getValue(), framework.getName(), agent.getHostname());
  }

  @Override
  public void reregistered(ExecutorDriver driver, SlaveInfo agent) {
    System.out.println("reregistered on " + agent.getHostname());
  }

  @Override
  public void disconnected(ExecutorDriver driver) {
    System.out.println("disconnected");
    for (TaskID each : List.copyOf(alone)) {
      tell(driver, each, TaskState.TASK_FINISHED, "while the agent was away");
    }
    alone.clear();
  }

  @Override
  public void launchTask(ExecutorDriver driver, TaskInfo task) {
    String data = task.getData().toStringUtf8();
    System.out.println("launch " + task.getTaskId().getValue() + " " + data);
    tell(driver, task.getTaskId(), TaskState.TASK_RUNNING, "");
    switch (data) {
      case "wait" -> {}
      case "alone" -> alone.add(task.getTaskId());
      default -> tell(driver, task.getTaskId(), TaskState.TASK_FINISHED, "done: " + data);
    }
  }

  private static void tell(ExecutorDriver driver, TaskID task, TaskState state, String message) {
    driver.sendStatusUpdate(
        TaskStatus.newBuilder().setTaskId(task).setState(state).setMessage(message).build());
  }

  @Override
  public void killTask(ExecutorDriver driver, TaskID task) {
    System.out.println("kill " + task.getValue());
    tell(driver, task, TaskState.TASK_KILLED, "as told");
  }

  @Override
  public void frameworkMessage(ExecutorDriver driver, byte[] data) {
    if (new String(data, StandardCharsets.UTF_8).equals("exit")) {
      System.exit(7);
    }
    driver.sendFrameworkMessage(data);
  }

  @Override
  public void shutdown(ExecutorDriver driver) {
    System.out.println("shutdown");
    driver.stop(); // as Mesos' own, the driver does not do that by itself
  }

  @Override
  public void error(ExecutorDriver driver, String message) {
    System.out.println("error " + message);
  }
}
