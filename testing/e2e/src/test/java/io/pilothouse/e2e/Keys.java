package io.pilothouse.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.ArrayList;
import java.util.List;

/** The JSON keys that scripts rely on: more may be added, none may be renamed. */
final class Keys {
  private Keys() {}

  static JsonNode parse(String json) {
    try {
      return new ObjectMapper().readTree(json);
    } catch (JsonProcessingException e) {
      throw new AssertionError("not JSON: " + json, e);
    }
  }

  static void in(JsonNode node, String... keys) {
    List<String> names = new ArrayList<>();
    node.fieldNames().forEachRemaining(names::add);
    assertThat(names).contains(keys);
  }

  static void machine(JsonNode machine) {
    in(
        machine,
        "name",
        "type",
        "scale_unit",
        "rack",
        "switch",
        "lifecycle",
        "condition",
        "since",
        "active",
        "staged",
        "boot_id",
        "address");
  }

  static void event(JsonNode event) {
    in(
        event,
        "at",
        "revision",
        "kind",
        "from",
        "to",
        "action",
        "rule",
        "evidence",
        "principal",
        "reason");
  }
}
