package io.pilothouse.examples.batch;

import io.pilothouse.examples.frameworks.Room;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Jobs in the order in which they came, and their tasks that wait and run. Decides; does nothing,
 * and is told the time. For one thread at a time.
 */
final class JobQueue {
  /** A task that did not finish so often is the command's fault, and not the machines'. */
  static final int MOST_TRIES = 4;

  /** One run of a task. */
  record Attempt(String id, Job job, int task) {}

  /**
   * What follows from a task's end.
   *
   * @param report if its job is over by it
   * @param kill attempts that need not run on
   */
  record Outcome(Optional<Report> report, List<String> kill) {
    static final Outcome NOTHING = new Outcome(Optional.empty(), List.of());
  }

  private static final class Entry {
    final Job job;
    final Instant came;
    final Deque<Integer> waiting = new ArrayDeque<>();
    final Map<Integer, Integer> tries = new HashMap<>();
    final Map<Integer, Integer> revoked = new HashMap<>();
    final Set<String> running = new HashSet<>();
    @Nullable Instant began;
    int retried;
    boolean failed;

    Entry(Job job, Instant came) {
      this.job = job;
      this.came = came;
      for (int task = 1; task <= job.tasks(); task++) {
        waiting.add(task);
      }
    }

    /** A task whose machine was wanted by others is none that fails. */
    boolean hasTriesLeft(int task) {
      return tries.getOrDefault(task, 0) - revoked.getOrDefault(task, 0) < MOST_TRIES;
    }

    Attempt next(Instant at) {
      int task = waiting.remove();
      if (began == null) {
        began = at;
      }
      // an id is never used again: the old attempt may still be told of
      int number = tries.merge(task, 1, Integer::sum);
      Attempt attempt = new Attempt(job.name() + "." + task + "." + number, job, task);
      running.add(attempt.id());
      return attempt;
    }
  }

  private final Map<String, Entry> jobs = new LinkedHashMap<>();
  private final Map<String, Attempt> attempts = new HashMap<>();
  private final Set<String> names = new HashSet<>();

  void add(Job job, Instant at) {
    if (!names.add(job.name())) {
      throw new IllegalArgumentException(
          "there was a job %s before: give this one another name".formatted(job.name()));
    }
    jobs.put(job.name(), new Entry(job, at));
  }

  /** Whether more would be taken. */
  boolean wants() {
    return jobs.values().stream().anyMatch(each -> !each.waiting.isEmpty());
  }

  boolean isEmpty() {
    return jobs.isEmpty();
  }

  /** Attempts that run, as far as is known. */
  Set<String> running() {
    return Set.copyOf(attempts.keySet());
  }

  /**
   * As many tasks as fit: first those of the oldest job, then those of the next. What they need is
   * taken from the room.
   */
  List<Attempt> take(Room room, Instant at) {
    List<Attempt> all = new ArrayList<>();
    for (Entry entry : jobs.values()) {
      while (!entry.waiting.isEmpty() && room.take(entry.job.cpus(), entry.job.mem())) {
        Attempt attempt = entry.next(at);
        attempts.put(attempt.id(), attempt);
        all.add(attempt);
      }
    }
    return all;
  }

  /** An attempt is about to be over because what it ran on was taken back: it does not count. */
  void revoked(String id) {
    @Nullable Attempt attempt = attempts.get(id);
    @Nullable Entry entry = attempt == null ? null : jobs.get(attempt.job().name());
    if (attempt != null && entry != null) {
      entry.revoked.merge(attempt.task(), 1, Integer::sum);
    }
  }

  /** An attempt has ended, as it was to or not; another is made if the task has tries left. */
  Outcome over(String id, boolean finished, Instant at) {
    @Nullable Attempt attempt = attempts.remove(id);
    if (attempt == null) {
      return Outcome.NOTHING; // told again, or given up
    }
    @Nullable Entry entry = jobs.get(attempt.job().name());
    if (entry == null) {
      return Outcome.NOTHING;
    }
    entry.running.remove(id);
    List<String> kill = List.of();
    if (!finished && !entry.failed) {
      if (entry.hasTriesLeft(attempt.task())) {
        entry.retried++;
        entry.waiting.addFirst(attempt.task()); // its job is the longer for it
      } else {
        entry.failed = true;
        entry.waiting.clear();
        kill = List.copyOf(entry.running);
      }
    }
    if (!entry.waiting.isEmpty() || !entry.running.isEmpty()) {
      return new Outcome(Optional.empty(), kill);
    }
    jobs.remove(entry.job.name());
    Instant began = entry.began == null ? at : entry.began;
    return new Outcome(
        Optional.of(
            new Report(
                entry.job,
                entry.retried,
                Duration.between(entry.came, began),
                Duration.between(began, at),
                entry.failed)),
        kill);
  }
}
