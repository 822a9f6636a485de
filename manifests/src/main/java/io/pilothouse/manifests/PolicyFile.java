package io.pilothouse.manifests;

import io.pilothouse.api.v1.RepairPolicy;
import io.pilothouse.manifests.table.Reading;
import io.pilothouse.manifests.text.Node;
import io.pilothouse.manifests.text.Place;
import io.pilothouse.manifests.text.Problems;
import io.pilothouse.manifests.text.YamlReader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A file with one RepairPolicy, which need not be in a fleet directory. */
public final class PolicyFile {
  private PolicyFile() {}

  /** Reads and checks it; documents of other kinds in it are passed over. */
  public static LoadResult<RepairPolicy> load(Path path) {
    Problems problems = new Problems();
    String file = path.toString();
    // resolving an absolute path gives that path
    Optional<String> text = FleetFiles.text(Path.of(""), file, problems);
    List<RepairPolicyDraft> drafts = new ArrayList<>();
    for (Node document : text.map(t -> YamlReader.read(file, t, problems)).orElse(List.of())) {
      if (document instanceof Node.Mapping mapping && isPolicy(mapping)) {
        RepairPolicyDraft draft =
            FleetTables.REPAIR_POLICY.read(mapping, new Reading("", problems, new ArrayList<>()));
        FleetChecks.times(mapping.place(), draft.policy, problems);
        if (problems.isEmpty()) {
          draft.analyse(mapping.place(), problems);
        }
        drafts.add(draft);
      }
    }
    if (problems.isEmpty() && drafts.size() != 1) {
      problems.add(
          Place.top(file),
          "there are %s documents of kind RepairPolicy; one is expected".formatted(drafts.size()));
    }
    return LoadResult.of(problems, () -> drafts.get(0).policy.build());
  }

  private static boolean isPolicy(Node.Mapping document) {
    return document.get(Kind.KEY).orElse(null) instanceof Node.Scalar kind
        && kind.text().equals(FleetTables.REPAIR_POLICY.name());
  }
}
