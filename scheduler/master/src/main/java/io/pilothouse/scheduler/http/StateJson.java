package io.pilothouse.scheduler.http;

import com.fasterxml.jackson.core.JsonGenerator;
import io.pilothouse.mesos.MesosJson;
import io.pilothouse.mesos.v1.Attribute;
import io.pilothouse.mesos.v1.FrameworkInfo;
import io.pilothouse.mesos.v1.FrameworkInfo.Capability;
import io.pilothouse.mesos.v1.MasterInfo;
import io.pilothouse.mesos.v1.Resource;
import io.pilothouse.mesos.v1.Task;
import io.pilothouse.mesos.v1.TaskState;
import io.pilothouse.mesos.v1.TaskStatus;
import io.pilothouse.mesos.v1.TimeInfo;
import io.pilothouse.mesos.v1.Value;
import io.pilothouse.mesos.v1.master.Response.GetAgents;
import io.pilothouse.mesos.v1.master.Response.GetFrameworks;
import io.pilothouse.mesos.v1.master.Response.GetState;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/** {@code /state} and {@code /state-summary}, the documents that tools read before v1. */
final class StateJson {
  private final MasterInfo master;
  private final long started;
  private final GetState state;

  StateJson(MasterInfo master, long started, GetState state) {
    this.master = master;
    this.started = started;
    this.state = state;
  }

  void write(JsonGenerator json) throws IOException {
    json.writeStartObject();
    json.writeStringField("version", Pages.VERSION);
    json.writeStringField("id", master.getId());
    json.writeStringField("pid", "master@" + master.getHostname() + ":" + master.getPort());
    json.writeStringField("hostname", master.getHostname());
    json.writeNumberField("start_time", started / 1000.0);
    json.writeNumberField("elected_time", started / 1000.0);
    long active = state.getGetAgents().getAgentsList().stream().filter(a -> a.getActive()).count();
    json.writeNumberField("activated_slaves", active);
    json.writeNumberField("deactivated_slaves", state.getGetAgents().getAgentsCount() - active);
    json.writeArrayFieldStart("slaves");
    for (GetAgents.Agent each : state.getGetAgents().getAgentsList()) {
      json.writeStartObject();
      agent(json, each);
      json.writeEndObject();
    }
    json.writeEndArray();
    frameworks(json, state, each -> true);
    json.writeArrayFieldStart("orphan_tasks");
    json.writeEndArray();
    json.writeEndObject();
  }

  /** Those that are there and those that were, with their tasks. */
  static void frameworks(JsonGenerator json, GetState state, Predicate<FrameworkInfo> wanted)
      throws IOException {
    Map<String, List<Task>> tasks = byFramework(state.getGetTasks().getTasksList());
    Map<String, List<Task>> lost = byFramework(state.getGetTasks().getUnreachableTasksList());
    Map<String, List<Task>> done = byFramework(state.getGetTasks().getCompletedTasksList());
    GetFrameworks all = state.getGetFrameworks();
    frameworks(json, "frameworks", chosen(all.getFrameworksList(), wanted), tasks, lost, done);
    frameworks(
        json,
        "completed_frameworks",
        chosen(all.getCompletedFrameworksList(), wanted),
        tasks,
        lost,
        done);
    json.writeArrayFieldStart("unregistered_frameworks");
    json.writeEndArray();
  }

  private static List<GetFrameworks.Framework> chosen(
      List<GetFrameworks.Framework> of, Predicate<FrameworkInfo> wanted) {
    return of.stream().filter(each -> wanted.test(each.getFrameworkInfo())).toList();
  }

  private static Map<String, List<Task>> byFramework(List<Task> tasks) {
    return tasks.stream().collect(Collectors.groupingBy(each -> each.getFrameworkId().getValue()));
  }

