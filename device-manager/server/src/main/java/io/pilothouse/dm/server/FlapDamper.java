package io.pilothouse.dm.server;

import io.pilothouse.api.log.v1.VerdictReport;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Keeps a verdict that changes all the time from writing the log each time. The first {@value
 * #MOST} changes of a minute go there at once; of those that follow the newest is held back until
 * the minute is over, and proposed then.
 *
 * <p>A leader that dies takes what it held back with it; the reporter's next report differs from
 * the state still, and is proposed by the next leader.
 */
final class FlapDamper {

  /** Changes of one observer's word on one machine that are logged within a window. */
  static final int MOST = 6;

  static final Duration WINDOW = Duration.ofMinutes(1);

  /** A word that waits. */
  record Held(String reporter, String domain, VerdictReport report) {
    String key() {
      return report.getMachine() + " " + report.getWatchdog() + " " + reporter;
    }
  }

  private static final class Window {
    private long start;
    private int changes;
    private boolean flushing;
    private @Nullable Held held;

    Window(long start) {
      this.start = start;
    }

    boolean isOver(long now) {
      return now - start >= WINDOW.toNanos();
    }
  }

  private final Map<String, Window> windows = new HashMap<>();

  /** Whether a change may be proposed now; if not, it is held back. */
  synchronized boolean mayPropose(Held change, long now) {
    Window window = windows.computeIfAbsent(change.key(), key -> new Window(now));
    if (window.isOver(now) && window.held == null && !window.flushing) {
      window.start = now;
      window.changes = 0;
    }
    if (window.changes < MOST && window.held == null && !window.flushing) {
      window.changes++;
      return true;
    }
    window.held = change;
    return false;
  }

  /** The newest word is what the state says: nothing waits any more. */
  synchronized void steady(Held word) {
    @Nullable Window window = windows.get(word.key());
    if (window != null && (window.held != null || window.flushing)) {
      // one that is on its way to the log would be the last word otherwise
      window.held = window.flushing ? word : null;
    }
  }

  /** The highest sequence that waits, or 0. */
  synchronized long heldSequence(String machine, String watchdog, String reporter) {
    @Nullable Window window = windows.get(machine + " " + watchdog + " " + reporter);
    return window == null || window.held == null ? 0 : window.held.report().getSequence();
  }

  /** What is to be proposed now; {@link #proposed} must follow for each. */
  synchronized List<Held> due(long now) {
    List<Held> due = new ArrayList<>();
    Iterator<Window> all = windows.values().iterator();
    while (all.hasNext()) {
      Window window = all.next();
      if (window.flushing || !window.isOver(now)) {
        continue;
      }
      @Nullable Held held = window.held;
      if (held == null) {
        all.remove();
      } else {
        due.add(held);
        window.held = null;
        window.flushing = true;
      }
    }
    return due;
  }

  /** It was decided, or could not be: then it waits again unless something newer does. */
  synchronized void proposed(Held held, boolean done, long now) {
    @Nullable Window window = windows.get(held.key());
    if (window == null) {
      return;
    }
    window.flushing = false;
    if (done) {
      window.start = now;
      window.changes = 1;
    } else if (window.held == null) {
      window.held = held;
    }
  }
}
