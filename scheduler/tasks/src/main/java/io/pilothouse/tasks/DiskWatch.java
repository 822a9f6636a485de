package io.pilothouse.tasks;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks at what containers have on the disk, again and again, on threads of its own: two at a time,
 * each container for a tenth of the time at most, so that one with very many files costs the others
 * little. Looks that take too long are given up, and have more time the next time.
 */
final class DiskWatch {
  private static final Logger log = LoggerFactory.getLogger(DiskWatch.class);
  private static final int AT_ONCE = 2;

  /** After a look, in times of what it took. */
  private static final int REST = 9;

  static final Duration FIRST = Duration.ofSeconds(30);
  static final Duration LONGEST = Duration.ofMinutes(10);

  private static final class Look {
    final String container;
    final long since = System.nanoTime();
    List<DiskQuota> quotas = List.of();
    Duration patience = FIRST;
    boolean underWay;
    Optional<Long> notBefore = Optional.empty();

    Look(String container) {
      this.container = container;
    }

    /** When it is its turn (nanoTime). */
    long due(Duration every) {
      return notBefore.orElse(since + every.toNanos());
    }
  }

  private final DiskUse use;
  private final Runnable changed;
  private final Map<String, Look> looks = new LinkedHashMap<>();
  private final Map<String, Cause> excesses = new HashMap<>();
  private Duration every = Duration.ZERO;
  private int workers;
  private boolean warned;

  /**
   * Looks at nothing yet.
   *
   * @param changed called when a container was found to have too much
   */
  DiskWatch(DiskUse use, Runnable changed) {
    this.use = use;
    this.changed = changed;
  }

  /** These containers are looked at from now on, and no others; waits for nothing. */
  synchronized void watch(Map<String, List<DiskQuota>> wanted, Duration interval) {
    every = interval;
    looks.keySet().retainAll(wanted.keySet());
    excesses.keySet().retainAll(wanted.keySet());
    wanted.forEach(
        (container, quotas) -> looks.computeIfAbsent(container, Look::new).quotas = quotas);
    if (workers < AT_ONCE && next().isPresent()) {
      workers++;
      Thread.ofVirtual().name("tasks-disk").start(this::work);
    }
  }

  /** Why one is to end; told once. */
  synchronized Optional<Cause> excess(String container) {
    return Optional.ofNullable(excesses.remove(container));
  }

  private Optional<Look> next() {
    long now = System.nanoTime();
    return looks.values().stream()
        .filter(each -> !each.underWay && !each.quotas.isEmpty() && each.due(every) - now <= 0)
        .min(Comparator.comparingLong(each -> each.due(every) - now));
  }

  private synchronized Optional<Look> take() {
    Optional<Look> next = next();
    if (next.isPresent()) {
      next.get().underWay = true;
    } else {
      workers--;
    }
    return next;
  }

  private void work() {
    for (Optional<Look> next = take(); next.isPresent(); next = take()) {
      long began = System.nanoTime();
      Optional<Cause> excess = look(next.get());
      done(next.get(), excess, System.nanoTime() - began);
    }
  }

  private synchronized void done(Look look, Optional<Cause> excess, long took) {
    look.underWay = false;
    look.notBefore = Optional.of(System.nanoTime() + Math.max(every.toNanos(), REST * took));
    if (excess.isPresent() && looks.get(look.container) == look) {
      excesses.put(look.container, excess.get());
      changed.run();
    }
  }

  private Optional<Cause> look(Look look) {
    try {
      for (DiskQuota each : look.quotas) {
        OptionalLong used = used(each, look.patience);
        if (used.isEmpty()) {
          log.warn(
              "what is in {} was not counted within {} s: it has too many files; it is tried again"
                  + " with more time",
              each.directory(),
              look.patience.toSeconds());
          Duration doubled = look.patience.multipliedBy(2);
          look.patience = doubled.compareTo(LONGEST) > 0 ? LONGEST : doubled;
        } else if (used.getAsLong() > each.limit()) {
          return Optional.of(each.exceeded(used.getAsLong()));
        }
      }
    } catch (IOException | RuntimeException e) {
      warn(look.container, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return Optional.empty();
  }

  private OptionalLong used(DiskQuota quota, Duration patience)
      throws IOException, InterruptedException {
    long all = 0;
    for (Path each : quota.directories()) {
      OptionalLong used = use.of(each, patience);
      if (used.isEmpty()) {
        return used;
      }
      all += used.getAsLong();
    }
    return OptionalLong.of(all);
  }

  private synchronized void warn(String container, Exception e) {
    if (!warned) {
      warned = true; // a machine without du(1) need not say so each time
      log.warn("the disk of {}, and maybe of others, is not bounded: {}", container, e.toString());
    }
  }
}
