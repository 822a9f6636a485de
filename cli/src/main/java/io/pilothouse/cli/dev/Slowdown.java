package io.pilothouse.cli.dev;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;

/** Processes that run for a part of the time: stopped and let go on again, twice a second. */
final class Slowdown {
  private static final Duration PERIOD = Duration.ofMillis(500);

  private final Supplier<List<ProcessHandle>> processes;
  private final int share;
  private boolean over;

  /**
   * @param processes asked for anew each time, as some end and others begin
   * @param share percent of the time in which they run
   */
  Slowdown(Supplier<List<ProcessHandle>> processes, int share) {
    this.processes = processes;
    this.share = share;
  }

  /** Returns when the time is over and all of them run; so they do when this program is ended. */
  void run(Duration length) throws IOException, InterruptedException {
    Runtime.getRuntime().addShutdownHook(new Thread(this::end, "let-go"));
    try {
      long until = System.nanoTime() + length.toNanos();
      while (System.nanoTime() - until < 0) {
        stop();
        Thread.sleep(PERIOD.multipliedBy(100 - share).dividedBy(100));
        send("CONT");
        Thread.sleep(PERIOD.multipliedBy(share).dividedBy(100));
      }
    } finally {
      end();
    }
  }

  /** Never after the end, which may come from another thread. */
  private synchronized void stop() throws IOException, InterruptedException {
    if (!over) {
      send("STOP");
    }
  }

  private synchronized void end() {
    over = true;
    try {
      send("CONT");
    } catch (IOException e) {
      System.err.println("some may still be stopped (use pilot dev resume): " + e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** One that ends in this moment is nobody's mistake. */
  private void send(String signal) throws IOException, InterruptedException {
    DevSignal.send(signal, processes.get().stream().filter(ProcessHandle::isAlive).toList());
  }
}
