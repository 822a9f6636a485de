package io.pilothouse.driver;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;

/**
 * The one thread on which a framework, or an executor of it, is told things.
 *
 * @param <L> how
 */
final class Callbacks<L extends Fallible> {
  private static final Logger log = System.getLogger(Callbacks.class.getName());

  private final Life driver;
  private final L listener;
  private final ExecutorService thread;

  /**
   * @param name of the thread
   */
  Callbacks(Life driver, L listener, String name) {
    this.driver = driver;
    this.listener = listener;
    this.thread =
        Executors.newSingleThreadExecutor(
            runnable -> {
              Thread made = new Thread(runnable, name);
              made.setDaemon(true); // as the native driver's: a framework that returns ends
              return made;
            });
  }

  /** Tells something. */
  interface Telling<L> {
    void tell(L to) throws IOException;
  }

  /**
   * Tells it and waits until the framework has taken it, so that nothing more is read meanwhile.
   *
   * @return whether it has: not if the driver has ended, or the framework threw, which ends it
   */
  boolean now(String what, Telling<L> telling) throws InterruptedException {
    try {
      Future<Boolean> told = thread.submit(() -> tell(what, telling));
      return told.get();
    } catch (RejectedExecutionException e) {
      return false; // closed
    } catch (ExecutionException e) {
      throw new IllegalStateException(e.getCause());
    }
  }

  /** Tells it after what is being told: for those who may be within a callback, or hold locks. */
  void later(String what, Telling<L> telling) {
    try {
      var unused = thread.submit(() -> tell(what, telling));
    } catch (RejectedExecutionException e) {
      log.log(Level.DEBUG, "{0} is not told: the driver has ended", what);
    }
  }

  /** The last word; it is told although the driver runs no more. */
  void error(String why) {
    try {
      var unused = thread.submit(() -> tellError(why));
    } catch (RejectedExecutionException e) {
      log.log(Level.DEBUG, "an error is not told: the driver has ended");
    }
  }

  private boolean tell(String what, Telling<L> telling) {
    if (!driver.isRunning()) {
      return false;
    }
    try {
      telling.tell(listener);
      return true;
    } catch (IOException e) {
      driver.fails("what " + what + " would tell cannot be read: " + e.getMessage());
    } catch (Throwable e) { // all of them, as the native driver: also classes that do not fit
      log.log(Level.ERROR, "the framework's " + what + " threw: the driver aborts", e);
      var unused = driver.abort();
    }
    return false;
  }

  /** On the caller's thread. */
  void tellError(String why) {
    try {
      listener.error(why);
    } catch (Throwable e) {
      log.log(Level.ERROR, "the framework's error threw", e);
    }
  }

  /** What was to be told is still told, if the driver runs; then the thread ends. */
  void close() {
    thread.shutdown();
  }
}
