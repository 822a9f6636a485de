package io.pilothouse.manifests.table;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.pilothouse.manifests.pattern.Near;
import io.pilothouse.manifests.text.Node;
import io.pilothouse.manifests.text.Place;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.regex.Pattern;

/** The shapes of values: texts, names, lists, mappings. Units are in {@link Units}. */
public final class Shapes {
  /** What everything is named by; also a DNS label's alphabet, so that names can be hosts. */
  public static final String NAME = "[a-z0-9][a-z0-9.-]{0,62}";

  /**
   * A value with its place.
   *
   * @param place where it stands
   */
  public record Placed<T>(Place place, T value) {}

  private Shapes() {}

  static ObjectNode json() {
    return JsonNodeFactory.instance.objectNode();
  }

  static ObjectNode pattern(String regex) {
    return json().put("type", "string").put("pattern", "^(" + regex + ")$");
  }

  /** Builds a shape of its three parts. */
  static <T> Shape<T> shape(Supplier<ObjectNode> schema, String example, Reader<T> reader) {
    return new Shape<>() {
      @Override
      public Optional<T> read(Node node, Reading reading) {
        return reader.read(node, reading);
      }

      @Override
      public ObjectNode schema() {
        return schema.get();
      }

      @Override
      public String example() {
        return example;
      }
    };
  }

  /** Reads one value. */
  interface Reader<T> {
    Optional<T> read(Node node, Reading reading);
  }

  /** Any text that is not blank; a number or a boolean must be quoted. */
  public static Shape<String> text(String example) {
    return shape(
        () -> json().put("type", "string").put("pattern", "\\S"),
        example,
        (node, reading) -> {
          if (node instanceof Node.Scalar scalar && isText(scalar, reading)) {
            if (!scalar.text().isBlank()) {
              return Optional.of(scalar.text());
            }
            reading.problem(node.place(), "it is blank; write a text, or leave the key out");
          } else if (!(node instanceof Node.Scalar)) {
            reading.wrong(node, "a text");
          }
          return Optional.empty();
        });
  }

  private static boolean isText(Node.Scalar scalar, Reading reading) {
    if (scalar.type() == Node.Type.TEXT) {
      return true;
    }
    if (scalar.type() == Node.Type.NOTHING) {
      reading.problem(scalar.place(), "it has no value; write one, or leave the key out");
    } else {
      reading.problem(
          scalar.place(),
          "%s without quotes is a %s in YAML; write \"%s\""
              .formatted(scalar.text(), word(scalar.type()), scalar.text()));
    }
    return false;
  }

  private static String word(Node.Type type) {
    return switch (type) {
      case WHOLE, DECIMAL -> "number";
      case BOOL -> "boolean";
      case TEXT -> "text";
      case NOTHING -> "null";
    };
  }

  /** A text that matches. */
  public static Shape<String> matching(String regex, String example, String expected) {
    Pattern compiled = Pattern.compile(regex);
    Shape<String> text = text(example);
    return shape(
        () -> pattern(regex),
        example,
        (node, reading) -> {
          Optional<String> value = text.read(node, reading);
          if (value.isPresent() && !compiled.matcher(value.get()).matches()) {
            reading.wrong(node, expected);
            return Optional.empty();
          }
          return value;
        });
  }

  /** Makes something of a text. */
  public interface Parser<T> {
    /** The value, or empty after the problem was added. */
    Optional<T> parse(Node node, String text, Reading reading);
  }

  /** A text that is parsed further. */
  public static <T> Shape<T> parsed(
      Shape<String> text, Supplier<ObjectNode> schema, Parser<T> parser) {
    return shape(
        schema,
        text.example(),
        (node, reading) ->
            text.read(node, reading).flatMap(value -> parser.parse(node, value, reading)));
  }

  /** A name. */
  public static Shape<String> name(String example) {
    return matching(
        NAME, example, "a name; names have 1 to 63 of a-z 0-9 . - and begin with a-z or 0-9");
  }

  /** A name of an object of another kind, which must exist. */
  public static Shape<String> reference(String kind, String example) {
    Shape<String> name = name(example);
    return shape(
        name::schema,
        example,
        (node, reading) -> {
          Optional<String> value = name.read(node, reading);
          value.ifPresent(each -> reading.refer(node, kind, each));
          return value;
        });
  }

  /** One of a few words. */
  public static <T> Shape<T> oneOf(SortedMap<String, T> words) {
    List<String> names = List.copyOf(words.keySet());
    return shape(
        () -> {
          ObjectNode schema = json();
          names.forEach(schema.putArray("enum")::add);
          return schema;
        },
        names.get(names.size() - 1),
        (node, reading) -> {
          if (node instanceof Node.Scalar scalar) {
            T value = words.get(scalar.text());
            if (value != null) {
              return Optional.of(value);
            }
            String hint = Near.hint(scalar.text(), names);
            reading.wrong(node, "one of " + String.join(", ", names) + hint);
          } else {
            reading.wrong(node, "one of " + String.join(", ", names));
          }
          return Optional.empty();
        });
  }

