package io.pilothouse.manifests.access;

import io.pilothouse.api.v1.OrderKind;
import java.util.Locale;
import java.util.SortedMap;
import java.util.TreeMap;

/** Kinds of orders by the words that people write. */
public final class OrderKinds {
  private static final String PREFIX = "ORDER_";

  private OrderKinds() {}

  /** All kinds by word. */
  public static SortedMap<String, OrderKind> byWord() {
    SortedMap<String, OrderKind> words = new TreeMap<>();
    for (OrderKind kind : OrderKind.values()) {
      if (kind != OrderKind.ORDER_KIND_UNSPECIFIED && kind != OrderKind.UNRECOGNIZED) {
        words.put(word(kind), kind);
      }
    }
    return words;
  }

  /** As people write it: {@code rollout}. */
  public static String word(OrderKind kind) {
    return kind.name().startsWith(PREFIX)
        ? kind.name().substring(PREFIX.length()).toLowerCase(Locale.ROOT)
        : "unknown";
  }
}
