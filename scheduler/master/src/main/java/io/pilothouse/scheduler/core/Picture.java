package io.pilothouse.scheduler.core;

import io.pilothouse.mesos.v1.OperationStatus;
import io.pilothouse.mesos.v1.Role;
import io.pilothouse.mesos.v1.master.Response.GetAgents;
import io.pilothouse.mesos.v1.master.Response.GetExecutors;
import io.pilothouse.mesos.v1.master.Response.GetFrameworks;
import io.pilothouse.mesos.v1.master.Response.GetOperations;
import io.pilothouse.mesos.v1.master.Response.GetQuota;
import io.pilothouse.mesos.v1.master.Response.GetRoles;
import io.pilothouse.mesos.v1.master.Response.GetState;
import io.pilothouse.mesos.v1.master.Response.GetTasks;
import io.pilothouse.mesos.v1.master.Response.GetWeights;
import io.pilothouse.scheduler.allocator.Quota;
import io.pilothouse.scheduler.wire.ResourceForm;
import io.pilothouse.scheduler.wire.RoleForm;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;

/** What there is, as the operator API shows it. */
public final class Picture {
  private final Tables tables;

  Picture(Tables tables) {
    this.tables = tables;
  }

  public GetState state() {
    return stateLater().get();
  }

  public GetFrameworks frameworks() {
    return frameworksLater().get();
  }

  public GetAgents agents() {
    return agentsLater().get();
  }

  public GetExecutors executors() {
    return executorsLater().get();
  }

  public GetTasks tasks() {
    return tasksLater().get();
  }

  // Large ones are asked for on the core's thread, which is kept for as long as it takes to see
  // what there is, and written by whoever calls what they return, on any thread.

  public Supplier<GetState> stateLater() {
    Supplier<GetTasks> tasks = tasksLater();
    Supplier<GetExecutors> executors = executorsLater();
    Supplier<GetFrameworks> frameworks = frameworksLater();
    Supplier<GetAgents> agents = agentsLater();
    return () ->
        GetState.newBuilder()
            .setGetTasks(tasks.get())
            .setGetExecutors(executors.get())
            .setGetFrameworks(frameworks.get())
            .setGetAgents(agents.get())
            .build();
  }

  public Supplier<GetFrameworks> frameworksLater() {
    List<FrameworkLook> known = frameworks(tables.frameworks.values());
    List<FrameworkLook> completed = frameworks(tables.completed.values());
    return () -> {
      GetFrameworks.Builder all = GetFrameworks.newBuilder();
      known.forEach(each -> all.addFrameworks(each.message()));
      completed.forEach(each -> all.addCompletedFrameworks(each.message()));
      return all.build();
    };
  }

  private static List<FrameworkLook> frameworks(Collection<Framework> of) {
    return of.stream().map(FrameworkLook::of).toList();
  }

  public Supplier<GetAgents> agentsLater() {
    List<AgentLook> looks = tables.agents.values().stream().map(AgentLook::of).toList();
    return () -> {
      GetAgents.Builder all = GetAgents.newBuilder();
      looks.forEach(each -> all.addAgents(each.message()));
      return all.build();
    };
  }

  public Supplier<GetExecutors> executorsLater() {
    GetExecutors.Builder all = GetExecutors.newBuilder();
    for (Agent agent : tables.agents.values()) {
      for (Executor each : agent.executors()) {
        all.addExecutorsBuilder().setExecutorInfo(each.info()).setAgentId(agent.agentId());
      }
    }
    return all::build;
  }

  public Supplier<GetTasks> tasksLater() {
    List<TaskLook> running = new ArrayList<>();
    List<TaskLook> unreachable = new ArrayList<>();
    List<TaskLook> completed = new ArrayList<>();
    for (Framework framework : tables.frameworks.values()) {
      framework.tasks.values().forEach(each -> running.add(TaskLook.of(each)));
      framework.unreachable.values().forEach(each -> unreachable.add(TaskLook.of(each)));
      framework.completed.forEach(each -> completed.add(TaskLook.of(each)));
    }
    for (Framework framework : tables.completed.values()) {
      framework.completed.forEach(each -> completed.add(TaskLook.of(each)));
    }
    return () -> {
      GetTasks.Builder all = GetTasks.newBuilder();
      running.forEach(each -> all.addTasks(each.message()));
      unreachable.forEach(each -> all.addUnreachableTasks(each.message()));
      completed.forEach(each -> all.addCompletedTasks(each.message()));
      return all.build();
    };
  }

  /** Those with an id that are under way, or that nobody has acknowledged. */
  public GetOperations operations() {
    GetOperations.Builder all = GetOperations.newBuilder();
    for (Framework framework : tables.frameworks.values()) {
      for (KnownOperation each : framework.operations.values()) {
        OperationStatus latest = each.finished.toBuilder().setState(each.state()).build();
        all.addOperationsBuilder()
            .setFrameworkId(framework.frameworkId())
            .setAgentId(latest.getAgentId())
            .setInfo(each.operation)
            .setLatestStatus(latest)
            .addStatuses(latest)
            .setUuid(latest.getUuid());
      }
    }
    return all.build();
  }

