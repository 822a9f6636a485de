package io.pilothouse.manifests;

import io.pilothouse.api.v1.Thing;
import io.pilothouse.manifests.table.Reading;
import io.pilothouse.manifests.text.Node;
import io.pilothouse.manifests.text.Place;
import io.pilothouse.manifests.text.Problems;
import io.pilothouse.manifests.text.YamlReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/** Finds the document that says what a directory with contents is, and reads it. */
final class ContentReader {
  private static final String AGENT_ARGUMENTS = "jvm/agent.args";

  /** A document at the top and what it makes of the directory. */
  private record Document(String file, Thing thing) {}

  private final Path dir;
  private final Problems problems = new Problems();

  ContentReader(Path dir) {
    this.dir = dir;
  }

  LoadResult<ContentSpec> content(Optional<Thing> asked) {
    Optional<ContentSpec> content = document(asked).flatMap(this::read);
    return LoadResult.of(problems, content::orElseThrow);
  }

  private Optional<Document> document(Optional<Thing> asked) {
    List<Document> all = documents();
    List<String> files = all.stream().map(Document::file).toList();
    if (asked.isPresent()) {
      Optional<Document> found =
          all.stream().filter(each -> each.thing() == asked.get()).reduce((a, b) -> b);
      if (found.isEmpty()) {
        problems.add(
            Place.top(ManifestSpec.FILE),
            "%s is not %s: %s"
                .formatted(
                    dir,
                    words(asked.get()),
                    files.isEmpty()
                        ? "write %s with kind: %s at its top"
                            .formatted(file(asked.get()), kind(asked.get()))
                        : "its %s says otherwise".formatted(String.join(", ", files))));
      }
      return found;
    }
    boolean manifest = files.contains(ManifestSpec.FILE);
    if (all.isEmpty()) {
      problems.add(
          Place.top(ManifestSpec.FILE),
          "%s has neither %s nor %s, %s or %s; write one of them at its top"
              .formatted(
                  dir,
                  ManifestSpec.FILE,
                  ContentSpec.IMAGE_FILE,
                  WatchdogSet.FILE,
                  ContentSpec.AGENT_FILE));
      return Optional.empty();
    }
    // other programs have an agent.yaml, too: beside a manifest.yaml it is one of the files
    boolean ambiguous = manifest ? files.contains(ContentSpec.IMAGE_FILE) : all.size() > 1;
    if (ambiguous) {
      problems.add(
          Place.top(files.get(0)),
          "a directory is one thing, but this one has %s; take all but one away, or say --kind"
              .formatted(String.join(" and ", files)));
      return Optional.empty();
    }
    return Optional.of(all.get(0));
  }

  /** Those that are there, {@code manifest.yaml} first. */
  private List<Document> documents() {
    List<Document> all = new ArrayList<>();
    if (Files.exists(dir.resolve(ManifestSpec.FILE))) {
      all.add(new Document(ManifestSpec.FILE, stated()));
    }
    for (Thing thing : List.of(Thing.THING_IMAGE, Thing.THING_WATCHDOG_SET, Thing.THING_AGENT)) {
      if (Files.exists(dir.resolve(file(thing)))) {
        all.add(new Document(file(thing), thing));
      }
    }
    return all;
  }

  /** What the kind in {@code manifest.yaml} says; a manifest when it says nothing that is known. */
  private Thing stated() {
    return kindIn(dir, ManifestSpec.FILE)
        .flatMap(
            kind ->
                Stream.of(Thing.THING_IMAGE, Thing.THING_WATCHDOG_SET, Thing.THING_AGENT)
                    .filter(each -> kind(each).equals(kind))
                    .findFirst())
        .orElse(Thing.THING_MANIFEST);
  }

  /** The kind that a file's first document states, whatever else is wrong with it. */
  static Optional<String> kindIn(Path dir, String file) {
    Problems unheard = new Problems();
    return FleetFiles.text(dir, file, unheard)
        .flatMap(text -> YamlReader.read(file, text, unheard).stream().findFirst())
        .flatMap(each -> each instanceof Node.Mapping top ? top.get(Kind.KEY) : Optional.empty())
        .flatMap(
            each -> each instanceof Node.Scalar kind ? Optional.of(kind.text()) : Optional.empty());
  }

  private Optional<ContentSpec> read(Document document) {
    ManifestReader reader = new ManifestReader(dir, problems);
    return switch (document.thing()) {
      case THING_MANIFEST ->
          reader
              .shipped()
              .map(each -> new ContentSpec(each.name, each.version, Thing.THING_MANIFEST));
      case THING_IMAGE ->
          reader
              .document(document.file(), FleetTables.IMAGE.name())
              .map(each -> FleetTables.IMAGE.read(each, reading()))
              .map(each -> spec(each.getName(), each.getVersion(), document));
      case THING_WATCHDOG_SET ->
          new WatchdogSetReader(dir, document.file(), problems)
              .read()
              .map(each -> spec(each.name(), each.version(), document));
      case THING_AGENT -> {
        distribution(document.file());
        yield reader
            .document(document.file(), ContentTables.AGENT.name())
            .map(each -> ContentTables.AGENT.read(each, reading()))
            .map(each -> spec(each.getName(), each.getVersion(), document));
      }
      case UNRECOGNIZED -> throw new IllegalStateException("never made: " + document);
    };
  }

  /** An agent that could not start would leave its machine silent. */
  private void distribution(String file) {
    if (!Files.isRegularFile(dir.resolve(AGENT_ARGUMENTS))) {
      problems.add(
          Place.top(file),
          "there is no %s beside it; put the lib/ and jvm/ of a Pilothouse distribution here"
              .formatted(AGENT_ARGUMENTS));
    }
    try (Stream<Path> jars = Files.list(dir.resolve("lib"))) {
      if (jars.noneMatch(each -> each.toString().endsWith(".jar"))) {
        problems.add(Place.top(file), "lib/ beside it has no .jar; put the distribution's there");
      }
    } catch (IOException e) {
      problems.add(
          Place.top(file), "there is no lib/ beside it; put the distribution's jars there");
    }
  }

  private static ContentSpec spec(String name, String version, Document document) {
    return new ContentSpec(name, version, document.thing());
  }

  private Reading reading() {
    return new Reading("", problems, new ArrayList<>());
  }

  private static String file(Thing thing) {
    return switch (thing) {
      case THING_MANIFEST -> ManifestSpec.FILE;
      case THING_IMAGE -> ContentSpec.IMAGE_FILE;
      case THING_WATCHDOG_SET -> WatchdogSet.FILE;
      case THING_AGENT -> ContentSpec.AGENT_FILE;
      case UNRECOGNIZED -> throw new IllegalArgumentException("not a thing: " + thing);
    };
  }

  private static String kind(Thing thing) {
    return switch (thing) {
      case THING_MANIFEST -> ManifestTables.MANIFEST.name();
      case THING_IMAGE -> FleetTables.IMAGE.name();
      case THING_WATCHDOG_SET -> ContentTables.WATCHDOG_SET.name();
      case THING_AGENT -> ContentTables.AGENT.name();
      case UNRECOGNIZED -> throw new IllegalArgumentException("not a thing: " + thing);
    };
  }

  private static String words(Thing thing) {
    String kind = kind(thing).replaceAll("(?<=[a-z])(?=[A-Z])", " ").toLowerCase(Locale.ROOT);
    return (kind.matches("[aeiou].*") ? "an " : "a ") + kind;
  }
}
