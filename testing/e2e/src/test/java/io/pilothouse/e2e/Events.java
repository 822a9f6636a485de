package io.pilothouse.e2e;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/**
 * What happened, in order, as {@code events} and {@code machine history} tell it.
 *
 * @param items ascending
 */
record Events(List<JsonNode> items) {

  static Events of(JsonNode reply) {
    List<JsonNode> items = new ArrayList<>();
    reply.path("items").forEach(items::add);
    return new Events(items);
  }

  Events where(Predicate<JsonNode> condition) {
    return new Events(items.stream().filter(condition).toList());
  }

  Events after(long revision) {
    return where(each -> each.path("revision").asLong() > revision);
  }

  Events kind(String kind) {
    return where(each -> text(each, "kind").equals(kind));
  }

  Events subject(String subject) {
    return where(each -> text(each, "subject").equals(subject));
  }

  Events machine(String machine) {
    return where(each -> text(each, "machine").equals(machine));
  }

  /** Each as "from → to", for comparing whole stories at once. */
  List<String> steps() {
    return items.stream().map(each -> text(each, "from") + " → " + text(each, "to")).toList();
  }

  /** The first that leads to a state; fails when there is none. */
  JsonNode first(String to) {
    return items.stream()
        .filter(each -> text(each, "to").equals(to))
        .findFirst()
        .orElseThrow(() -> new AssertionError("nothing led to " + to + " in " + this));
  }

  boolean isEmpty() {
    return items.isEmpty();
  }

  static String text(JsonNode event, String key) {
    return event.path(key).asText();
  }

  static Instant at(JsonNode event) {
    return Instant.parse(text(event, "at"));
  }

  @Override
  public String toString() {
    StringBuilder lines = new StringBuilder();
    for (JsonNode each : items) {
      lines.append(
          "%n%6d %s %-12s %s %s: %s → %s %s [%s]"
              .formatted(
                  each.path("revision").asLong(),
                  text(each, "at"),
                  text(each, "kind"),
                  text(each, "subject"),
                  text(each, "machine"),
                  text(each, "from"),
                  text(each, "to"),
                  text(each, "text"),
                  text(each, "principal")));
    }
    return lines.toString();
  }
}
