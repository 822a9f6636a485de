package io.pilothouse.agent;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Does several things at once and returns when all are done. */
final class AtOnce {
  /** One of them. */
  interface Task {
    void run() throws IOException, InterruptedException;
  }

  private AtOnce() {}

  /**
   * Runs all.
   *
   * @throws IOException the first of their failures, once all are done
   */
  static void run(List<Task> tasks) throws IOException, InterruptedException {
    if (tasks.size() == 1) {
      tasks.getFirst().run();
      return;
    }
    List<Future<?>> all = new ArrayList<>();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (Task task : tasks) {
        all.add(
            threads.submit(
                () -> {
                  task.run();
                  return null;
                }));
      }
    }
    IOException failure = null;
    for (Future<?> each : all) {
      try {
        each.get();
      } catch (ExecutionException e) {
        failure = failure == null ? new IOException(e.getCause().getMessage(), e) : failure;
      }
    }
    if (failure != null) {
      throw failure;
    }
  }
}