  /** A whole number. */
  public static Shape<Integer> count(int least, int most) {
    return shape(
        () -> json().put("type", "integer").put("minimum", least).put("maximum", most),
        Integer.toString(Math.min(most, Math.max(least, 7))),
        (node, reading) -> {
          if (node instanceof Node.Scalar scalar && scalar.text().matches("-?\\d{1,9}")) {
            int value = Integer.parseInt(scalar.text());
            if (value >= least && value <= most) {
              return Optional.of(value);
            }
          }
          reading.wrong(node, "a whole number from " + least + " to " + most);
          return Optional.empty();
        });
  }

  /** A list with at least one item: an empty selection must never be taken for all. */
  public static <T> Shape<List<T>> list(Shape<T> item) {
    return shape(
        () -> {
          ObjectNode schema = json().put("type", "array").put("minItems", 1);
          schema.put("uniqueItems", true).set("items", item.schema());
          return schema;
        },
        "[" + item.example() + "]",
        (node, reading) -> {
          if (!(node instanceof Node.Sequence list)) {
            reading.wrong(node, "a list; write [" + item.example() + "]");
            return Optional.empty();
          }
          if (list.items().isEmpty()) {
            reading.problem(
                list.place(), "the list is empty, which selects nothing; leave the key out");
            return Optional.empty();
          }
          return Optional.of(items(list, item, reading));
        });
  }

  private static <T> List<T> items(Node.Sequence list, Shape<T> item, Reading reading) {
    List<T> items = new ArrayList<>();
    Map<String, Place> seen = new HashMap<>();
    for (Node each : list.items()) {
      if (each instanceof Node.Scalar scalar
          && seen.putIfAbsent(scalar.text(), scalar.place()) != null) {
        reading.problem(each.place(), each.words() + " is there twice");
      } else {
        item.read(each, reading).ifPresent(items::add);
      }
    }
    return List.copyOf(items);
  }

  /** One item, or a list of them. */
  public static <T> Shape<List<T>> oneOrMore(Shape<T> item) {
    Shape<List<T>> list = list(item);
    return shape(
        () -> {
          ObjectNode schema = json();
          schema.putArray("anyOf").add(item.schema()).add(list.schema());
          return schema;
        },
        item.example(),
        (node, reading) ->
            node instanceof Node.Sequence
                ? list.read(node, reading)
                : item.read(node, reading).map(List::of));
  }

  /** {@code true} or {@code false}. */
  public static Shape<Boolean> flag() {
    return shape(
        () -> json().put("type", "boolean"),
        "true",
        (node, reading) -> {
          if (node instanceof Node.Scalar scalar && scalar.type() == Node.Type.BOOL) {
            return Optional.of(scalar.text().toLowerCase(Locale.ROOT).equals("true"));
          }
          reading.wrong(node, "true or false");
          return Optional.empty();
        });
  }

  /** {@code true} only: without the key nothing is asked for, and false would look like more. */
  public static Shape<Boolean> yes(String key) {
    Shape<Boolean> flag = flag();
    return shape(
        () -> json().put("const", true),
        "true",
        (node, reading) -> {
          Optional<Boolean> value = flag.read(node, reading);
          if (value.isPresent() && !value.get()) {
            reading.problem(
                node.place(), "false would ask for nothing; leave " + key + " out instead");
            return Optional.empty();
          }
          return value;
        });
  }

  /** A value that must hold together. */
  public static <T> Shape<T> checked(Shape<T> shape, Predicate<T> isRight, String problem) {
    return shape(
        shape::schema,
        shape.example(),
        (node, reading) -> {
          int before = reading.problems().size();
          Optional<T> value = shape.read(node, reading);
          // a part that was refused is missing from the value, which says nothing of the rest
          boolean whole = reading.problems().size() == before;
          if (whole && value.isPresent() && !isRight.test(value.get())) {
            reading.problem(node.place(), problem);
            return Optional.empty();
          }
          return value;
        });
  }

  /** A value that keeps its place, for checks across files. */
  public static <T> Shape<Placed<T>> placed(Shape<T> shape) {
    return shape(
        shape::schema,
        shape.example(),
        (node, reading) ->
            shape.read(node, reading).map(value -> new Placed<>(node.place(), value)));
  }

  /** An object within the object. */
  public static <B> Shape<B> object(ObjectTable<B> table, Supplier<B> fresh) {
    String example =
        "{"
            + String.join(
                ", ",
                table.fields().stream()
                    .filter(each -> each.required() || table.fields().size() == 1)
                    .map(each -> each.key() + ": " + each.shape().example())
                    .toList())
            + "}";
    String first = table.fields().get(0).key() + ": " + table.fields().get(0).shape().example();
    return shape(
        table::schema,
        example.equals("{}") ? "{" + first + "}" : example,
        (node, reading) -> {
          if (node instanceof Node.Mapping mapping) {
            B builder = fresh.get();
            table.read(mapping, builder, reading, List.of());
            return Optional.of(builder);
          }
          reading.wrong(node, "a mapping; write {" + first + "}");
          return Optional.empty();
        });
  }
}
