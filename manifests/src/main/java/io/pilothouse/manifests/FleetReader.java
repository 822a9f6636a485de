package io.pilothouse.manifests;

import com.google.protobuf.ByteString;
import io.pilothouse.api.v1.WatchdogSpec;
import io.pilothouse.manifests.offers.RoleNames;
import io.pilothouse.manifests.pattern.Near;
import io.pilothouse.manifests.table.Reading;
import io.pilothouse.manifests.table.Shapes;
import io.pilothouse.manifests.text.Node;
import io.pilothouse.manifests.text.Place;
import io.pilothouse.manifests.text.Problems;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Reads documents and scripts of a fleet directory into its parts. */
final class FleetReader {
  private static final List<String> KINDS = FleetTables.ALL.stream().map(Kind::name).toList();

  private static final String SHIPPED =
      "does not belong into the fleet directory; run: pilot manifest add DIR";

  /** Kinds of documents that have their places, but not here. */
  private static final Map<String, String> ELSEWHERE =
      Map.of(
          "Manifest", SHIPPED,
          "WatchdogSet", SHIPPED,
          "Agent", SHIPPED);

  private final Path dir;
  private final Problems problems;
  private final FleetParts parts = new FleetParts();

  FleetReader(Path dir, Problems problems) {
    this.dir = dir;
    this.problems = problems;
  }

  FleetParts parts() {
    return parts;
  }

  /** Reads one document of a YAML file. */
  void document(Node node) {
    if (node instanceof Node.Scalar scalar && scalar.type() == Node.Type.NOTHING) {
      return;
    }
    if (!(node instanceof Node.Mapping mapping)) {
      problems.add(node.place(), node.words() + " is not a document; begin with kind: and name:");
      return;
    }
    Optional<Node> kind = mapping.get(Kind.KEY);
    if (kind.isEmpty()) {
      problems.add(
          mapping.place(), "\"kind\" is missing; write one of " + String.join(", ", KINDS));
      return;
    }
    String name = kind.get() instanceof Node.Scalar scalar ? scalar.text() : "";
    String elsewhere = ELSEWHERE.get(name);
    if (elsewhere != null) {
      problems.add(kind.get().place(), "kind " + name + " " + elsewhere);
      return;
    }
    if (!KINDS.contains(name)) {
      problems.add(
          kind.get().place(),
          "kind: %s is not one of %s%s"
              .formatted(kind.get().words(), String.join(", ", KINDS), Near.hint(name, KINDS)));
      return;
    }
    read(name, mapping);
  }

  private void read(String kind, Node.Mapping mapping) {
    named(kind, mapping);
    Reading reading = new Reading("", problems, parts.references);
    Place place = mapping.place();
    switch (kind) {
      case "Cluster" -> parts.clusters.add(at(place, FleetTables.CLUSTER.read(mapping, reading)));
      case "MachineType" ->
          parts.types.add(at(place, FleetTables.MACHINE_TYPE.read(mapping, reading)));
      case "ScaleUnit" -> parts.units.add(at(place, UnitTable.SCALE_UNIT.read(mapping, reading)));
      case "RepairPolicy" ->
          parts.repairPolicies.add(at(place, FleetTables.REPAIR_POLICY.read(mapping, reading)));
      case "RolloutPolicy" ->
          parts.rolloutPolicies.add(
              at(place, RolloutPolicyTable.ROLLOUT_POLICY.read(mapping, reading)));
      case "Watchdog" -> watchdog(mapping, WatchdogTable.WATCHDOG.read(mapping, reading));
      case "Access" -> parts.access.add(at(place, AccessTable.ACCESS.read(mapping, reading)));
      case "Role" -> parts.roles.add(at(place, RoleTable.ROLE.read(mapping, reading)));
      case "Image" -> parts.images.add(at(place, FleetTables.IMAGE.read(mapping, reading)));
      default -> throw new IllegalStateException("no reader for kind " + kind);
    }
  }

