package io.pilothouse.examples.mpi;

import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A job on its machines, all or nothing: it succeeds when every task has finished and {@code
 * mpiexec} says that all ranks ended well, and has failed with the first that did not. It is over
 * only when nothing of it runs any more. For one thread at a time.
 */
final class Attempt {
  final Launcher.Run run;
  final Instant began;
  final List<String> machines;
  private final Set<String> running = new LinkedHashSet<>();
  private OptionalInt exit = OptionalInt.empty();
  private @Nullable String failure;

  /**
   * Its tasks are about to be launched.
   *
   * @param machines on which they are
   */
  Attempt(Launcher.Run run, List<String> tasks, List<String> machines, Instant began) {
    this.run = run;
    this.machines = List.copyOf(machines);
    this.began = began;
    running.addAll(tasks);
  }

  /** Tasks that run, as far as is known. */
  List<String> running() {
    return new ArrayList<>(running);
  }

  boolean has(String task) {
    return running.contains(task);
  }

  /** Whether all of it is to end. */
  boolean hasFailed() {
    return failure != null;
  }

  /**
   * A task has ended.
   *
   * @param how in words, if it did not finish
   * @return whether that is the end of all
   */
  boolean over(String task, Optional<String> how) {
    if (!running.remove(task)) {
      return false;
    }
    return how.isPresent() && fails("task " + task + ": " + how.get());
  }

  /**
   * {@code mpiexec} has ended.
   *
   * @return whether that is the end of all
   */
  boolean exited(int status) {
    exit = OptionalInt.of(status);
    return status != 0 && fails("mpiexec ended with status " + status);
  }

  private boolean fails(String why) {
    if (failure != null) {
      return false; // the first is the reason
    }
    failure = why;
    return true;
  }

  /** Whether nothing of it runs any more. */
  boolean isOver() {
    return running.isEmpty() && exit.isPresent();
  }

  Optional<String> failure() {
    return Optional.ofNullable(failure);
  }
}
