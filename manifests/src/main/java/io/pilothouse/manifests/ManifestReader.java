package io.pilothouse.manifests;

import io.pilothouse.manifests.table.Reading;
import io.pilothouse.manifests.table.Shapes.Placed;
import io.pilothouse.manifests.text.Node;
import io.pilothouse.manifests.text.Place;
import io.pilothouse.manifests.text.Problems;
import io.pilothouse.manifests.text.YamlReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Reads the one document that says what a directory with contents is. */
final class ManifestReader {
  private final Path dir;
  private final Problems problems;

  ManifestReader(Path dir, Problems problems) {
    this.dir = dir;
    this.problems = problems;
  }

  LoadResult<ManifestSpec> manifest() {
    Optional<ManifestDraft> draft = draft(true);
    return LoadResult.of(problems, () -> draft.orElseThrow().build());
  }

  /** Those whose variables its processes have. */
  List<String> envFiles() {
    return draft(false).stream()
        .flatMap(each -> each.processes.stream())
        .flatMap(each -> each.value().envFiles.stream())
        .map(Placed::value)
        .distinct()
        .toList();
  }

  /**
   * As engineers ship it: its programs must be there. On a machine that is the digest's business.
   */
  Optional<ManifestDraft> shipped() {
    Optional<ManifestDraft> draft = draft(true);
    draft.ifPresent(each -> new ShippedPrograms(dir, problems).check(each.processes));
    return draft;
  }

  private Optional<ManifestDraft> draft(boolean withFiles) {
    Optional<ManifestDraft> draft =
        document(ManifestSpec.FILE, ManifestTables.MANIFEST.name())
            .map(each -> ManifestTables.MANIFEST.read(each, reading()));
    draft.ifPresent(new ManifestCheck(dir, withFiles, problems)::check);
    return draft;
  }

  private Reading reading() {
    return new Reading("", problems, new ArrayList<>());
  }

  Optional<Node.Mapping> document(String file, String kind) {
    if (!Files.isRegularFile(dir.resolve(file))) {
      problems.add(Place.top(file), "there is no file " + dir.resolve(file));
      return Optional.empty();
    }
    Optional<String> text = FleetFiles.text(dir, file, problems);
    if (text.isEmpty()) {
      return Optional.empty();
    }
    List<Node> documents = YamlReader.read(file, text.get(), problems);
    if (documents.size() != 1 || !(documents.get(0) instanceof Node.Mapping mapping)) {
      if (problems.isEmpty()) {
        problems.add(Place.top(file), "it must hold one document, that begins with kind: " + kind);
      }
      return Optional.empty();
    }
    Optional<Node> stated = mapping.get(Kind.KEY);
    if (stated.isEmpty()) {
      problems.add(mapping.place(), "\"kind\" is missing; write kind: " + kind);
    } else if (!(stated.get() instanceof Node.Scalar scalar && scalar.text().equals(kind))) {
      problems.add(
          stated.get().place(), "kind: %s is not %s".formatted(stated.get().words(), kind));
      return Optional.empty();
    }
    return Optional.of(mapping);
  }
}
