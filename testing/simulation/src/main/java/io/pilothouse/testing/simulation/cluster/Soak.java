package io.pilothouse.testing.simulation.cluster;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;

/** Runs seed after seed for a long time, on several cores: {@code testing/simulation/soak}. */
public final class Soak {
  private static final long TELL_EVERY = TimeUnit.MINUTES.toNanos(5);

  private final AtomicLong next;
  private final long end;
  private final AtomicBoolean failed = new AtomicBoolean();
  private final Summary total = new Summary();
  private long toldAt = System.nanoTime();

  private Soak(long first, long minutes) {
    this.next = new AtomicLong(first);
    this.end = System.nanoTime() + TimeUnit.MINUTES.toNanos(minutes);
  }

  /**
   * Ends with 1 at the first seed that finds something, and prints it.
   *
   * @param args minutes, first seed, workers
   */
  public static void main(String[] args) throws InterruptedException, ExecutionException {
    if (args.length != 3) {
      System.err.println("usage: soak MINUTES SEED WORKERS, all numbers");
      System.exit(2);
    }
    Soak soak = new Soak(Long.parseLong(args[1]), Long.parseLong(args[0]));
    System.exit(soak.run(Integer.parseInt(args[2])) ? 0 : 1);
  }

  private boolean run(int workers) throws InterruptedException, ExecutionException {
    List<Future<?>> running = new ArrayList<>();
    try (ExecutorService threads = Executors.newFixedThreadPool(workers)) {
      for (int i = 0; i < workers; i++) {
        running.add(threads.submit(this::work));
      }
    }
    for (Future<?> each : running) {
      each.get();
    }
    System.out.println(total);
    System.out.println(failed.get() ? "FOUND: see above" : "nothing found");
    return !failed.get();
  }

  private void work() {
    while (System.nanoTime() - end < 0 && !failed.get()) {
      long seed = next.getAndIncrement();
      try {
        add(new ClusterSimulation(seed).run());
      } catch (AssertionError e) {
        failed.set(true);
        System.out.println(e.getMessage());
      }
    }
  }

  private synchronized void add(Summary summary) {
    total.add(summary);
    if (System.nanoTime() - toldAt > TELL_EVERY) {
      toldAt = System.nanoTime();
      System.out.println("seed " + next.get() + ", " + total);
    }
  }
}
