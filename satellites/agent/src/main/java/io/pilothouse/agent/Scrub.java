package io.pilothouse.agent;

import io.pilothouse.api.v1.VerdictKind;
import io.pilothouse.api.v1.VersionRef;
import io.pilothouse.filesync.client.Scrubber;
import io.pilothouse.filesync.client.Scrubber.Damage;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Re-reads the staged versions and the image again and again, restores what has changed on disk,
 * and says so: a WARNING for a while after a restored file, an ERROR while one cannot be.
 */
final class Scrub {
  private static final Logger log = LoggerFactory.getLogger(Scrub.class);
  private static final int LONGEST_TEXT = 2000;
  private static final Duration SHOWN = Duration.ofMinutes(2);

  /** The verdict of the filesync watchdog. */
  record Finding(VerdictKind kind, String fault, String text) {}

  private final Disk disk;
  private final Staged staged;
  private final Scrubber scrubber;
  private final Sourcing sourcing;
  private final Runnable changed;
  private volatile Finding finding = new Finding(VerdictKind.OK, "", "not scrubbed yet");
  private String restored = "";
  private long restoredAt;
  private final Set<String> failures = new HashSet<>();

  /** A directory that is checked. */
  private interface Held {
    /** Does a work while the files are still ours to mend. */
    void run(Staged.Work work) throws IOException, InterruptedException;

    /** Its index is damaged: nobody knows what it should be. */
    default void lostIndex() {}
  }

  private record HeldVersion(Staged staged, VersionRef ref) implements Held {
    @Override
    public void run(Staged.Work work) throws IOException, InterruptedException {
      staged.whileHeld(ref, work);
    }

    @Override
    public void lostIndex() {
      staged.doubt(ref);
    }
  }

  Scrub(Disk disk, Staged staged, Scrubber scrubber, Sourcing sourcing, Runnable changed) {
    this.disk = disk;
    this.staged = staged;
    this.scrubber = scrubber;
    this.sourcing = sourcing;
    this.changed = changed;
  }

  /** What a pass has found; a version that cannot be had is told at once. */
  Finding finding() {
    Finding found = finding;
    String problem = staged.problem();
    return found.kind() == VerdictKind.OK && !problem.isEmpty()
        ? new Finding(VerdictKind.WARNING, "filesync.staging", problem)
        : found;
  }

  /** One pass over everything. */
  void round() throws IOException, InterruptedException {
    String unrepaired = "";
    int versions = 0;
    for (VersionRef ref : staged.versions()) {
      versions++;
      String what = ref.getName() + "@" + ref.getVersion();
      unrepaired =
          unrepaired + pass(disk.version(ref), ref.getDigest(), what, new HeldVersion(staged, ref));
    }
    Optional<VersionRef> image = disk.image();
    if (image.isPresent()) {
      unrepaired = unrepaired + pass(disk.os(), image.get().getDigest(), "image", Staged.Work::run);
    }
    if (unrepaired.length() > LONGEST_TEXT) {
      unrepaired = unrepaired.substring(0, LONGEST_TEXT) + "…";
    }
    Finding next;
    if (!unrepaired.isEmpty()) {
      next = new Finding(VerdictKind.ERROR, "filesync.corrupt", unrepaired);
    } else if (!restored.isEmpty() && System.nanoTime() - restoredAt < SHOWN.toNanos()) {
      next = new Finding(VerdictKind.WARNING, "filesync.repaired", restored);
    } else {
      next =
          new Finding(
              VerdictKind.OK,
              "",
              versions == 1 ? "1 version is sound" : versions + " versions are sound");
    }
    boolean news = !next.fault().equals(finding.fault());
    finding = next;
    if (news) {
      changed.run();
    }
  }

  /** Checks and mends one directory; returns what could not be mended, in words. */
  private String pass(Path directory, String digest, String what, Held held)
      throws InterruptedException {
    List<Damage> damages;
    try {
      damages = scrubber.check(directory, digest);
    } catch (IOException e) {
      damages = List.of(new Damage("", "cannot be read: " + e.getMessage()));
    }
    StringBuilder failed = new StringBuilder();
    for (Damage damage : damages) {
      if (damage.path().isEmpty()) {
        held.lostIndex();
      }
      String text = "%s: %s %s".formatted(what, damage.path(), damage.what()).replace(":  ", ": ");
      try {
        held.run(() -> restore(directory, damage, text));
      } catch (IOException e) {
        failed.append(text).append(" and cannot be restored: ").append(e.getMessage()).append("; ");
        if (failures.add(text)) {
          log.error("{} and cannot be restored: {}", text, e.getMessage());
        }
      }
    }
    return failed.toString();
  }

  private void restore(Path directory, Damage damage, String text)
      throws IOException, InterruptedException {
    scrubber.restore(directory, damage, sourcing.ofRepair());
    restored = text + "; restored";
    restoredAt = System.nanoTime();
    sourcing.repaired();
    failures.remove(text);
    log.warn("{}", restored);
  }
}
