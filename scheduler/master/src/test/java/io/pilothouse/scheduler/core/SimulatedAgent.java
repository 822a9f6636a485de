package io.pilothouse.scheduler.core;

import com.google.protobuf.ByteString;
import io.pilothouse.api.v1.AgentMessage;
import io.pilothouse.api.v1.AgentRegister;
import io.pilothouse.api.v1.AgentVolume;
import io.pilothouse.api.v1.RunningTask;
import io.pilothouse.api.v1.SchedulerMessage;
import io.pilothouse.mesos.v1.FrameworkInfo;
import io.pilothouse.mesos.v1.Resource;
import io.pilothouse.mesos.v1.TaskInfo;
import io.pilothouse.mesos.v1.TaskState;
import io.pilothouse.mesos.v1.TaskStatus;
import io.pilothouse.scheduler.allocator.resources.Reserved;
import io.pilothouse.scheduler.allocator.resources.Resources;
import io.pilothouse.scheduler.wire.ResourceForm;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** An agent whose disk outlives it: tasks, and statuses that were not acknowledged. */
final class SimulatedAgent {
  /** Between two sendings of a status that was not acknowledged. */
  private static final long AGAIN = 10_000;

  /** Of looks, from the order to end to the end: tasks have their grace. */
  private static final int LONGEST_GRACE = 20;

  final String machine;
  String id;
  final Resources total;
  private final Random random;
  private final Map<List<String>, Running> disk = new LinkedHashMap<>();

  AgentLink link = new AgentLink(0);
  boolean attached;

  /** It was out of the fleet: nobody waits for it there. */
  boolean inFleet = true;

  /** Processors that it lends now, and the most that it ever did. */
  int lends;

  private int most;

  /** That it was told of. */
  List<AgentVolume> volumes = List.of();

  private int remade;
  private long uuids;

  /** A task, and what is to be told of it, oldest first. */
  static final class Running {
    final FrameworkInfo framework;
    final TaskInfo info;
    final Deque<TaskStatus> unacknowledged = new ArrayDeque<>();
    TaskState state = TaskState.TASK_STAGING;
    long sentAt = -AGAIN;
    TaskStatus latest;

    /** Looks until it ends because it was told to; 0: it was not. */
    int grace;

    /** Its framework is no more: but of its end nobody is told anything. */
    boolean silent;

    Running(FrameworkInfo framework, TaskInfo info) {
      this.framework = framework;
      this.info = info;
      this.latest = TaskStatus.newBuilder().setTaskId(info.getTaskId()).setState(state).build();
    }
  }

  SimulatedAgent(String machine, Resources total, Random random) {
    this.machine = machine;
    this.id = machine + "-agent";
    this.total = total;
    this.random = random;
  }

  /** The machine is made anew: another agent, without a memory. */
  void remake() {
    id = machine + "-agent" + ++remade;
    disk.clear();
    volumes = List.of();
    lends = 0;
    most = 0;
  }

  boolean runs(String framework, String task) {
    Running running = disk.get(List.of(framework, task));
    return running != null && !Task.isTerminal(running.state);
  }

  AgentMessage registration() {
    AgentRegister.Builder register = AgentRegister.newBuilder();
    register.getAgentBuilder().setHostname(machine).getIdBuilder().setValue(id);
    register.getAgentBuilder().addAllResources(new ResourceForm(false, false).write(total, ""));
    register.addAllVolumes(volumes).addAllOversubscribed(lent());
    Map<String, FrameworkInfo> frameworks = new LinkedHashMap<>();
    for (Running each : disk.values()) {
      frameworks.put(each.framework.getId().getValue(), each.framework);
      register.addTasks(
          RunningTask.newBuilder()
              .setFrameworkId(each.framework.getId())
              .setTask(each.info)
              .setLatest(each.latest)
              .setUnacknowledged(each.unacknowledged.size()));
      each.sentAt = -AGAIN;
      each.silent = false; // whoever knows better says so again
    }
    return AgentMessage.newBuilder()
        .setRegister(register.addAllFrameworks(frameworks.values()))
        .build();
  }

  /** More or less is lent from now on: what is to be said of that. */
  AgentMessage lends(int cpus) {
    lends = cpus;
    most = Math.max(most, cpus);
    AgentMessage.Builder message = AgentMessage.newBuilder();
    message.getOversubscribedBuilder().addAllResources(lent());
    return message.build();
  }

  private List<Resource> lent() {
    return lends == 0 ? List.of() : List.of(revocable(lends));
  }

  static Resource revocable(int cpus) {
    return Stage.read(
        "{'name':'cpus','type':'SCALAR','scalar':{'value':%s},'revocable':{}}".formatted(cpus),
        Resource.getDefaultInstance());
  }

