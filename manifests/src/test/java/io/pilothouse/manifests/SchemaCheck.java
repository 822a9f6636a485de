package io.pilothouse.manifests;

import com.fasterxml.jackson.databind.JsonNode;
import io.pilothouse.manifests.text.Node;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/** As much of JSON Schema draft-07 as the shipped schemas use; an unknown keyword is an error. */
final class SchemaCheck {
  private final List<String> problems = new ArrayList<>();

  private SchemaCheck() {}

  static List<String> problems(JsonNode schema, Node value) {
    SchemaCheck check = new SchemaCheck();
    check.check(schema, value, "");
    return check.problems;
  }

  private void check(JsonNode schema, Node value, String path) {
    for (Map.Entry<String, JsonNode> rule : schema.properties()) {
      if (!holds(schema, rule.getKey(), rule.getValue(), value, path)) {
        problems.add(path + ": " + value.words() + " breaks " + rule);
      }
    }
  }

  private boolean holds(JsonNode schema, String keyword, JsonNode rule, Node value, String path) {
    return switch (keyword) {
      case "$schema", "title", "description", "if", "uniqueItems", "patternProperties" -> true;
      case "type" -> rule.isArray() || isType(rule.asText(), value);
      case "const" -> text(value).equals(rule.asText());
      case "enum" -> contains(rule, text(value));
      case "pattern" ->
          !isType("string", value) || Pattern.compile(rule.asText()).matcher(text(value)).find();
      case "minimum" ->
          !isType("number", value) || Double.parseDouble(text(value)) >= rule.asDouble();
      case "maximum" ->
          !isType("number", value) || Double.parseDouble(text(value)) <= rule.asDouble();
      case "exclusiveMinimum" ->
          !isType("number", value) || Double.parseDouble(text(value)) > rule.asDouble();
      case "minItems" ->
          !(value instanceof Node.Sequence list) || list.items().size() >= rule.asInt();
      case "items" -> {
        if (value instanceof Node.Sequence list) {
          list.items().forEach(item -> check(rule, item, path + "[]"));
        }
        yield true;
      }
      case "required" -> {
        for (JsonNode key : rule) {
          if (value instanceof Node.Mapping map && map.get(key.asText()).isEmpty()) {
            problems.add(path + ": misses " + key);
          }
        }
        yield true;
      }
      case "properties" -> {
        for (Node.Entry entry : entries(value)) {
          if (rule.has(entry.key().text())) {
            check(rule.get(entry.key().text()), entry.value(), path + "." + entry.key().text());
          }
        }
        yield true;
      }
      case "additionalProperties" ->
          schema.has("patternProperties")
              || entries(value).stream()
                  .allMatch(each -> schema.get("properties").has(each.key().text()));
      case "anyOf" -> {
        boolean any = false;
        for (JsonNode choice : rule) {
          any |= problems(choice, value).isEmpty();
        }
        yield any;
      }
      case "allOf" -> {
        for (JsonNode part : rule) {
          if (problems(part.get("if"), value).isEmpty()) {
            check(part.get("then"), value, path);
          }
        }
        yield true;
      }
      default -> throw new IllegalStateException("this check does not know \"" + keyword + "\"");
    };
  }

  /** Rules for mappings say nothing of other values. */
  private static List<Node.Entry> entries(Node value) {
    return value instanceof Node.Mapping map ? map.entries() : List.of();
  }

  private static boolean contains(JsonNode words, String word) {
    for (JsonNode each : words) {
      if (each.asText().equals(word)) {
        return true;
      }
    }
    return false;
  }

  private static String text(Node value) {
    return value instanceof Node.Scalar scalar ? scalar.text() : "";
  }

  private static boolean isType(String type, Node value) {
    return switch (type) {
      case "object" -> value instanceof Node.Mapping;
      case "array" -> value instanceof Node.Sequence;
      case "boolean" -> value instanceof Node.Scalar scalar && scalar.type() == Node.Type.BOOL;
      case "string" -> value instanceof Node.Scalar scalar && scalar.type() == Node.Type.TEXT;
      case "integer" -> value instanceof Node.Scalar scalar && scalar.type() == Node.Type.WHOLE;
      case "number" ->
          value instanceof Node.Scalar scalar
              && (scalar.type() == Node.Type.WHOLE || scalar.type() == Node.Type.DECIMAL);
      default -> throw new IllegalStateException("this check does not know type " + type);
    };
  }
}
