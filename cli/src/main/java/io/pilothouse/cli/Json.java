package io.pilothouse.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.Collection;
import java.util.function.BiConsumer;
import org.snakeyaml.engine.v2.api.Dump;
import org.snakeyaml.engine.v2.api.DumpSettings;
import org.snakeyaml.engine.v2.common.FlowStyle;

/** JSON as scripts read it: snake_case, times in ISO 8601 UTC, stable keys. */
public final class Json {
  private Json() {}

  public static ObjectNode object() {
    return JsonNodeFactory.instance.objectNode();
  }

  /** {@code {"items":[…],"revision":N}}. */
  public static <T> ObjectNode items(
      Collection<T> items, long revision, BiConsumer<T, ObjectNode> fill) {
    ObjectNode root = object();
    ArrayNode array = root.putArray("items");
    for (T item : items) {
      fill.accept(item, array.addObject());
    }
    return root.put("revision", revision);
  }

  public static void strings(ObjectNode object, String key, Collection<String> values) {
    ArrayNode array = object.putArray(key);
    values.forEach(array::add);
  }

  /** Milliseconds since the epoch as ISO 8601, or null when 0. */
  public static void time(ObjectNode object, String key, long millis) {
    if (millis == 0) {
      object.putNull(key);
    } else {
      object.put(key, Instant.ofEpochMilli(millis).toString());
    }
  }

  /** One YAML 1.2 document. */
  public static String yaml(JsonNode node) {
    DumpSettings settings =
        DumpSettings.builder().setDefaultFlowStyle(FlowStyle.BLOCK).setWidth(1000).build();
    Object plain = new ObjectMapper().convertValue(node, Object.class);
    return new Dump(settings).dumpToString(plain);
  }

  /** One line, for streams of objects. */
  public static String line(JsonNode node) {
    return node.toString();
  }

  /** One document, indented. */
  public static String text(JsonNode node) {
    try {
      return new ObjectMapper().writerWithDefaultPrettyPrinter().writeValueAsString(node);
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException(e);
    }
  }
}