  static void agent(JsonGenerator json, GetAgents.Agent agent) throws IOException {
    json.writeStringField("id", agent.getAgentInfo().getId().getValue());
    json.writeStringField("hostname", agent.getAgentInfo().getHostname());
    json.writeNumberField("port", agent.getAgentInfo().getPort());
    json.writeStringField(
        "pid",
        "slave(1)@" + agent.getAgentInfo().getHostname() + ":" + agent.getAgentInfo().getPort());
    json.writeObjectFieldStart("attributes");
    for (Attribute each : agent.getAgentInfo().getAttributesList()) {
      json.writeStringField(each.getName(), each.getText().getValue());
    }
    json.writeEndObject();
    json.writeNumberField("registered_time", seconds(agent.getRegisteredTime()));
    resources(json, "resources", agent.getTotalResourcesList());
    resources(json, "used_resources", agent.getAllocatedResourcesList());
    resources(json, "offered_resources", agent.getOfferedResourcesList());
    reservations(json, agent.getTotalResourcesList());
    json.writeBooleanField("active", agent.getActive());
    json.writeBooleanField("deactivated", agent.getDeactivated());
    json.writeStringField("version", agent.getVersion());
  }

  private static void frameworks(
      JsonGenerator json,
      String field,
      List<GetFrameworks.Framework> frameworks,
      Map<String, List<Task>> tasks,
      Map<String, List<Task>> lost,
      Map<String, List<Task>> done)
      throws IOException {
    json.writeArrayFieldStart(field);
    for (GetFrameworks.Framework each : frameworks) {
      String id = each.getFrameworkInfo().getId().getValue();
      json.writeStartObject();
      framework(json, each);
      tasks(json, "tasks", tasks.getOrDefault(id, List.of()));
      tasks(json, "unreachable_tasks", lost.getOrDefault(id, List.of()));
      tasks(json, "completed_tasks", done.getOrDefault(id, List.of()));
      json.writeEndObject();
    }
    json.writeEndArray();
  }

  @SuppressWarnings("deprecation") // role is what frameworks of one role say
  private static void framework(JsonGenerator json, GetFrameworks.Framework framework)
      throws IOException {
    var info = framework.getFrameworkInfo();
    json.writeStringField("id", info.getId().getValue());
    json.writeStringField("name", info.getName());
    json.writeStringField("user", info.getUser());
    json.writeNumberField("failover_timeout", info.getFailoverTimeout());
    json.writeBooleanField("checkpoint", info.getCheckpoint());
    json.writeStringField("hostname", info.getHostname());
    json.writeStringField("webui_url", info.getWebuiUrl());
    json.writeStringField("principal", info.getPrincipal());
    json.writeBooleanField("active", framework.getActive());
    json.writeBooleanField("connected", framework.getConnected());
    json.writeBooleanField("recovered", framework.getRecovered());
    json.writeNumberField("registered_time", seconds(framework.getRegisteredTime()));
    json.writeNumberField("unregistered_time", seconds(framework.getUnregisteredTime()));
    json.writeArrayFieldStart("capabilities");
    for (Capability each : info.getCapabilitiesList()) {
      json.writeString(each.getType().name());
    }
    json.writeEndArray();
    if (info.getRolesCount() == 0) {
      json.writeStringField("role", info.getRole());
    } else {
      json.writeArrayFieldStart("roles");
      for (String each : info.getRolesList()) {
        json.writeString(each);
      }
      json.writeEndArray();
    }
    resources(json, "resources", framework.getAllocatedResourcesList());
    resources(json, "used_resources", framework.getAllocatedResourcesList());
    resources(json, "offered_resources", framework.getOfferedResourcesList());
  }

  static void tasks(JsonGenerator json, String field, List<Task> tasks) throws IOException {
    json.writeArrayFieldStart(field);
    for (Task each : tasks) {
      json.writeStartObject();
      json.writeStringField("id", each.getTaskId().getValue());
      json.writeStringField("name", each.getName());
      json.writeStringField("framework_id", each.getFrameworkId().getValue());
      json.writeStringField("executor_id", each.getExecutorId().getValue());
      json.writeStringField("slave_id", each.getAgentId().getValue());
      json.writeStringField("state", each.getState().name());
      json.writeStringField("role", role(each));
      resources(json, "resources", each.getResourcesList());
      json.writeArrayFieldStart("statuses");
      for (TaskStatus status : each.getStatusesList()) {
        json.writeStartObject();
        json.writeStringField("state", status.getState().name());
        json.writeNumberField("timestamp", status.getTimestamp());
        json.writeEndObject();
      }
      json.writeEndArray();
      json.writeEndObject();
    }
    json.writeEndArray();
  }

