package io.pilothouse.manifests;

import io.pilothouse.api.v1.WatchdogSpec;
import io.pilothouse.api.v1.WatchdogSpec.Runner;
import io.pilothouse.manifests.pattern.Near;
import io.pilothouse.manifests.table.ObjectTable;
import io.pilothouse.manifests.table.Shapes.Placed;
import io.pilothouse.manifests.text.Node;
import io.pilothouse.manifests.text.Place;
import io.pilothouse.manifests.text.Problems;
import java.util.List;
import java.util.Optional;

/** Whether a watchdog without a script names one that there is, with arguments that it knows. */
final class BuiltInCheck {
  private BuiltInCheck() {}

  static void check(
      Node.Mapping mapping, WatchdogDraft draft, Placed<Runner> run, Problems problems) {
    String name = BuiltInWatchdogs.chosen(draft.spec.build());
    if (name.isEmpty()) {
      return; // that the name is missing was said
    }
    String key = draft.builtin == null ? "name" : "builtin";
    Place place = mapping.get(key).map(Node::place).orElse(mapping.place());
    Optional<BuiltInWatchdog> found = BuiltInWatchdogs.find(name);
    if (found.isEmpty()) {
      problems.add(place, key + ": " + noSuch(name, run.value()));
    } else if (found.get().runner() != run.value()) {
      problems.add(
          run.place(),
          "run: the watchdog %s is %s; write run: %s"
              .formatted(name, words(found.get().runner()), word(found.get().runner())));
    } else {
      args(draft, found.get(), problems);
    }
    ofScripts(draft.spec, run.place(), problems);
  }

  private static String noSuch(String name, Runner runner) {
    List<String> known = BuiltInWatchdogs.names(runner);
    return "there is no %s watchdog \"%s\"; use %s%s"
        .formatted(
            runner == Runner.REMOTE ? "remote" : "built-in",
            name,
            ObjectTable.words(known),
            Near.hint(name, known));
  }

  private static String words(Runner runner) {
    return runner == Runner.REMOTE
        ? "one that looks from outside"
        : "one that is built into the agent";
  }

  private static String word(Runner runner) {
    return runner == Runner.REMOTE ? "remote" : "builtin";
  }

  private static void args(WatchdogDraft draft, BuiltInWatchdog watchdog, Problems problems) {
    Placed<List<String>> args = draft.args;
    if (args != null) {
      BuiltInArgs.problems(watchdog, args.value())
          .forEach(each -> problems.add(args.place(), "args: " + each));
    }
  }

  private static void ofScripts(WatchdogSpec.Builder spec, Place place, Problems problems) {
    if (spec.getProtocol() != WatchdogSpec.Protocol.PROTOCOL_UNSPECIFIED) {
      problems.add(place, "protocol: only a script has one");
    }
    if (!spec.getUser().isEmpty()) {
      problems.add(place, "user: only a script runs as another user");
    }
  }
}
