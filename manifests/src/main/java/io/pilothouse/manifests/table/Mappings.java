package io.pilothouse.manifests.table;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.pilothouse.manifests.table.Shapes.Placed;
import io.pilothouse.manifests.text.Node;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/** The shapes of mappings whose keys are the author's own, and of what refers to them. */
public final class Mappings {
  private Mappings() {}

  /** Variables of the environment: any scalar is taken as it is written. */
  public static Shape<SortedMap<String, String>> environment() {
    String name = "[A-Za-z_][A-Za-z0-9_]*";
    return Shapes.shape(
        () -> {
          ObjectNode schema =
              Shapes.json().put("type", "object").put("additionalProperties", false);
          schema
              .putObject("patternProperties")
              .putObject("^" + name + "$")
              .putArray("type")
              .add("string")
              .add("number")
              .add("boolean");
          return schema;
        },
        "{GREETING: hello}",
        (node, reading) -> {
          if (!(node instanceof Node.Mapping mapping)) {
            reading.wrong(node, "a mapping; write {NAME: value}");
            return Optional.empty();
          }
          SortedMap<String, String> variables = new TreeMap<>();
          for (Node.Entry entry : mapping.entries()) {
            variable(entry, name, reading, variables);
          }
          return Optional.of(variables);
        });
  }

  private static void variable(
      Node.Entry entry, String name, Reading reading, SortedMap<String, String> variables) {
    String key = entry.key().text();
    if (!key.matches(name)) {
      reading.problem(entry.key().place(), Node.quote(key) + " cannot be a variable's name");
    } else if (entry.value() instanceof Node.Scalar value && value.type() != Node.Type.NOTHING) {
      if (variables.putIfAbsent(key, value.text()) != null) {
        reading.problem(entry.key().place(), "the variable " + key + " is there twice");
      }
    } else {
      reading.at(key).wrong(entry.value(), "a value of a variable; for an empty one write \"\"");
    }
  }

  /** Names, and a whole number for each. */
  public static Shape<Map<String, Placed<Integer>>> numbers(
      String name, int least, int most, String example) {
    Shape<Integer> number = Shapes.count(least, most);
    return Shapes.shape(
        () -> {
          ObjectNode schema =
              Shapes.json().put("type", "object").put("additionalProperties", false);
          schema.putObject("patternProperties").set("^" + name + "$", number.schema());
          return schema;
        },
        example,
        (node, reading) -> {
          if (!(node instanceof Node.Mapping mapping)) {
            reading.wrong(node, "a mapping; write " + example);
            return Optional.empty();
          }
          Map<String, Placed<Integer>> numbers = new LinkedHashMap<>();
          for (Node.Entry entry : mapping.entries()) {
            String key = entry.key().text();
            if (!key.matches(name)) {
              reading.wrong(entry.key(), "a name; use a-z 0-9 and -, a letter first");
            } else if (numbers.containsKey(key)) {
              reading.problem(
                  entry.key().place(), "the name " + Node.quote(key) + " is there twice");
            } else {
              number
                  .read(entry.value(), reading.at(key))
                  .ifPresent(value -> numbers.put(key, new Placed<>(entry.key().place(), value)));
            }
          }
          return Optional.of(numbers);
        });
  }

  /** A whole number, or a name that stands for one; as the text that it is. */
  public static Shape<String> numberOrName(int least, int most, String name) {
    Shape<Integer> number = Shapes.count(least, most);
    return Shapes.shape(
        () -> {
          ObjectNode schema = Shapes.json();
          ArrayNode either = schema.putArray("anyOf");
          either.add(number.schema()).add(Shapes.pattern(name));
          return schema;
        },
        number.example(),
        (node, reading) ->
            node instanceof Node.Scalar scalar && scalar.text().matches(name)
                ? Optional.of(scalar.text())
                : number.read(node, reading).map(String::valueOf));
  }
}
