package io.pilothouse.manifests.table;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.pilothouse.manifests.text.Node;
import java.util.Optional;

/** What a value must look like. */
public interface Shape<T> {

  /** The value, or empty after the problem was added to {@code reading}. */
  Optional<T> read(Node node, Reading reading);

  /** The same rule as JSON Schema draft-07. */
  ObjectNode schema();

  /** A value that is right, as YAML on one line. */
  String example();
}
