package io.pilothouse.scheduler.core;

import io.pilothouse.mesos.v1.AgentInfo;
import io.pilothouse.mesos.v1.OperationStatus;
import io.pilothouse.mesos.v1.Resource;
import io.pilothouse.mesos.v1.Role;
import io.pilothouse.mesos.v1.TaskInfo;
import io.pilothouse.mesos.v1.TimeInfo;
import io.pilothouse.mesos.v1.master.Response.GetAgents;
import io.pilothouse.mesos.v1.master.Response.GetExecutors;
import io.pilothouse.mesos.v1.master.Response.GetFrameworks;
import io.pilothouse.mesos.v1.master.Response.GetOperations;
import io.pilothouse.mesos.v1.master.Response.GetQuota;
import io.pilothouse.mesos.v1.master.Response.GetRoles;
import io.pilothouse.mesos.v1.master.Response.GetState;
import io.pilothouse.mesos.v1.master.Response.GetTasks;
import io.pilothouse.mesos.v1.master.Response.GetWeights;
import io.pilothouse.scheduler.allocator.Allocation;
import io.pilothouse.scheduler.allocator.Quota;
import io.pilothouse.scheduler.allocator.resources.Resources;
import io.pilothouse.scheduler.wire.ResourceForm;
import io.pilothouse.scheduler.wire.RoleForm;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.ToLongFunction;
import java.util.stream.Stream;

/** What there is, as the operator API shows it. */
public final class Picture {
  private final Tables tables;

  Picture(Tables tables) {
    this.tables = tables;
  }

  public GetState state() {
    return GetState.newBuilder()
        .setGetTasks(tasks())
        .setGetExecutors(executors())
        .setGetFrameworks(frameworks())
        .setGetAgents(agents())
        .build();
  }

  public GetFrameworks frameworks() {
    GetFrameworks.Builder all = GetFrameworks.newBuilder();
    tables.frameworks.values().forEach(each -> all.addFrameworks(framework(each)));
    tables.completed.values().forEach(each -> all.addCompletedFrameworks(framework(each)));
    return all.build();
  }

  public GetAgents agents() {
    GetAgents.Builder all = GetAgents.newBuilder();
    tables.agents.values().forEach(each -> all.addAgents(agent(each)));
    return all.build();
  }

  public GetExecutors executors() {
    GetExecutors.Builder all = GetExecutors.newBuilder();
    for (Agent agent : tables.agents.values()) {
      for (Executor each : agent.executors()) {
        all.addExecutorsBuilder().setExecutorInfo(each.info()).setAgentId(agent.agentId());
      }
    }
    return all.build();
  }

  public GetTasks tasks() {
    GetTasks.Builder all = GetTasks.newBuilder();
    for (Framework framework : tables.frameworks.values()) {
      framework.tasks.values().forEach(each -> all.addTasks(task(each)));
      framework.unreachable.values().forEach(each -> all.addUnreachableTasks(task(each)));
      framework.completed.forEach(each -> all.addCompletedTasks(task(each)));
    }
    for (Framework framework : tables.completed.values()) {
      framework.completed.forEach(each -> all.addCompletedTasks(task(each)));
    }
    return all.build();
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

  private static Stream<Allocation> offered(Collection<Offer> offers) {
    return offers.stream().map(Offer::allocation);
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

  static io.pilothouse.mesos.v1.Task task(Task task) {
    TaskInfo info = task.info;
    io.pilothouse.mesos.v1.Task.Builder message =
        io.pilothouse.mesos.v1.Task.newBuilder()
            .setName(info.getName())
            .setTaskId(info.getTaskId())
            .setFrameworkId(task.framework.frameworkId())
            .setAgentId(task.agent.agentId())
            .setState(task.state)
            .addAllResources(ResourceForm.FULL.write(task.resources, task.role))
            .addAllStatuses(task.statuses())
            .putAllLimits(info.getLimitsMap())
            .setUser(
                info.getCommand().hasUser()
                    ? info.getCommand().getUser()
                    : task.framework.info.getUser());
    if (!task.executor.isEmpty()) {
      message.getExecutorIdBuilder().setValue(task.executor);
    }
    if (task.told != null) {
      message.setStatusUpdateState(task.told.getState()).setStatusUpdateUuid(task.told.getUuid());
    }
    if (info.hasLabels()) {
      message.setLabels(info.getLabels());
    }
    if (info.hasDiscovery()) {
      message.setDiscovery(info.getDiscovery());
    }
    if (info.hasContainer()) {
      message.setContainer(info.getContainer());
    }
    if (info.hasHealthCheck()) {
      message.setHealthCheck(info.getHealthCheck());
    }
    if (info.hasKillPolicy()) {
      message.setKillPolicy(info.getKillPolicy());
    }
    return message.build();
  }

  static GetFrameworks.Framework framework(Framework framework) {
    GetFrameworks.Framework.Builder message =
        GetFrameworks.Framework.newBuilder()
            .setFrameworkInfo(framework.info)
            .setActive(framework.stream != null)
            .setConnected(framework.stream != null)
            .setRecovered(framework.recovered)
            .setRegisteredTime(time(framework.registered));
    if (framework.reregistered > 0) {
      message.setReregisteredTime(time(framework.reregistered));
    }
    if (framework.unregistered > 0) {
      message.setUnregisteredTime(time(framework.unregistered));
    }
    if (framework.constraints.getRoleConstraintsCount() > 0) {
      message.setOfferConstraints(framework.constraints);
    }
    framework.offers.forEach(each -> message.addOffers(each.message()));
    message.addAllOfferedResources(written(offered(framework.offers)));
    message.addAllAllocatedResources(
        written(
            framework.tasks.values().stream().filter(each -> each.holding).map(Task::allocation)));
    return message.build();
  }

  /** Summed up by role. */
  static List<Resource> written(Stream<Allocation> allocations) {
    Map<String, Resources> byRole = new TreeMap<>();
    allocations.forEach(each -> byRole.merge(each.role(), each.resources(), Resources::plus));
    return byRole.entrySet().stream()
        .flatMap(each -> ResourceForm.FULL.write(each.getValue(), each.getKey()).stream())
        .toList();
  }

  static GetAgents.Agent agent(Agent agent) {
    List<Resource> total = ResourceForm.FULL.write(agent.total, "");
    AgentInfo info =
        agent.info.toBuilder()
            .clearResources()
            .addAllResources(ResourceForm.FULL.write(agent.total.minus(agent.lent), ""))
            .clearAttributes()
            .addAllAttributes(Offering.attributes(agent))
            .build();
    GetAgents.Agent.Builder message =
        GetAgents.Agent.newBuilder()
            .setAgentInfo(info)
            .setActive(agent.link != null)
            .setDeactivated(agent.view == null || !agent.view.getOfferable())
            .setVersion(agent.version)
            .setRegisteredTime(time(agent.registered))
            .addAllTotalResources(total)
            .addAllAllocatedResources(written(agent.used().stream()))
            .addAllOfferedResources(written(offered(agent.offers)));
    if (agent.reregistered > 0) {
      message.setReregisteredTime(time(agent.reregistered));
    }
    return message.build();
  }

  private static TimeInfo time(long millis) {
    return TimeInfo.newBuilder().setNanoseconds(millis * 1_000_000).build();
  }
}
