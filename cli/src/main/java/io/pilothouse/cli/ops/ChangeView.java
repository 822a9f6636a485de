package io.pilothouse.cli.ops;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.pilothouse.api.v1.VersionRef;
import io.pilothouse.cli.Json;
import io.pilothouse.cli.Names;
import io.pilothouse.cli.content.VersionChange;
import io.pilothouse.cli.content.VersionChange.Effect;
import io.pilothouse.cli.content.VersionChange.Known;
import io.pilothouse.cli.content.VersionChange.Unknown;
import java.util.List;

/** How a version differs from what is active, as a sentence and as JSON. */
final class ChangeView {
  private ChangeView() {}

  static void fill(List<VersionChange> changes, ArrayNode items) {
    for (VersionChange change : changes) {
      ObjectNode node = items.addObject().put("from", Names.ref(change.from()));
      switch (change) {
        case Unknown unknown -> node.put("unknown", unknown.why());
        case Known known -> {
          node.put("added", known.count("+"))
              .put("changed", known.count("~"))
              .put("removed", known.count("-"))
              .put("bytes", known.bytes());
          fill(known.effect(), node);
        }
      }
    }
  }

  private static void fill(Effect effect, ObjectNode node) {
    switch (effect) {
      case Effect.None none -> {}
      case Effect.Restart restart -> node.put("configuration_only", false);
      case Effect.Unclear unclear -> node.put("unclear", unclear.why());
      case Effect.Reload reload -> {
        node.put("configuration_only", true);
        Json.strings(node, "reloaded", reload.reloaded());
        Json.strings(node, "restarted", reload.restarted());
      }
    }
  }

  static String sentence(VersionChange change, VersionRef to) {
    boolean first = change.from().getName().isEmpty();
    String which =
        first
            ? "machines without any version"
            : "%s → %s".formatted(Names.ref(change.from()), Names.ref(to));
    return which
        + ": "
        + switch (change) {
          case Unknown unknown -> "how they differ is not known: " + unknown.why();
          case Known known -> sentence(known, first);
        };
  }

  private static String sentence(Known known, boolean first) {
    String files =
        "%s added, %d changed, %d removed"
            .formatted(
                known.count("+") == 1 ? "1 file" : known.count("+") + " files",
                known.count("~"),
                known.count("-"));
    return switch (known.effect()) {
      case Effect.None none -> files;
      case Effect.Restart restart ->
          files + (first ? "; processes are started" : "; processes are restarted");
      case Effect.Unclear unclear ->
          files + "; whether processes are restarted is not known: " + unclear.why();
      case Effect.Reload reload ->
          "configuration only: %s, processes are %s"
              .formatted(
                  reload.files() == 1 ? "1 file differs" : reload.files() + " files differ",
                  outcome(reload));
    };
  }

  private static String outcome(Effect.Reload reload) {
    if (reload.reloaded().isEmpty()) {
      return "restarted: none of them has a reload";
    }
    return reload.restarted().isEmpty()
        ? "reloaded, not restarted"
        : "reloaded, not restarted, but for " + String.join(", ", reload.restarted());
  }
}
