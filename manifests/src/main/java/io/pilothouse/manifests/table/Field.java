package io.pilothouse.manifests.table;

import io.pilothouse.manifests.text.Node;
import java.util.function.BiConsumer;

/**
 * A key of an object.
 *
 * @param <B> what is being built
 * @param set puts the value into it
 * @param doc what it means, its default, one sentence
 */
public record Field<B, T>(
    String key, Shape<T> shape, BiConsumer<B, T> set, boolean required, String doc) {

  void read(Node node, B builder, Reading reading) {
    shape.read(node, reading.at(key)).ifPresent(value -> set.accept(builder, value));
  }
}
