package io.pilothouse.agent;

import io.pilothouse.api.v1.VersionRef;
import io.pilothouse.api.v1.WantedState;
import io.pilothouse.filesync.ContentIndex;
import io.pilothouse.filesync.client.Fetcher;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Keeps the wanted versions on the disk, and no others but the active one. */
final class Staged {
  private static final Logger log = LoggerFactory.getLogger(Staged.class);

  private final Disk disk;
  private final Wanted wanted;
  private final Fetcher fetcher;
  private final Runnable changed;
  private volatile List<VersionRef> versions = List.of();

  /**
   * @param changed called when a version was added or removed
   */
  Staged(Disk disk, Wanted wanted, Fetcher fetcher, Runnable changed) throws IOException {
    this.disk = disk;
    this.wanted = wanted;
    this.fetcher = fetcher;
    this.changed = changed;
    refresh();
  }

  /** Versions that are there in full; sorted by name, version. */
  List<VersionRef> versions() {
    return versions;
  }

  /** The version with its digest, if it is there in full. */
  Optional<VersionRef> find(String name, String version) {
    return versions.stream()
        .filter(each -> each.getName().equals(name) && each.getVersion().equals(version))
        .findFirst();
  }

  /** One round: fetches what is missing, removes what is not wanted. */
  void round() throws IOException, InterruptedException {
    WantedState now = wanted.get();
    if (!now.getInService()) {
      return;
    }
    IOException failure = null;
    for (VersionRef ref : now.getStagedList()) {
      if (!versions.contains(ref)) {
        try {
          fetch(ref, now.getDeploymentsList());
        } catch (IOException e) {
          failure = e; // the others may be had
        }
      }
    }
    removeUnwanted(now);
    if (failure != null) {
      throw failure;
    }
  }

  private void fetch(VersionRef ref, List<String> sources)
      throws IOException, InterruptedException {
    Path target = disk.version(ref);
    Files.createDirectories(target.getParent());
    fetcher.fetch(ref.getDigest(), target, sources);
    refresh();
    log.info("staged {}@{}", ref.getName(), ref.getVersion());
    changed.run();
  }

  private void removeUnwanted(WantedState now) throws IOException {
    Optional<VersionRef> active = disk.activeVersion();
    for (VersionRef ref : versions) {
      boolean isActive =
          active
              .filter(each -> each.getName().equals(ref.getName()))
              .filter(each -> each.getVersion().equals(ref.getVersion()))
              .isPresent();
      if (!now.getStagedList().contains(ref) && !isActive) {
        Fetcher.remove(disk.version(ref));
        log.info("removed {}@{}: no longer wanted", ref.getName(), ref.getVersion());
        refresh();
        changed.run();
      }
    }
  }

  /** Reads from disk what is published. */
  void refresh() throws IOException {
    List<VersionRef> found = new ArrayList<>();
    for (Path name : directories(disk.manifests())) {
      for (Path version : directories(name)) {
        Optional<ContentIndex> index = Fetcher.published(version);
        if (index.isPresent()) {
          found.add(
              VersionRef.newBuilder()
                  .setName(name.getFileName().toString())
                  .setVersion(version.getFileName().toString())
                  .setDigest(index.get().digest())
                  .build());
        }
      }
    }
    found.sort(Comparator.comparing(VersionRef::getName).thenComparing(VersionRef::getVersion));
    versions = List.copyOf(found);
  }

  private static List<Path> directories(Path dir) throws IOException {
    if (!Files.isDirectory(dir)) {
      return List.of();
    }
    try (Stream<Path> list = Files.list(dir)) {
      return list.filter(Files::isDirectory)
          .filter(each -> !each.getFileName().toString().startsWith("."))
          .sorted()
          .toList();
    }
  }
}
