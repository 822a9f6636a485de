package io.pilothouse.filesync.client;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Several threads at one work. They are virtual: the processors are kept busy with verifying by as
 * many as there are, while others wait for the network, and an interrupt ends a wait for a peer.
 */
final class Crew {
  /** Enough to keep a few processors and a few sources busy; each holds one chunk in memory. */
  static final int SIZE = 8;

  private Crew() {}

  /** What each of them does until nothing is left. */
  interface Work {
    void run() throws IOException, InterruptedException;
  }

  /** Runs the work on all; when one fails the others are interrupted, and all have ended. */
  static void run(int size, Work work) throws IOException, InterruptedException {
    AtomicReference<@Nullable Throwable> first = new AtomicReference<>();
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < size; i++) {
      threads.add(
          Thread.ofVirtual()
              .name("filesync-", i)
              .unstarted(
                  () -> {
                    try {
                      work.run();
                    } catch (Throwable e) {
                      if (first.compareAndSet(null, e)) {
                        threads.forEach(Thread::interrupt);
                      }
                    }
                  }));
    }
    threads.forEach(Thread::start);
    boolean interrupted = join(threads);
    switch (first.get()) {
      case null -> {}
      case IOException e -> throw e;
      case InterruptedException e -> interrupted = true;
      case RuntimeException e -> throw e;
      case Error e -> throw e;
      case Throwable e -> throw new IllegalStateException(e);
    }
    if (interrupted) {
      throw new InterruptedException("stopped while bringing content");
    }
  }

  private static boolean join(List<Thread> threads) {
    boolean interrupted = false;
    for (Thread each : threads) {
      while (each.isAlive()) {
        try {
          each.join();
        } catch (InterruptedException e) {
          interrupted = true;
          threads.forEach(Thread::interrupt);
        }
      }
    }
    return interrupted;
  }
}
