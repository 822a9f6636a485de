package io.pilothouse.dm.state;

import io.pilothouse.api.v1.WatchdogSpec;
import java.util.Set;
import java.util.TreeSet;

/**
 * Tells a watchdog that looks from elsewhere and died from machines that did: when it is silent on
 * most of the machines it looks at, at the same moment, the reporter is what is gone. Its silence
 * then counts for nothing, and nobody waits for it; the watchdogs on the machines still do.
 */
final class RemoteSilence {
  private static final int FEWEST_MACHINES = 3;

  private RemoteSilence() {}

  /** Whether the watchdog itself, rather than machines, has gone silent. */
  static boolean isReporterGone(Entities state, WatchdogSpec watchdog) {
    if (!Observers.has(watchdog)) {
      return false;
    }
    VerdictIndex verdicts = state.indexes().verdicts;
    int machines = verdicts.present(watchdog.getName()).size();
    return machines >= FEWEST_MACHINES && 2 * verdicts.silent(watchdog.getName()).size() > machines;
  }

  /** All watchdogs of which {@link #isReporterGone} is so. */
  static Set<String> gone(Entities state) {
    Set<String> gone = new TreeSet<>();
    for (WatchdogSpec spec : state.fleet().getWatchdogsList()) {
      if (isReporterGone(state, spec)) {
        gone.add(spec.getName());
      }
    }
    return gone;
  }

  /**
   * Has the machines on which a watchdog is silent judged anew when that silence became the
   * watchdog's own, or theirs again.
   *
   * @return what is gone now
   */
  static Set<String> follow(Draft draft, Set<String> before) {
    Set<String> now = gone(draft);
    if (now.equals(before)) {
      return before;
    }
    Set<String> turned = new TreeSet<>(now);
    turned.addAll(before);
    turned.removeIf(each -> now.contains(each) && before.contains(each));
    turned.forEach(each -> draft.indexes().verdicts.silent(each).forEach(draft::touch));
    return now;
  }
}
