package io.pilothouse.manifests.text;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.ReaderException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import org.snakeyaml.engine.v2.nodes.Tag;

/**
 * Reads YAML 1.2. Only what one would guess: no anchors, no aliases, no tags, since those make a
 * value's meaning stand elsewhere than the value.
 */
public final class YamlReader {
  private static final int LARGEST = 16 << 20;

  private final String file;
  private final Problems problems;

  private YamlReader(String file, Problems problems) {
    this.file = file;
    this.problems = problems;
  }

  /** The documents of a file. A mistake of syntax ends the file; what stood before it is kept. */
  public static List<Node> read(String file, String text, Problems problems) {
    return new YamlReader(file, problems).read(text);
  }

  private List<Node> read(String text) {
    List<Node> documents = new ArrayList<>();
    LoadSettings settings =
        LoadSettings.builder().setLabel(file).setCodePointLimit(LARGEST).build();
    try {
      Iterator<org.snakeyaml.engine.v2.nodes.Node> composed =
          new Compose(settings).composeAllFromString(text).iterator();
      while (composed.hasNext()) {
        node(composed.next()).ifPresent(documents::add);
      }
    } catch (MarkedYamlEngineException e) {
      Optional<Mark> mark = e.getProblemMark().or(e::getContextMark);
      String context = e.getContext() == null ? "" : " (" + e.getContext().strip() + ")";
      problems.add(place(mark), printable("not YAML: " + e.getProblem() + context));
    } catch (ReaderException e) {
      problems.add(
          at(text, e.getPosition()),
          "not YAML: the character U+%04X is not allowed in a text file"
              .formatted(e.getCodePoint()));
    } catch (YamlEngineException e) {
      problems.add(Place.top(file), printable("not YAML: " + e.getMessage()));
    } catch (StackOverflowError e) {
      // the engine composes by recursion and has no limit of its own
      problems.add(Place.top(file), "not YAML that anyone wrote: it is nested too deeply");
    }
    return documents;
  }

  /** The engine quotes what it stumbles over. */
  private static String printable(String text) {
    return text.replaceAll("\\p{Cc}", "?");
  }

  private Optional<Node> node(org.snakeyaml.engine.v2.nodes.Node from) {
    Place place = place(from.getStartMark());
    if (from.getAnchor().isPresent()) {
      problems.add(
          place,
          "the anchor &%s: anchors and aliases are not supported; write the value out"
              .formatted(from.getAnchor().get().getValue()));
      return Optional.empty();
    }
    return switch (from) {
      case ScalarNode scalar -> scalar(scalar, place).map(each -> each);
      case SequenceNode list -> {
        List<Node> items = new ArrayList<>();
        list.getValue().forEach(each -> node(each).ifPresent(items::add));
        yield Optional.of(new Node.Sequence(place, List.copyOf(items)));
      }
      case MappingNode mapping -> {
        List<Node.Entry> entries = new ArrayList<>();
        mapping.getValue().forEach(each -> entry(each).ifPresent(entries::add));
        yield Optional.of(new Node.Mapping(place, List.copyOf(entries)));
      }
      default -> throw new IllegalStateException("the engine made a " + from.getNodeType());
    };
  }

  private Optional<Node.Entry> entry(NodeTuple tuple) {
    Optional<Node> key = node(tuple.getKeyNode());
    Optional<Node> value = node(tuple.getValueNode());
    if (key.isEmpty() || value.isEmpty()) {
      return Optional.empty();
    }
    if (key.get() instanceof Node.Scalar scalar) {
      return Optional.of(new Node.Entry(scalar, value.get()));
    }
    problems.add(key.get().place(), key.get().words() + " cannot be a key; write a name");
    return Optional.empty();
  }

  private Optional<Node.Scalar> scalar(ScalarNode from, Place place) {
    Tag tag = from.getTag();
    Node.Type type;
    if (tag.equals(Tag.STR)) {
      type = Node.Type.TEXT;
    } else if (tag.equals(Tag.INT)) {
      type = Node.Type.WHOLE;
    } else if (tag.equals(Tag.FLOAT)) {
      type = Node.Type.DECIMAL;
    } else if (tag.equals(Tag.BOOL)) {
      type = Node.Type.BOOL;
    } else if (tag.equals(Tag.NULL)) {
      type = Node.Type.NOTHING;
    } else {
      problems.add(place, "the tag " + tag.getValue() + " is not supported; write a plain value");
      return Optional.empty();
    }
    return Optional.of(new Node.Scalar(place, from.getValue(), type));
  }

  private Place place(Optional<Mark> mark) {
    return mark.map(each -> new Place(file, each.getLine() + 1, each.getColumn() + 1))
        .orElseGet(() -> Place.top(file));
  }

  private Place at(String text, int position) {
    String before = text.substring(0, Math.min(Math.max(position, 0), text.length()));
    int line = (int) before.chars().filter(each -> each == '\n').count() + 1;
    return new Place(file, line, before.length() - before.lastIndexOf('\n'));
  }
}
