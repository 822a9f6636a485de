package io.pilothouse.manifests;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** JSON Schema (draft-07, what editors' YAML servers read) of each kind of document. */
public final class Schemas {
  /** The schema for files that hold several kinds. */
  public static final String ANY = "Fleet";

  private static final String DRAFT = "http://json-schema.org/draft-07/schema#";

  private Schemas() {}

  /** Names of the kinds, {@link #ANY} last. */
  public static List<String> kinds() {
    List<String> names = new ArrayList<>(all().stream().map(Kind::name).toList());
    names.add(ANY);
    return List.copyOf(names);
  }

  /** The schema of a kind, or empty when there is no such kind. */
  public static Optional<ObjectNode> of(String kind) {
    if (kind.equals(ANY)) {
      return Optional.of(any());
    }
    return all().stream()
        .filter(each -> each.name().equals(kind))
        .findFirst()
        .map(each -> head(each.name(), each.doc()).setAll(each.schema()));
  }

  private static List<Kind<?>> all() {
    List<Kind<?>> all = new ArrayList<>(FleetTables.ALL);
    all.add(ManifestTables.MANIFEST);
    all.add(ContentTables.WATCHDOG_SET);
    all.add(ContentTables.AGENT);
    return all;
  }

  private static ObjectNode head(String title, String doc) {
    return JsonNodeFactory.instance
        .objectNode()
        .put("$schema", DRAFT)
        .put("title", title)
        .put("description", doc);
  }

  /** Chooses by the kind, so that an editor's complaint is about the fields of that kind. */
  private static ObjectNode any() {
    ObjectNode schema = head(ANY, "A document of a fleet directory.").put("type", "object");
    schema.putArray("required").add(Kind.KEY).add("name");
    ArrayNode names = schema.putObject("properties").putObject(Kind.KEY).putArray("enum");
    ArrayNode choices = schema.putArray("allOf");
    for (Kind<?> kind : FleetTables.ALL) {
      names.add(kind.name());
      ObjectNode choice = choices.addObject();
      choice.putObject("if").putObject("properties").putObject(Kind.KEY).put("const", kind.name());
      choice.set("then", kind.schema());
    }
    return schema;
  }
}
