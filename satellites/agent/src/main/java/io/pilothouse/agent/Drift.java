package io.pilothouse.agent;

import io.pilothouse.api.v1.VersionRef;
import io.pilothouse.api.v1.WantedState;
import io.pilothouse.watchdog.checks.Check;
import io.pilothouse.watchdog.checks.Finding;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * Whether what runs, and the image on the disk, differs from what is wanted for too long, or a
 * watchdog set does not fit.
 */
final class Drift implements Check {
  private final Supplier<WantedState> wanted;
  private final Supplier<Optional<VersionRef>> running;
  private final Supplier<Optional<VersionRef>> image;
  private final Supplier<String> watchdogSet;
  private final Duration grace;
  private final LongSupplier nanoTime;

  /** What differs, and since when. */
  private final Map<String, Long> since = new HashMap<>();

  Drift(
      Supplier<WantedState> wanted,
      Supplier<Optional<VersionRef>> running,
      Supplier<Optional<VersionRef>> image,
      Supplier<String> watchdogSet,
      Duration grace,
      LongSupplier nanoTime) {
    this.wanted = wanted;
    this.running = running;
    this.image = image;
    this.watchdogSet = watchdogSet;
    this.grace = grace;
    this.nanoTime = nanoTime;
  }

  @Override
  public Finding look() {
    WantedState now = wanted.get();
    Optional<String> manifest =
        now.getRunProcesses() && now.hasActive()
            ? differs("runs", name(now.getActive()), running.get().map(Drift::name))
            : Optional.empty();
    Optional<String> installed =
        now.hasImage()
            ? differs("has the image", wantedImage(now), image.get().map(each -> image(now, each)))
            : Optional.empty();
    Optional<String> set = Optional.of(watchdogSet.get()).filter(each -> !each.isEmpty());
    since
        .keySet()
        .retainAll(Stream.of(manifest, installed, set).flatMap(Optional::stream).toList());
    if (set.isPresent()) {
      // it will not get better by waiting: the set is what is wrong
      return Finding.error("drift.watchdog-set", set.get());
    }
    if (isOld(installed)) {
      return Finding.error("drift.image", text(installed.orElseThrow()));
    }
    if (isOld(manifest)) {
      return Finding.error("drift.manifest", text(manifest.orElseThrow()));
    }
    return Finding.ok(
        manifest.or(() -> installed).map(each -> each + ", not for long").orElse("as wanted"));
  }

  private static Optional<String> differs(String verb, String wanted, Optional<String> found) {
    String is = found.orElse("nothing");
    return is.equals(wanted)
        ? Optional.empty()
        : Optional.of("%s %s, wanted is %s".formatted(verb, is, wanted));
  }

  private boolean isOld(Optional<String> difference) {
    long now = nanoTime.getAsLong();
    return difference
        .map(each -> now - since.computeIfAbsent(each, none -> now) > grace.toNanos())
        .orElse(false);
  }

  private String text(String difference) {
    long nanos = nanoTime.getAsLong() - since.getOrDefault(difference, nanoTime.getAsLong());
    return "%s for %d min".formatted(difference, Duration.ofNanos(nanos).toMinutes());
  }

  /** Which version of the image is wanted is said only where it matters. */
  private static String wantedImage(WantedState wanted) {
    VersionRef image = wanted.getImage();
    return image.getVersion().isEmpty() ? image.getName() : name(image);
  }

  private static String image(WantedState wanted, VersionRef found) {
    return wanted.getImage().getVersion().isEmpty() ? found.getName() : name(found);
  }

  private static String name(VersionRef ref) {
    return ref.getName() + "@" + ref.getVersion();
  }
}
