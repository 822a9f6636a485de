package io.pilothouse.manifests;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.pilothouse.manifests.table.ObjectTable;
import io.pilothouse.manifests.table.Reading;
import io.pilothouse.manifests.text.Node;
import java.util.List;
import java.util.function.Supplier;

/**
 * A kind of document.
 *
 * @param <B> what a document of it is read into
 * @param doc one sentence
 */
record Kind<B>(String name, String doc, Supplier<B> fresh, ObjectTable<B> table) {

  /** The key that every document begins with. */
  static final String KEY = "kind";

  B read(Node.Mapping document, Reading reading) {
    B builder = fresh.get();
    table.read(document, builder, reading, List.of(KEY));
    return builder;
  }

  /** JSON Schema of a document. */
  ObjectNode schema() {
    ObjectNode schema = table.schema();
    ObjectNode properties = (ObjectNode) schema.get("properties");
    properties.putObject(KEY).put("const", name).put("description", doc);
    schema.withArray("required").add(KEY);
    return schema;
  }
}
