package io.pilothouse.manifests.text;

import java.util.List;
import java.util.Optional;

/** A YAML value with its place, which it keeps until the last check is done. */
public sealed interface Node {
  Place place();

  /** What a scalar would be taken for by any YAML 1.2 reader. */
  enum Type {
    TEXT,
    WHOLE,
    DECIMAL,
    BOOL,
    NOTHING
  }

  /**
   * A single value.
   *
   * @param text as written, without quotes
   */
  record Scalar(Place place, String text, Type type) implements Node {}

  /** A list. */
  record Sequence(Place place, List<Node> items) implements Node {}

  /** A mapping in its file's order; keys may repeat, the reader of it complains. */
  record Mapping(Place place, List<Entry> entries) implements Node {

    /** The first value of a key. */
    public Optional<Node> get(String key) {
      return entries.stream()
          .filter(each -> each.key().text().equals(key))
          .map(Entry::value)
          .findFirst();
    }
  }

  /** A key and its value. */
  record Entry(Scalar key, Node value) {}

  /** What it is, for messages. */
  default String words() {
    return switch (this) {
      case Scalar scalar -> scalar.type() == Type.NOTHING ? "nothing" : quote(scalar.text());
      case Sequence list -> "a list";
      case Mapping mapping -> "a mapping";
    };
  }

  /** In double quotes, on one line and not endless. */
  static String quote(String text) {
    String line = text.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r");
    line = line.replace("\t", "\\t").replaceAll("\\p{Cc}", "?");
    return '"' + (line.length() > 80 ? line.substring(0, 77) + "..." : line) + '"';
  }
}