  private static <T> FleetParts.At<T> at(Place place, T value) {
    return new FleetParts.At<>(place, value);
  }

  private void named(String kind, Node.Mapping mapping) {
    if (mapping.get("name").orElse(null) instanceof Node.Scalar name && isName(kind, name.text())) {
      named(kind, name.text(), name.place());
    }
  }

  private static boolean isName(String kind, String name) {
    return kind.equals(RoleTable.ROLE.name())
        ? RoleNames.problem(name).isEmpty()
        : name.matches(Shapes.NAME);
  }

  private boolean named(String kind, String name, Place place) {
    Place first = parts.names(kind).putIfAbsent(name, place);
    if (first == null) {
      return true;
    }
    problems.add(place, "%s \"%s\" is there already, at %s".formatted(kind, name, first));
    return false;
  }

  private void watchdog(Node.Mapping mapping, WatchdogDraft draft) {
    Shapes.Placed<String> script = draft.script;
    Shapes.Placed<WatchdogSpec.Runner> run = draft.run;
    parts.watchdogs.add(at(mapping.place(), draft));
    new WatchdogChecks(problems).document(draft);
    if (script == null) {
      withoutScript(mapping, draft);
      return;
    }
    if (run != null && run.value() != WatchdogSpec.Runner.SCRIPT) {
      problems.add(
          run.place(), "run: a watchdog with a script cannot be built in, remote or external");
    }
    if (draft.builtin != null) {
      problems.add(draft.builtin.place(), "builtin: a watchdog with a script is not built in");
    }
    draft.spec.setRunner(WatchdogSpec.Runner.SCRIPT);
    Path beside = Path.of(script.place().file()).resolveSibling(script.value()).normalize();
    if (beside.isAbsolute() || beside.startsWith("..")) {
      problems.add(script.place(), "script: it must be inside the fleet directory");
      return;
    }
    parts.named.add(beside.toString());
    Script.read(dir.resolve(beside), script.place(), "script: " + beside, problems)
        .ifPresent(bytes -> draft.spec.setScript(ByteString.copyFrom(bytes)));
  }

  private void withoutScript(Node.Mapping mapping, WatchdogDraft draft) {
    Shapes.Placed<WatchdogSpec.Runner> run = draft.run;
    if (run == null || run.value() == WatchdogSpec.Runner.SCRIPT) {
      problems.add(
          run == null ? mapping.place() : run.place(),
          "what it runs is missing; write script: FILE, run: builtin, run: remote or run: external");
      return;
    }
    draft.spec.setRunner(run.value());
    if (run.value() == WatchdogSpec.Runner.EXTERNAL) {
      if (draft.spec.getArgsCount() > 0) {
        problems.add(run.place(), "args: an external watchdog takes none");
      }
      return;
    }
    BuiltInCheck.check(mapping, draft, run, problems);
  }

  /** Takes a script that was dropped into {@code watchdogs/}, unless a document names it. */
  void script(String file) {
    parts.scripts.add(file);
  }

  /** Reads the scripts that no document named. */
  void dropIns() {
    for (String file : parts.scripts) {
      if (!parts.named.contains(file)) {
        dropIn(file);
      }
    }
  }

  private void dropIn(String file) {
    WatchdogDraft draft = new WatchdogDraft();
    Optional<Place> header =
        WatchdogScript.read(
            dir.resolve(file), file, draft, problems, new Reading("", problems, parts.references));
    if (header.isEmpty()) {
      return;
    }
    String name = WatchdogScript.name(file);
    if (!name.matches(Shapes.NAME)) {
      problems.add(
          Place.top(file),
          "the file's name without its ending becomes the watchdog's name, and \"%s\" cannot be"
                  .formatted(name)
              + " one; names have 1 to 63 of a-z 0-9 . - and begin with a-z or 0-9");
    } else if (named("Watchdog", name, header.get())) {
      draft.spec.setName(name).setRunner(WatchdogSpec.Runner.SCRIPT);
      parts.watchdogs.add(at(header.get(), draft));
    }
  }
}
