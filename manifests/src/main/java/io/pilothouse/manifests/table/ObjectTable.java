package io.pilothouse.manifests.table;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.pilothouse.manifests.pattern.Near;
import io.pilothouse.manifests.text.Node;
import io.pilothouse.manifests.text.Place;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiConsumer;

/** The fields of an object; every other key is a mistake. */
public final class ObjectTable<B> {
  private final List<Field<B, ?>> fields;

  private ObjectTable(List<Field<B, ?>> fields) {
    this.fields = List.copyOf(fields);
  }

  /** An empty table to add to. */
  public static <B> ObjectTable<B> of() {
    return new ObjectTable<>(List.of());
  }

  /** This table and a key that may be left out. */
  public <T> ObjectTable<B> optional(String key, Shape<T> shape, BiConsumer<B, T> set, String doc) {
    return with(new Field<>(key, shape, set, false, doc));
  }

  /** This table and a key that must be there. */
  public <T> ObjectTable<B> required(String key, Shape<T> shape, BiConsumer<B, T> set, String doc) {
    return with(new Field<>(key, shape, set, true, doc));
  }

  private ObjectTable<B> with(Field<B, ?> field) {
    List<Field<B, ?>> more = new ArrayList<>(fields);
    more.add(field);
    return new ObjectTable<>(more);
  }

  public List<Field<B, ?>> fields() {
    return fields;
  }

  /** Reads a mapping into {@code builder}; keys in {@code known} belong to the caller. */
  public void read(Node.Mapping mapping, B builder, Reading reading, List<String> known) {
    Map<String, Place> seen = new HashMap<>();
    for (Node.Entry entry : mapping.entries()) {
      String key = entry.key().text();
      Place before = seen.putIfAbsent(key, entry.key().place());
      if (before != null) {
        reading.problem(
            entry.key().place(),
            "the key %s is there twice; the first one is in line %d"
                .formatted(Node.quote(key), before.line()));
        continue;
      }
      Optional<Field<B, ?>> field = field(key);
      if (field.isPresent()) {
        field.get().read(entry.value(), builder, reading);
      } else if (!known.contains(key)) {
        unknown(entry.key(), known, reading);
      }
    }
    for (Field<B, ?> field : fields) {
      if (field.required() && !seen.containsKey(field.key())) {
        reading.problem(
            mapping.place(), "\"%s\" is missing: %s".formatted(field.key(), field.doc()));
      }
    }
  }

  private void unknown(Node.Scalar key, List<String> known, Reading reading) {
    List<String> all = new ArrayList<>(known);
    fields.forEach(each -> all.add(each.key()));
    String hint = Near.hint(key.text(), all);
    reading.problem(
        key.place(),
        "unknown key %s%s"
            .formatted(Node.quote(key.text()), hint.isEmpty() ? "; use " + words(all) : hint));
  }

  private Optional<Field<B, ?>> field(String key) {
    return fields.stream().filter(each -> each.key().equals(key)).findFirst();
  }

  /** {@code a, b or c}. */
  public static String words(List<String> names) {
    int last = names.size() - 1;
    return last < 1
        ? String.join("", names)
        : String.join(", ", names.subList(0, last)) + " or " + names.get(last);
  }

  /** The table as a JSON Schema of an object. */
  public ObjectNode schema() {
    ObjectNode schema = JsonNodeFactory.instance.objectNode().put("type", "object");
    schema.put("additionalProperties", false);
    ArrayNode required = JsonNodeFactory.instance.arrayNode();
    ObjectNode properties = schema.putObject("properties");
    for (Field<B, ?> field : fields) {
      ObjectNode property = field.shape().schema();
      property.put("description", field.doc());
      properties.set(field.key(), property);
      if (field.required()) {
        required.add(field.key());
      }
    }
    if (!required.isEmpty()) {
      schema.set("required", required);
    }
    return schema;
  }
}