  private static String role(Task task) {
    return task.getResourcesList().stream()
        .map(each -> each.getAllocationInfo().getRole())
        .findFirst()
        .orElse("*");
  }

  /** By name, of whichever roles: sums and unions. The four common ones always. */
  private static void resources(JsonGenerator json, String field, List<Resource> resources)
      throws IOException {
    Map<String, Double> scalars = new TreeMap<>(Map.of("cpus", 0.0, "mem", 0.0, "disk", 0.0));
    scalars.put("gpus", 0.0);
    Map<String, List<Resource>> others = new TreeMap<>();
    for (Resource each : resources) {
      if (each.getType() == Value.Type.SCALAR) {
        scalars.merge(each.getName(), each.getScalar().getValue(), Double::sum);
      } else {
        others.computeIfAbsent(each.getName(), name -> new ArrayList<>()).add(each);
      }
    }
    json.writeObjectFieldStart(field);
    for (Map.Entry<String, Double> each : scalars.entrySet()) {
      json.writeNumberField(each.getKey(), each.getValue());
    }
    for (Map.Entry<String, List<Resource>> each : others.entrySet()) {
      json.writeStringField(each.getKey(), UnionText.of(each.getValue()));
    }
    json.writeEndObject();
  }

  /** What of it is kept for which role; whole messages, too, as reservations have owners. */
  private static void reservations(JsonGenerator json, List<Resource> total) throws IOException {
    Map<String, List<Resource>> byRole = new TreeMap<>();
    for (Resource each : total) {
      int last = each.getReservationsCount() - 1;
      byRole
          .computeIfAbsent(
              last < 0 ? "" : each.getReservations(last).getRole(), role -> new ArrayList<>())
          .add(each);
    }
    resources(json, "unreserved_resources", byRole.getOrDefault("", List.of()));
    byRole.remove("");
    json.writeObjectFieldStart("reserved_resources");
    for (Map.Entry<String, List<Resource>> each : byRole.entrySet()) {
      resources(json, each.getKey(), each.getValue());
    }
    json.writeEndObject();
    json.writeObjectFieldStart("reserved_resources_full");
    for (Map.Entry<String, List<Resource>> role : byRole.entrySet()) {
      json.writeArrayFieldStart(role.getKey());
      for (Resource each : role.getValue()) {
        json.writeRawValue(new String(MesosJson.write(each), StandardCharsets.UTF_8));
      }
      json.writeEndArray();
    }
    json.writeEndObject();
  }

  private static double seconds(TimeInfo time) {
    return time.getNanoseconds() / 1e9;
  }

  /** Without tasks, but how many there are of each state. */
  void summary(JsonGenerator json) throws IOException {
    Map<String, Map<TaskState, Integer>> counts = new HashMap<>();
    for (Task each : state.getGetTasks().getTasksList()) {
      count(counts, each.getFrameworkId().getValue(), each.getState());
      count(counts, each.getAgentId().getValue(), each.getState());
    }
    json.writeStartObject();
    json.writeStringField("hostname", master.getHostname());
    json.writeArrayFieldStart("slaves");
    for (GetAgents.Agent each : state.getGetAgents().getAgentsList()) {
      json.writeStartObject();
      agent(json, each);
      counts(json, counts.getOrDefault(each.getAgentInfo().getId().getValue(), Map.of()));
      json.writeEndObject();
    }
    json.writeEndArray();
    json.writeArrayFieldStart("frameworks");
    for (GetFrameworks.Framework each : state.getGetFrameworks().getFrameworksList()) {
      json.writeStartObject();
      framework(json, each);
      counts(json, counts.getOrDefault(each.getFrameworkInfo().getId().getValue(), Map.of()));
      json.writeEndObject();
    }
    json.writeEndArray();
    json.writeEndObject();
  }

  private static void count(
      Map<String, Map<TaskState, Integer>> counts, String of, TaskState state) {
    counts.computeIfAbsent(of, id -> new EnumMap<>(TaskState.class)).merge(state, 1, Integer::sum);
  }

  private static void counts(JsonGenerator json, Map<TaskState, Integer> counts)
      throws IOException {
    for (TaskState each : TaskState.values()) {
      json.writeNumberField(each.name(), counts.getOrDefault(each, 0));
    }
  }
}
