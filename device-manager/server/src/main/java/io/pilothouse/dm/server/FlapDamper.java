package io.pilothouse.dm.server;

import io.pilothouse.api.log.v1.VerdictReport;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Keeps a verdict that changes all the time from writing the log each time. {@value #MOST} changes
 * go there at once, and as many a minute in the long run; of those beyond it the newest is held
 * back, for ten seconds at most, and proposed then.
 *
 * <p>An answer that the state waits for is never held back: a machine in Probation would miss its
 * time by it.
 *
 * <p>A leader that dies takes what it held back with it; the reporter's next report differs from
 * the state still, and is proposed by the next leader.
 */
final class FlapDamper {

  /** Changes of one observer's word on one machine that are logged at once, and in a minute. */
  static final int MOST = 6;

  private static final ReportQuotas.Quota QUOTA = new ReportQuotas.Quota(MOST, MOST);

  /** A word that waits. */
  record Held(String reporter, String domain, VerdictReport report) {
    String key() {
      return report.getMachine() + " " + report.getWatchdog() + " " + reporter;
    }
  }

  private static final class Voice {
    private final TokenBucket tokens;
    private boolean flushing;
    private @Nullable Held held;

    Voice(long now) {
      this.tokens = new TokenBucket(QUOTA, now);
    }
  }

  private final Map<String, Voice> voices = new HashMap<>();

  /**
   * Whether a change may be proposed now; if not, it is held back.
   *
   * @param awaited whether the state waits for this observer's word
   */
  synchronized boolean mayPropose(Held change, boolean awaited, long now) {
    Voice voice = voices.computeIfAbsent(change.key(), key -> new Voice(now));
    boolean may = !voice.flushing && (awaited || voice.tokens.refilled(QUOTA, now).take());
    voice.held = may ? null : change;
    return may;
  }

  /** The newest word is what the state says: nothing waits any more. */
  synchronized void steady(Held word) {
    @Nullable Voice voice = voices.get(word.key());
    if (voice != null && (voice.held != null || voice.flushing)) {
      // one that is on its way to the log would be the last word otherwise
      voice.held = voice.flushing ? word : null;
    }
  }

  /** The highest sequence that waits, or 0. */
  synchronized long heldSequence(String machine, String watchdog, String reporter) {
    @Nullable Voice voice = voices.get(machine + " " + watchdog + " " + reporter);
    return voice == null || voice.held == null ? 0 : voice.held.report().getSequence();
  }

  /** What is to be proposed now; {@link #proposed} must follow for each. */
  synchronized List<Held> due(long now) {
    List<Held> due = new ArrayList<>();
    Iterator<Voice> all = voices.values().iterator();
    while (all.hasNext()) {
      Voice voice = all.next();
      TokenBucket tokens = voice.tokens.refilled(QUOTA, now);
      if (voice.flushing) {
        continue;
      }
      @Nullable Held held = voice.held;
      if (held == null && tokens.isFull()) {
        all.remove();
      } else if (held != null && tokens.take()) {
        due.add(held);
        voice.held = null;
        voice.flushing = true;
      }
    }
    return due;
  }

  /** It was decided, or could not be: then it waits again unless something newer does. */
  synchronized void proposed(Held held, boolean done) {
    @Nullable Voice voice = voices.get(held.key());
    if (voice == null) {
      return;
    }
    voice.flushing = false;
    if (!done) {
      voice.tokens.giveBack();
      voice.held = voice.held == null ? held : voice.held;
    }
  }
}
