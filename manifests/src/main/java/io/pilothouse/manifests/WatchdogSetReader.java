package io.pilothouse.manifests;

import com.google.protobuf.ByteString;
import io.pilothouse.api.v1.VersionRef;
import io.pilothouse.api.v1.WatchdogSpec;
import io.pilothouse.manifests.table.Reading;
import io.pilothouse.manifests.table.Shapes;
import io.pilothouse.manifests.table.Shapes.Placed;
import io.pilothouse.manifests.text.Node;
import io.pilothouse.manifests.text.Place;
import io.pilothouse.manifests.text.Problems;
import io.pilothouse.manifests.text.YamlReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Reads a directory of health scripts. At its top every file is a script with a header, a YAML file
 * or a text about it (.md); what lies deeper is theirs to use.
 */
final class WatchdogSetReader {
  private final Path dir;
  private final String file;
  private final Problems problems;

  private final SortedMap<String, Placed<WatchdogSpec>> watchdogs = new TreeMap<>();
  private final Set<String> named = new HashSet<>();
  private VersionRef.@Nullable Builder set;

  WatchdogSetReader(Path dir, String file, Problems problems) {
    this.dir = dir;
    this.file = file;
    this.problems = problems;
  }

  /** The set, or empty when there is none to speak of; it counts only without problems. */
  Optional<WatchdogSet> read() {
    List<String> scripts = new ArrayList<>();
    try {
      for (String each : FleetFiles.list(dir)) {
        if (each.indexOf('/') >= 0) {
          continue;
        }
        if (FleetFiles.isYaml(each)) {
          documents(each);
        } else if (!each.endsWith(".md")) {
          scripts.add(each);
        }
      }
    } catch (IOException e) {
      problems.add(Place.top("."), "cannot list the files: " + FleetFiles.why(e));
    }
    scripts.stream().filter(each -> !named.contains(each)).forEach(this::dropIn);
    VersionRef.Builder ref = set;
    if (ref == null) {
      problems.add(
          Place.top(file), "it must begin with kind: WatchdogSet, name: and version: of the set");
      return Optional.empty();
    }
    if (watchdogs.isEmpty()) {
      problems.add(
          Place.top(file),
          "there is no watchdog; put a script beside it with a line such as"
              + " \"# pilot: every=60s timeout=10s\"");
    }
    return Optional.of(
        new WatchdogSet(
            ref.getName(),
            ref.getVersion(),
            watchdogs.values().stream().map(Placed::value).toList()));
  }

  private void documents(String yaml) {
    Optional<String> text = FleetFiles.text(dir, yaml, problems);
    for (Node node :
        text.isEmpty() ? List.<Node>of() : YamlReader.read(yaml, text.get(), problems)) {
      if (node instanceof Node.Mapping mapping) {
        document(yaml, mapping);
      } else if (!(node instanceof Node.Scalar scalar && scalar.type() == Node.Type.NOTHING)) {
        problems.add(node.place(), node.words() + " is not a document; begin with kind: and name:");
      }
    }
  }

  private void document(String yaml, Node.Mapping mapping) {
    Node kind = mapping.get(Kind.KEY).orElse(null);
    String called = kind instanceof Node.Scalar scalar ? scalar.text() : "";
    if (called.equals(ContentTables.WATCHDOG_SET.name()) && yaml.equals(file)) {
      if (set != null) {
        problems.add(mapping.place(), "the set is there twice; a directory is one");
      }
      set = ContentTables.WATCHDOG_SET.read(mapping, reading());
    } else if (called.equals(WatchdogTable.WATCHDOG.name())) {
      watchdog(mapping, WatchdogTable.WATCHDOG.read(mapping, reading()));
    } else {
      problems.add(
          kind == null ? mapping.place() : kind.place(),
          "kind: %s does not belong into a set of watchdogs; write Watchdog, and in %s one WatchdogSet"
              .formatted(called.isEmpty() ? "(none)" : Node.quote(called), file));
    }
  }

  private void watchdog(Node.Mapping mapping, WatchdogDraft draft) {
    new WatchdogChecks(problems).document(draft);
    Placed<String> script = draft.script;
    Placed<WatchdogSpec.Runner> run = draft.run;
    boolean other = run != null && run.value() != WatchdogSpec.Runner.SCRIPT;
    if (script == null || other || draft.builtin != null) {
      problems.add(
          mapping.place(),
          "a set is made of scripts; write script: FILE, and list other watchdogs in the fleet's"
              + " files");
      return;
    }
    Path path = Path.of(script.value()).normalize();
    if (path.isAbsolute() || path.startsWith("..")) {
      problems.add(script.place(), "script: it must be inside the set's directory");
      return;
    }
    named.add(path.toString());
    Script.read(dir.resolve(path), script.place(), "script: " + path, problems)
        .ifPresent(bytes -> draft.spec.setScript(ByteString.copyFrom(bytes)));
    add(mapping.place(), draft);
  }

  private void dropIn(String script) {
    WatchdogDraft draft = new WatchdogDraft();
    Optional<Place> header =
        WatchdogScript.read(dir.resolve(script), script, draft, problems, reading());
    if (header.isEmpty()) {
      return;
    }
    String name = WatchdogScript.name(script);
    if (!name.matches(Shapes.NAME)) {
      problems.add(
          Place.top(script),
          "the file's name without its ending becomes the watchdog's name, and \"%s\" cannot be"
                  .formatted(name)
              + " one; names have 1 to 63 of a-z 0-9 . - and begin with a-z or 0-9");
      return;
    }
    draft.spec.setName(name);
    add(header.get(), draft);
  }

  private void add(Place place, WatchdogDraft draft) {
    WatchdogSpec.Builder spec = draft.spec.setRunner(WatchdogSpec.Runner.SCRIPT);
    if (spec.getTypesCount() > 0) {
      problems.add(place, "types: a set runs where it is rolled out; take the key away");
    }
    if (draft.validForMs() < spec.getEveryMs()) {
      problems.add(
          place, "valid-for: it is shorter than every, so it would be silent all the time");
    }
    Placed<WatchdogSpec> before =
        watchdogs.putIfAbsent(spec.getName(), new Placed<>(place, spec.build()));
    if (before != null) {
      problems.add(
          place,
          "Watchdog \"%s\" is there already, at %s".formatted(spec.getName(), before.place()));
    }
  }

  private Reading reading() {
    return new Reading("", problems, new ArrayList<>());
  }
}
