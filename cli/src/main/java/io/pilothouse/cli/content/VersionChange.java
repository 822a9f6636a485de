package io.pilothouse.cli.content;

import io.pilothouse.api.v1.VersionRef;
import io.pilothouse.cli.Names;
import io.pilothouse.cli.content.Differences.Difference;
import io.pilothouse.filesync.ContentIndex;
import io.pilothouse.manifests.ManifestSpec;
import io.pilothouse.manifests.ProcessSpec;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/** What a version brings to machines that have another one, or none. */
public sealed interface VersionChange {

  /** The one that they have; without a name it is none. */
  VersionRef from();

  /** Its files were compared. */
  record Known(VersionRef from, List<Difference> differences, Effect effect)
      implements VersionChange {
    public Known {
      differences = List.copyOf(differences);
    }

    /** How many paths were added ({@code +}), removed ({@code -}) or changed ({@code ~}). */
    public long count(String sign) {
      return differences.stream().filter(each -> each.sign().equals(sign)).count();
    }

    /** Bytes in files that were added or changed. */
    public long bytes() {
      return differences.stream().mapToLong(Difference::sizeAfter).sum();
    }
  }

  /** Files could not be compared. */
  record Unknown(VersionRef from, String why) implements VersionChange {}

  /** What becomes of processes. */
  sealed interface Effect {
    /** It is of something that runs none of its own. */
    record None() implements Effect {}

    /** All of them are started, or started anew. */
    record Restart() implements Effect {}

    /**
     * Only configuration differs.
     *
     * @param files that differ, beside the manifest itself
     * @param reloaded names of processes that run on
     * @param restarted names of those that have no way to take it in
     */
    record Reload(int files, List<String> reloaded, List<String> restarted) implements Effect {
      public Reload {
        reloaded = List.copyOf(reloaded);
        restarted = List.copyOf(restarted);
      }
    }

    /** The manifests could not be read. */
    record Unclear(String why) implements Effect {}
  }

  /** What becomes of each of the versions that machines have. */
  static List<VersionChange> of(Collection<VersionRef> from, VersionRef to, Replicas replicas)
      throws InterruptedException {
    Optional<ContentIndex> fresh = replicas.index(to);
    List<VersionChange> changes = new ArrayList<>();
    for (VersionRef each : from) {
      boolean none = each.getName().isEmpty();
      Optional<ContentIndex> old =
          none ? Optional.of(new ContentIndex(List.of())) : replicas.index(each);
      if (old.isEmpty() || fresh.isEmpty()) {
        changes.add(
            new Unknown(
                each,
                "no deployment replica that is up has the contents of "
                    + Names.ref(fresh.isEmpty() ? to : each)));
      } else {
        List<Difference> differences = Differences.of(old.get(), fresh.get());
        changes.add(
            new Known(each, differences, effect(old.get(), fresh.get(), differences, replicas)));
      }
    }
    return changes;
  }

  private static Effect effect(
      ContentIndex old, ContentIndex fresh, List<Difference> differences, Replicas replicas)
      throws InterruptedException {
    if (!ManifestText.isIn(fresh)) {
      return new Effect.None();
    }
    if (!ManifestText.isIn(old)) {
      return new Effect.Restart();
    }
    try {
      ManifestSpec before = ManifestText.read(old, replicas::file);
      ManifestSpec after = ManifestText.read(fresh, replicas::file);
      List<String> paths = differences.stream().map(Difference::path).toList();
      return after.hasProcessesOf(before) && paths.stream().allMatch(after::mayDiffer)
          ? reload(before, after, paths)
          : new Effect.Restart();
    } catch (IOException e) {
      return new Effect.Unclear(String.valueOf(e.getMessage()));
    }
  }

  private static Effect reload(ManifestSpec before, ManifestSpec after, List<String> paths) {
    Map<String, ProcessSpec> next =
        after.processes().stream()
            .collect(Collectors.toMap(ProcessSpec::name, Function.identity()));
    Map<Boolean, List<String>> names =
        before.processes().stream()
            .collect(
                Collectors.partitioningBy(
                    each -> each.canReloadTo(next.get(each.name())),
                    Collectors.mapping(ProcessSpec::name, Collectors.toList())));
    int files = (int) paths.stream().filter(each -> !each.equals(ManifestSpec.FILE)).count();
    return new Effect.Reload(files, names.get(true), names.get(false));
  }
}