  /** Those that somebody is in or has something in, that something was set of, and above. */
  public GetRoles roles() {
    GetRoles.Builder all = GetRoles.newBuilder();
    for (RoleFigures each : figures()) {
      Role.Builder role = all.addRolesBuilder().setName(each.name()).setWeight(each.weight());
      each.frameworks().forEach(id -> role.addFrameworksBuilder().setValue(id));
      role.addAllResources(ResourceForm.FULL.write(each.allocated(), each.name()));
    }
    return all.build();
  }

  /** Of roles that have one. */
  public GetQuota quota() {
    GetQuota.Builder all = GetQuota.newBuilder();
    all.getStatusBuilder(); // it is there, if empty
    for (RoleFigures each : figures()) {
      if (!each.quota().equals(Quota.NONE)) {
        RoleForm.write(all.getStatusBuilder(), each.name(), each.quota());
      }
    }
    return all.build();
  }

  /** Of roles with another weight than 1. */
  public GetWeights weights() {
    GetWeights.Builder all = GetWeights.newBuilder();
    for (RoleFigures each : figures()) {
      if (each.weight() != 1) {
        all.addWeightInfosBuilder().setRole(each.name()).setWeight(each.weight());
      }
    }
    return all.build();
  }

  private List<RoleFigures> figures() {
    return new RoleCount(tables).roles();
  }

  /** What the scheduler was set up with, by the names that Mesos gives it. */
  public Map<String, String> flags() {
    CoreOptions options = tables.options;
    Map<String, String> all = new TreeMap<>();
    all.put("agent_ping_timeout", seconds(options.ping()));
    all.put("agent_reregister_timeout", seconds(options.reregister()));
    all.put("max_agent_ping_timeouts", Integer.toString(options.pingsLost()));
    all.put("max_completed_frameworks", Integer.toString(options.most().completedFrameworks()));
    all.put("max_completed_tasks_per_framework", Integer.toString(options.most().completedTasks()));
    all.put("offer_timeout", seconds(options.offerTimeout()));
    if (!options.roles().isEmpty()) {
      all.put("roles", String.join(",", new TreeSet<>(options.roles())));
    }
    all.put("root_submissions", Boolean.toString(options.root()));
    return all;
  }

  /** As Mesos writes times. */
  private static String seconds(long millis) {
    return millis % 1000 == 0 ? millis / 1000 + "secs" : millis + "ms";
  }

  /** Numbers since the start, and of now, by the names that Mesos gives them. */
  public Map<String, Double> metrics() {
    Map<String, Double> all = new TreeMap<>();
    Collection<Agent> agents = tables.agents.values();
    Collection<Framework> frameworks = tables.frameworks.values();
    all.put("master/elected", 1.0);
    all.put("master/slaves_connected", count(agents, each -> each.link != null ? 1 : 0));
    all.put("master/slaves_disconnected", count(agents, each -> each.link == null ? 1 : 0));
    all.put("master/slaves_unreachable", (double) tables.unreachable.size());
    all.put("master/frameworks_connected", count(frameworks, f -> f.stream != null ? 1 : 0));
    all.put("master/frameworks_disconnected", count(frameworks, f -> f.stream == null ? 1 : 0));
    all.put("master/outstanding_offers", (double) tables.offers.size());
    all.put("master/tasks_running", count(frameworks, f -> inState(f, "TASK_RUNNING")));
    all.put("master/tasks_staging", count(frameworks, f -> inState(f, "TASK_STAGING")));
    all.put("master/tasks_starting", count(frameworks, f -> inState(f, "TASK_STARTING")));
    all.put("master/tasks_unreachable", count(frameworks, f -> f.unreachable.size()));
    all.put("master/offers_made", (double) tables.counts.offers);
    all.put("master/offers_declined", (double) tables.counts.declined);
    all.put("master/offers_rescinded", (double) tables.counts.rescinded);
    all.put("master/tasks_launched", (double) tables.counts.launched);
    all.put("master/tasks_refused", (double) tables.counts.refusedTasks);
    all.put("master/tasks_revoked", (double) tables.counts.revoked);
    all.put("master/operations_performed", (double) tables.counts.operations);
    all.put("master/messages_status_update", (double) tables.counts.updates);
    all.put("master/messages_status_update_acknowledgement", (double) tables.counts.acknowledged);
    new ResourceMetrics(agents).fill(all);
    return all;
  }

  private static <T> Double count(Collection<T> of, ToLongFunction<T> what) {
    return (double) of.stream().mapToLong(what).sum();
  }

  private static long inState(Framework framework, String state) {
    return framework.tasks.values().stream()
        .filter(each -> each.state.name().equals(state))
        .count();
  }
}
