package io.pilothouse.scheduler.http;

import com.fasterxml.jackson.core.JsonGenerator;
import io.pilothouse.mesos.v1.Task;
import io.pilothouse.mesos.v1.master.Response.GetAgents;
import io.pilothouse.mesos.v1.master.Response.GetState;
import io.pilothouse.scheduler.allocator.Quota;
import io.pilothouse.scheduler.core.RoleFigures;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/** The documents of {@link ToolPages}, in the shapes of Mesos 1.11. */
final class ToolJson {
  private static final double MILLI = 1000;

  private ToolJson() {}

  /**
   * @param wanted the only one's id
   */
  static Pages.Writer slaves(GetState state, Optional<String> wanted) {
    return json -> {
      json.writeStartObject();
      json.writeArrayFieldStart("slaves");
      for (GetAgents.Agent each : state.getGetAgents().getAgentsList()) {
        if (wanted.isEmpty() || wanted.get().equals(each.getAgentInfo().getId().getValue())) {
          json.writeStartObject();
          StateJson.agent(json, each);
          json.writeEndObject();
        }
      }
      json.writeEndArray();
      json.writeArrayFieldStart("recovered_slaves");
      json.writeEndArray();
      json.writeEndObject();
    };
  }

  /**
   * @param wanted the only one's id
   */
  static Pages.Writer frameworks(GetState state, Optional<String> wanted) {
    return json -> {
      json.writeStartObject();
      StateJson.frameworks(
          json, state, each -> wanted.isEmpty() || wanted.get().equals(each.getId().getValue()));
      json.writeEndObject();
    };
  }

  static void tasks(JsonGenerator json, List<Task> tasks) throws IOException {
    json.writeStartObject();
    StateJson.tasks(json, "tasks", tasks);
    json.writeEndObject();
  }

  static void roles(JsonGenerator json, List<RoleFigures> roles) throws IOException {
    json.writeStartObject();
    json.writeArrayFieldStart("roles");
    for (RoleFigures role : roles) {
      json.writeStartObject();
      json.writeStringField("name", role.name());
      json.writeNumberField("weight", role.weight());
      json.writeArrayFieldStart("frameworks");
      for (String framework : role.frameworks()) {
        json.writeString(framework);
      }
      json.writeEndArray();
      SortedMap<String, Long> resources =
          new TreeMap<>(Map.of("cpus", 0L, "mem", 0L, "disk", 0L, "gpus", 0L));
      resources.putAll(role.allocated().quantities().byName());
      amounts(json, "resources", resources);
      json.writeObjectFieldStart("quota");
      json.writeStringField("role", role.name());
      amounts(json, "guarantee", role.quota().guarantees().byName());
      amounts(json, "limit", role.quota().limits());
      amounts(json, "consumed", role.consumed().byName());
      json.writeEndObject();
      amounts(json, "allocated", role.used().quantities().byName());
      amounts(json, "offered", role.offered().quantities().byName());
      amounts(json, "reserved", role.reserved().quantities().byName());
      json.writeEndObject();
    }
    json.writeEndArray();
    json.writeEndObject();
  }

  private static void amounts(JsonGenerator json, String field, SortedMap<String, Long> milli)
      throws IOException {
    json.writeObjectFieldStart(field);
    for (Map.Entry<String, Long> each : milli.entrySet()) {
      json.writeNumberField(each.getKey(), each.getValue() / MILLI);
    }
    json.writeEndObject();
  }

  /** Of roles that have one; as {@code QuotaInfo}, which older tools read, and as QuotaConfig. */
  static void quota(JsonGenerator json, List<RoleFigures> roles) throws IOException {
    List<RoleFigures> set =
        roles.stream().filter(each -> !each.quota().equals(Quota.NONE)).toList();
    json.writeStartObject();
    json.writeArrayFieldStart("infos");
    for (RoleFigures role : set) {
      if (role.quota().guarantees().byName().isEmpty()) {
        continue; // what older tools call a quota is a guarantee
      }
      json.writeStartObject();
      json.writeStringField("role", role.name());
      json.writeArrayFieldStart("guarantee");
      for (Map.Entry<String, Long> each : role.quota().guarantees().byName().entrySet()) {
        json.writeStartObject();
        json.writeStringField("name", each.getKey());
        json.writeStringField("type", "SCALAR");
        value(json, "scalar", each.getValue());
        json.writeEndObject();
      }
      json.writeEndArray();
      json.writeEndObject();
    }
    json.writeEndArray();
    json.writeArrayFieldStart("configs");
    for (RoleFigures role : set) {
      json.writeStartObject();
      json.writeStringField("role", role.name());
      values(json, "guarantees", role.quota().guarantees().byName());
      values(json, "limits", role.quota().limits());
      json.writeEndObject();
    }
    json.writeEndArray();
    json.writeEndObject();
  }

  private static void values(JsonGenerator json, String field, SortedMap<String, Long> milli)
      throws IOException {
    json.writeObjectFieldStart(field);
    for (Map.Entry<String, Long> each : milli.entrySet()) {
      value(json, each.getKey(), each.getValue());
    }
    json.writeEndObject();
  }

  private static void value(JsonGenerator json, String field, long milli) throws IOException {
    json.writeObjectFieldStart(field);
    json.writeNumberField("value", milli / MILLI);
    json.writeEndObject();
  }

  /** Of roles with another one than 1. */
  static void weights(JsonGenerator json, List<RoleFigures> roles) throws IOException {
    json.writeStartArray();
    for (RoleFigures role : roles) {
      if (role.weight() != 1) {
        json.writeStartObject();
        json.writeStringField("role", role.name());
        json.writeNumberField("weight", role.weight());
        json.writeEndObject();
      }
    }
    json.writeEndArray();
  }
}
