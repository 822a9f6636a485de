package io.pilothouse.agent;

import io.pilothouse.api.v1.VersionRef;
import io.pilothouse.api.v1.WantedState;
import io.pilothouse.filesync.DiskFull;
import io.pilothouse.filesync.client.Fetcher;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Keeps the wanted versions on the disk, and no others but the active one. */
final class Staged {
  private static final Logger log = LoggerFactory.getLogger(Staged.class);

  /** To wait on a full disk: each try costs it and the network much, and somebody has to act. */
  private static final Duration FULL = Duration.ofMinutes(2);

  private final Disk disk;
  private final Wanted wanted;
  private final Fetcher fetcher;
  private final Sourcing sourcing;
  private final Published published;
  private final Runnable changed;
  private final StagedIndexes indexes = new StagedIndexes();
  private final Object files = new Object();

  /** Versions for which the disk was too full. */
  private final Map<VersionRef, Full> full = new ConcurrentHashMap<>();

  private volatile List<VersionRef> versions = List.of();
  private volatile String problem = "";

  /** Told which directories hold which contents, by digest. */
  interface Published {
    void publish(Map<String, Path> directories) throws IOException;
  }

  /**
   * Why a version did not fit.
   *
   * @param until when it is not tried again, by the nano clock
   */
  private record Full(String why, long until) {}

  /** What is done to a version's files. */
  interface Work {
    void run() throws IOException, InterruptedException;
  }

