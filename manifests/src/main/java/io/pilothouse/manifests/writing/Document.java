package io.pilothouse.manifests.writing;

import io.pilothouse.api.v1.Limit;
import io.pilothouse.manifests.policy.RuleWords;
import io.pilothouse.manifests.table.Units;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import org.snakeyaml.engine.v2.common.FlowStyle;
import org.snakeyaml.engine.v2.common.ScalarStyle;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import org.snakeyaml.engine.v2.nodes.Tag;

/** A mapping, its keys in the order in which they come. What is empty, 0 or false is left out. */
final class Document {
  /** What needs no quotes; everything that could be taken for something else has them. */
  private static final Pattern PLAIN =
      Pattern.compile("[A-Za-z_/](?:[A-Za-z0-9 ._/@%+*?=-]*[A-Za-z0-9_/@%*?])?");

  /** No texts to this reader or that of YAML 1.1. */
  private static final Set<String> NO_TEXT =
      Set.of("y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf");

  private final List<NodeTuple> entries = new ArrayList<>();

  /** One that begins with its kind. */
  static Document of(String kind) {
    return new Document().text("kind", kind);
  }

  boolean isEmpty() {
    return entries.isEmpty();
  }

  Document text(String key, String value) {
    return value.isEmpty() ? this : put(key, text(value));
  }

  Document texts(String key, List<String> values) {
    return values.isEmpty()
        ? this
        : put(key, list(values.stream().map(Document::text).toList(), FlowStyle.FLOW));
  }

  /** The item itself when it is the only one. */
  Document oneOrMore(String key, List<String> values) {
    return values.size() == 1 ? put(key, text(values.get(0))) : texts(key, values);
  }

  Document number(String key, long value) {
    return value == 0 ? this : put(key, plain(Tag.INT, Long.toString(value)));
  }

  /** A number that may have a fraction, as it is written. */
  Document decimal(String key, String value) {
    return put(key, plain(value.contains(".") ? Tag.FLOAT : Tag.INT, value));
  }

  Document flag(String key, boolean value) {
    return value ? put(key, plain(Tag.BOOL, "true")) : this;
  }

  /** Milliseconds as {@code 90s}. */
  Document duration(String key, long millis) {
    return millis == 0 ? this : unit(key, RuleWords.span(millis));
  }

  /** Bytes as {@code 50MiB}. */
  Document size(String key, long bytes) {
    return bytes == 0 ? this : unit(key, Units.text(bytes).replace(" ", ""));
  }

  Document share(String key, double percent) {
    return percent == 0
        ? this
        : unit(key, BigDecimal.valueOf(percent).stripTrailingZeros().toPlainString() + "%");
  }

  Document limit(String key, Limit limit) {
    return limit.getAbsolute() == 0
        ? share(key, limit.getPercent())
        : number(key, Integer.toUnsignedLong(limit.getAbsolute()));
  }

  /** A value that its unit keeps from being a number, though it begins with a digit. */
  Document unit(String key, String value) {
    return put(key, plain(Tag.STR, value));
  }

  /** A list of such values. */
  Document units(String key, List<String> values) {
    return put(
        key, list(values.stream().map(each -> plain(Tag.STR, each)).toList(), FlowStyle.FLOW));
  }

  /**
   * A mapping within.
   *
   * @param isThere an empty one is written, too, since it is something else than none
   */
  Document object(String key, boolean isThere, Document value) {
    return isThere ? put(key, value.node()) : this;
  }

  Document objects(String key, List<Document> values) {
    return values.isEmpty()
        ? this
        : put(key, list(values.stream().map(Document::node).toList(), FlowStyle.BLOCK));
  }

  Document oneOrMoreObjects(String key, List<Document> values) {
    return values.size() == 1 ? put(key, values.get(0).node()) : objects(key, values);
  }

  private Document put(String key, Node value) {
    entries.add(new NodeTuple(plain(Tag.STR, key), value));
    return this;
  }

  Node node() {
    return new MappingNode(Tag.MAP, entries, FlowStyle.BLOCK);
  }

  private static Node list(List<Node> items, FlowStyle style) {
    return new SequenceNode(Tag.SEQ, items, style);
  }

  private static Node text(String value) {
    boolean isPlain =
        PLAIN.matcher(value).matches() && !NO_TEXT.contains(value.toLowerCase(Locale.ROOT));
    return new ScalarNode(Tag.STR, value, isPlain ? ScalarStyle.PLAIN : ScalarStyle.DOUBLE_QUOTED);
  }

  private static Node plain(Tag tag, String value) {
    return new ScalarNode(tag, value, ScalarStyle.PLAIN);
  }
}