  void hear(SchedulerMessage message) {
    switch (message.getKindCase()) {
      case VOLUMES -> volumes = message.getVolumes().getVolumesList();
      case LAUNCH ->
          message
              .getLaunch()
              .getTasksList()
              .forEach(
                  task -> {
                    requireVolumes(task);
                    disk.computeIfAbsent(
                        key(message.getLaunch().getFramework().getId().getValue(), task),
                        k -> new Running(message.getLaunch().getFramework(), task));
                  });
      case KILL -> {
        Running task =
            disk.get(
                List.of(
                    message.getKill().getFrameworkId().getValue(),
                    message.getKill().getTaskId().getValue()));
        if (task != null) {
          end(task);
        }
      }
      case ACKNOWLEDGE -> {
        List<String> key =
            List.of(
                message.getAcknowledge().getFrameworkId().getValue(),
                message.getAcknowledge().getTaskId().getValue());
        Running task = disk.get(key);
        if (task != null
            && !task.unacknowledged.isEmpty()
            && task.unacknowledged.peek().getUuid().equals(message.getAcknowledge().getUuid())) {
          TaskStatus done = task.unacknowledged.remove();
          task.sentAt = -AGAIN;
          if (Task.isTerminal(done.getState())) {
            disk.remove(key);
          }
        }
      }
      case SHUTDOWN_FRAMEWORK ->
          disk.values().stream()
              .filter(
                  each ->
                      each.framework
                          .getId()
                          .equals(message.getShutdownFramework().getFrameworkId()))
              .forEach(
                  each -> {
                    each.silent = true;
                    end(each);
                  });
      default -> {} // pings are answered where they arrive
    }
  }

  /** A task is launched on volumes that its machine has been told of. */
  private void requireVolumes(TaskInfo task) {
    for (Resource each : task.getResourcesList()) {
      String wanted = each.getDisk().getPersistence().getId();
      if (!wanted.isEmpty() && volumes.stream().noneMatch(has -> has.getId().equals(wanted))) {
        throw new AssertionError(machine + " has no volume " + wanted + ", but " + volumes);
      }
    }
  }

  private static List<String> key(String framework, TaskInfo task) {
    return List.of(framework, task.getTaskId().getValue());
  }

  private void end(Running task) {
    if (task.grace == 0 && !Task.isTerminal(task.state)) {
      task.grace = 1 + random.nextInt(LONGEST_GRACE);
    }
  }

  /** Tasks go on by themselves, whether or not anybody is told. */
  void live() {
    for (Running each : disk.values()) {
      if (Task.isTerminal(each.state)) {
        continue;
      }
      if (each.grace > 0 && --each.grace == 0) {
        become(each, TaskState.TASK_KILLED);
        continue;
      }
      if (random.nextInt(20) > 0) {
        continue;
      }
      become(
          each,
          each.state == TaskState.TASK_STAGING
              ? TaskState.TASK_RUNNING
              : random.nextInt(4) == 0 ? TaskState.TASK_FAILED : TaskState.TASK_FINISHED);
    }
  }

  private void become(Running task, TaskState state) {
    task.state = state;
    TaskStatus.Builder status =
        TaskStatus.newBuilder()
            .setTaskId(task.info.getTaskId())
            .setState(state)
            .setUuid(ByteString.copyFromUtf8("%s%014d".formatted(machine, uuids++)));
    status.getAgentIdBuilder().setValue(id);
    task.latest = status.build();
    task.unacknowledged.add(task.latest);
  }

  /** What is due to be sent, for the first time or again; while it is connected. */
  List<AgentMessage> due(long now) {
    List<AgentMessage> due = new ArrayList<>();
    for (Running each : List.copyOf(disk.values())) {
      if (each.silent && Task.isTerminal(each.state)) {
        due.add(update(each, each.latest));
        disk.remove(key(each.framework.getId().getValue(), each.info)); // nobody acknowledges it
      } else if (!each.silent && !each.unacknowledged.isEmpty() && now - each.sentAt >= AGAIN) {
        each.sentAt = now;
        due.add(update(each, each.unacknowledged.peek()));
      }
    }
    return due;
  }

  private static AgentMessage update(Running task, TaskStatus status) {
    AgentMessage.Builder message = AgentMessage.newBuilder();
    message
        .getUpdateBuilder()
        .setFrameworkId(task.framework.getId())
        .setStatus(status)
        .setLatestState(task.state.getNumber());
    return message.build();
  }

  /** Whether nothing runs here. */
  boolean isIdle() {
    return disk.values().stream().allMatch(each -> Task.isTerminal(each.state));
  }

  boolean owesNothing() {
    return disk.values().stream().allMatch(each -> each.unacknowledged.isEmpty());
  }

  /**
   * What runs here must never be more than there is, nor the same port twice; of what is shared any
   * number of tasks may have the same.
   */
  void requireRoom() {
    Resources used = Resources.NONE;
    Resources shared = Resources.NONE;
    double borrowed = 0;
    for (Running each : disk.values()) {
      if (Task.isTerminal(each.state)) {
        continue;
      }
      List<Resource> its = new ArrayList<>(each.info.getResourcesList());
      borrowed +=
          its.stream()
              .filter(Resource::hasRevocable)
              .mapToDouble(resource -> resource.getScalar().getValue())
              .sum();
      its.removeIf(Resource::hasRevocable);
      Resources all = ResourceForm.read(its);
      shared = shared.plus(all.shared());
      Resources wanted = Reserved.plain(all.notShared());
      Resources ports = wanted.filter(entry -> !entry.isScalar());
      if (!used.minus(ports).equals(used)) {
        throw new AssertionError(machine + " runs two tasks on one of " + ports);
      }
      used = used.plus(wanted);
    }
    used = used.plus(Reserved.plain(shared.once()));
    if (!total.contains(used)) {
      throw new AssertionError(machine + " has " + total + " and runs " + used);
    }
    if (borrowed > most) {
      throw new AssertionError(
          machine + " never lent more than " + most + ", and runs tasks on " + borrowed);
    }
  }
}
