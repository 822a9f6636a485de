package io.pilothouse.agent;

import io.pilothouse.api.v1.VersionRef;
import io.pilothouse.api.v1.WatchdogSpec;
import io.pilothouse.manifests.LoadResult;
import io.pilothouse.manifests.WatchdogSet;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Puts the scripts of a watchdog set into the place of those of the watchdogs that they are named
 * after. What a watchdog's word means stays as the fleet's files say: its mode, how grave it is,
 * and for how long it counts. A set that does not fit is not run, so that its rollout sees it.
 */
final class WatchdogSets {
  private static final Logger log = LoggerFactory.getLogger(WatchdogSets.class);
  private static final Duration AGAIN = Duration.ofSeconds(30);

  /** A set that was read from the disk. */
  private record Loaded(VersionRef ref, Map<String, WatchdogSpec> watchdogs) {}

  private final Disk disk;
  private final Wanted wanted;
  private final Staged staged;
  private final LongSupplier nanoTime;
  private final Runnable changed;
  private volatile Optional<Loaded> running = Optional.empty();
  private volatile String problem = "";
  private VersionRef refused = VersionRef.getDefaultInstance();
  private List<WatchdogSpec> refusedFor = List.of();
  private long refusedAt;

  /**
   * @param changed called when another set runs
   */
  WatchdogSets(Disk disk, Wanted wanted, Staged staged, LongSupplier nanoTime, Runnable changed) {
    this.disk = disk;
    this.wanted = wanted;
    this.staged = staged;
    this.nanoTime = nanoTime;
    this.changed = changed;
  }

  /** One round: takes the wanted set as soon as it is there in full. */
  void round() throws IOException {
    VersionRef set = wanted.get().getWatchdogSet();
    VersionRef now = running().orElse(VersionRef.getDefaultInstance());
    if (!wanted.known() || set.equals(now)) {
      problem = "";
      return;
    }
    if (set.getName().isEmpty()) {
      take(Optional.empty());
    } else if (staged.versions().contains(set) && mayTry(set)) {
      load(set);
    }
  }

  /** The watchdogs of this machine, each with the script that it is to run. */
  List<WatchdogSpec> specs() {
    List<WatchdogSpec> specs = new ArrayList<>();
    Map<String, WatchdogSpec> ofSet = running.map(Loaded::watchdogs).orElse(Map.of());
    for (WatchdogSpec spec : wanted.get().getWatchdogsList()) {
      WatchdogSpec script = ofSet.get(spec.getName());
      specs.add(script == null || !isScript(spec) ? spec : merged(spec, script));
    }
    return specs;
  }

  /** Changes when the Device Manager asks all of them to look anew: at an action or a switch. */
  long askedAt() {
    return wanted.get().getAskedAt();
  }

  /** The set whose scripts are run. */
  Optional<VersionRef> running() {
    return running.map(Loaded::ref);
  }

  /** Why the wanted set is not run although it is here; empty when nothing is wrong. */
  String problem() {
    return problem;
  }

  /** What its scripts find their other files by. */
  Map<String, String> environment() {
    return running
        .map(each -> Map.of("PILOT_WATCHDOG_SET", disk.version(each.ref()).toString()))
        .orElse(Map.of());
  }

  private void load(VersionRef ref) throws IOException {
    List<Optional<LoadResult<WatchdogSet>>> result = new ArrayList<>();
    try {
      staged.whileHeld(ref, () -> result.add(Optional.of(WatchdogSet.load(disk.version(ref)))));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return;
    }
    if (result.isEmpty()) {
      return; // it was removed meanwhile
    }
    switch (result.get(0).orElseThrow()) {
      case LoadResult.Rejected<WatchdogSet> bad ->
          refuse(
              ref, bad.problems().stream().map(Object::toString).collect(Collectors.joining("; ")));
      case LoadResult.Loaded<WatchdogSet> good -> {
        List<String> wrong = misfits(good.value());
        if (wrong.isEmpty()) {
          Map<String, WatchdogSpec> byName = new LinkedHashMap<>();
          good.value().watchdogs().forEach(each -> byName.put(each.getName(), each));
          take(Optional.of(new Loaded(ref, byName)));
        } else {
          refuse(ref, String.join("; ", wrong));
        }
      }
    }
  }

  /** Watchdogs whose word would not count as their author thinks. */
  private List<String> misfits(WatchdogSet set) {
    Map<String, WatchdogSpec> ours = new LinkedHashMap<>();
    wanted.get().getWatchdogsList().forEach(each -> ours.put(each.getName(), each));
    List<String> wrong = new ArrayList<>();
    for (WatchdogSpec each : set.watchdogs()) {
      WatchdogSpec spec = ours.get(each.getName());
      if (spec == null || !isScript(spec)) {
        wrong.add(
            "%s is no script watchdog of this machine's type in the fleet's files"
                .formatted(each.getName()));
      } else if (LocalWatchdogs.every(each).compareTo(LocalWatchdogs.validFor(spec)) > 0) {
        wrong.add(
            "%s runs every %ds, but its word counts for %ds by the fleet's files"
                .formatted(
                    each.getName(),
                    LocalWatchdogs.every(each).toSeconds(),
                    LocalWatchdogs.validFor(spec).toSeconds()));
      }
    }
    return wrong;
  }

  private static boolean isScript(WatchdogSpec spec) {
    return spec.getRunner() == WatchdogSpec.Runner.SCRIPT;
  }

  private static WatchdogSpec merged(WatchdogSpec spec, WatchdogSpec script) {
    return spec.toBuilder()
        .setScript(script.getScript())
        .setEveryMs(script.getEveryMs())
        // not by the new interval: it is the fleet's word
        .setValidForMs(LocalWatchdogs.validFor(spec).toMillis())
        .setTimeoutMs(script.getTimeoutMs())
        .setTimeoutIsError(script.getTimeoutIsError())
        .setUser(script.getUser())
        .setProtocol(script.getProtocol())
        .clearArgs()
        .addAllArgs(script.getArgsList())
        .build();
  }

  private void take(Optional<Loaded> next) {
    running = next;
    problem = "";
    log.info("watchdog set {}", next.map(each -> text(each.ref())).orElse("none"));
    changed.run();
  }

  private void refuse(VersionRef ref, String why) {
    String text = "watchdog set %s is not run: %s".formatted(text(ref), why);
    if (!text.equals(problem)) {
      log.warn("{}", text);
    }
    problem = text;
    refused = ref;
    refusedFor = wanted.get().getWatchdogsList();
    refusedAt = nanoTime.getAsLong();
  }

  /** One that was refused is tried again when the fleet's files changed, and now and then. */
  private boolean mayTry(VersionRef ref) {
    return !ref.equals(refused)
        || !refusedFor.equals(wanted.get().getWatchdogsList())
        || nanoTime.getAsLong() - refusedAt > AGAIN.toNanos();
  }

  private static String text(VersionRef ref) {
    return ref.getName() + "@" + ref.getVersion();
  }
}