  /**
   * @param changed called when a version was added or removed, or cannot be had any more or again
   */
  Staged(
      Disk disk,
      Wanted wanted,
      Fetcher fetcher,
      Sourcing sourcing,
      Published published,
      Runnable changed)
      throws IOException {
    this.disk = disk;
    this.wanted = wanted;
    this.fetcher = fetcher;
    this.sourcing = sourcing;
    this.published = published;
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

  /** What keeps a wanted version from being here; empty when nothing does. */
  String problem() {
    return problem;
  }

  /** Does something to a version's files, unless it is no longer held: then they are another's. */
  void whileHeld(VersionRef ref, Work work) throws IOException, InterruptedException {
    synchronized (files) {
      if (versions.contains(ref)) {
        work.run();
      }
    }
  }

  /** A version's index was found damaged: the next round looks at it anew. */
  void doubt(VersionRef ref) {
    indexes.doubt(disk.version(ref));
  }

  /** One round: fetches what is missing, removes what is not wanted. */
  void round() throws IOException, InterruptedException {
    WantedState now = wanted.get();
    if (!now.getInService()) {
      problem = "";
      return;
    }
    lookAgain();
    full.keySet().retainAll(held(now));
    Optional<IOException> failure = fetchMissing(held(now));
    boolean troubled = !problem.isEmpty();
    problem = failure.map(each -> String.valueOf(each.getMessage())).orElse("");
    if (troubled != failure.isPresent()) {
      changed.run();
    }
    removeUnwanted();
    if (failure.isPresent()) {
      throw failure.get();
    }
  }

  /** Fetches what a roll-back needs, while {@link #round} may be busy with something large. */
  void urgentRound() throws IOException, InterruptedException {
    WantedState now = wanted.get();
    if (now.getInService() && now.getUrgentCount() > 0) {
      Optional<IOException> failure =
          fetchMissing(
              held(now).stream()
                  .filter(each -> now.getUrgentList().contains(each.getDigest()))
                  .toList());
      if (failure.isPresent()) {
        throw failure.get();
      }
    }
  }

  private Optional<IOException> fetchMissing(List<VersionRef> refs) throws InterruptedException {
    IOException failure = null;
    for (VersionRef ref : refs) {
      if (!versions.contains(ref)) {
        try {
          fetch(ref);
        } catch (IOException e) {
          // the others may be had
          failure = new IOException("cannot stage %s: %s".formatted(text(ref), e.getMessage()), e);
        }
      }
    }
    return Optional.ofNullable(failure);
  }

  /** What should be here: what is to be held, and the agent that is to run. */
  private static List<VersionRef> held(WantedState now) {
    List<VersionRef> all = new ArrayList<>(now.getStagedList());
    VersionRef agent = now.getAgent();
    if (!agent.getName().isEmpty() && !agent.getDigest().isEmpty() && !all.contains(agent)) {
      all.add(agent);
    }
    return all;
  }

  private void fetch(VersionRef ref) throws IOException, InterruptedException {
    Full known = full.get(ref);
    if (known != null && System.nanoTime() - known.until() < 0) {
      throw new IOException(known.why());
    }
    Path target = disk.version(ref);
    Files.createDirectories(target.getParent());
    if (indexes.digest(target).isEmpty()) {
      Files.deleteIfExists(Fetcher.indexFile(target)); // a damaged one
    }
    try {
      fetcher.fetch(ref.getDigest(), target, sourcing.of(ref.getDigest()));
    } catch (IOException e) {
      if (DiskFull.is(e)) {
        full.put(ref, new Full(e.getMessage(), System.nanoTime() + FULL.toNanos()));
      }
      throw e;
    }
    full.remove(ref);
    refresh();
    log.info("staged {}", text(ref));
    changed.run();
  }

  private void removeUnwanted() throws IOException, InterruptedException {
    Optional<VersionRef> active = disk.activeVersion();
    // one that was reloaded to a later version still is where it was started
    Set<String> inUse =
        RunFile.all(disk).values().stream().map(RunFile::directory).collect(Collectors.toSet());
    inUse.addAll(disk.agentVersions());
    for (VersionRef ref : versions) {
      boolean isActive =
          active
              .filter(each -> each.getName().equals(ref.getName()))
              .filter(each -> each.getVersion().equals(ref.getVersion()))
              .isPresent();
      // asked anew: what was wanted when the round began may be long ago, and a roll-back has begun
      WantedState now = wanted.get();
      if (now.getInService()
          && !held(now).contains(ref)
          && !isActive
          && !inUse.contains(text(ref))) {
        whileHeld(
            ref,
            () -> {
              Fetcher.remove(disk.version(ref));
              refresh();
            });
        full.clear(); // there may be room now
        log.info("removed {}: no longer wanted", text(ref));
        changed.run();
      }
    }
  }

  /** Someone may have removed files behind our back: what is gone is fetched anew. */
  private void lookAgain() throws IOException {
    List<VersionRef> before = versions;
    refresh();
    if (!versions.equals(before)) {
      log.warn("staged are {}, not {} as before", texts(versions), texts(before));
      changed.run();
    }
  }

  /** Reads from disk what is published. */
  private synchronized void refresh() throws IOException {
    List<VersionRef> found = new ArrayList<>();
    Map<String, Path> directories = new LinkedHashMap<>();
    List<Path> all = new ArrayList<>();
    for (Path name : directories(disk.manifests())) {
      for (Path version : directories(name)) {
        all.add(version);
        Optional<String> digest = indexes.digest(version);
        if (digest.isPresent()) {
          found.add(
              VersionRef.newBuilder()
                  .setName(name.getFileName().toString())
                  .setVersion(version.getFileName().toString())
                  .setDigest(digest.get())
                  .build());
          directories.put(digest.get(), version);
        }
      }
    }
    indexes.retain(all);
    found.sort(Comparator.comparing(VersionRef::getName).thenComparing(VersionRef::getVersion));
    versions = List.copyOf(found);
    disk.image().ifPresent(image -> directories.put(image.getDigest(), disk.os()));
    published.publish(directories);
  }

  private static List<String> texts(List<VersionRef> refs) {
    return refs.stream().map(Staged::text).toList();
  }

  private static String text(VersionRef ref) {
    return ref.getName() + "@" + ref.getVersion();
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
