package io.pilothouse.dm.state;

import io.pilothouse.api.v1.Lifecycle;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.Verdict;
import io.pilothouse.api.v1.WatchdogSpec;

/**
 * Tells a remote watchdog that died from machines that did: when it is silent on most of the
 * machines it looks at, at the same moment, the reporter is what is gone. Its silence then counts
 * for nothing, and nobody waits for it; the watchdogs on the machines still do.
 */
final class RemoteSilence {
  private static final int FEWEST_MACHINES = 3;

  private RemoteSilence() {}

  /** Whether the watchdog itself, rather than machines, has gone silent. */
  static boolean isReporterGone(Entities state, WatchdogSpec watchdog) {
    if (watchdog.getRunner() != WatchdogSpec.Runner.REMOTE) {
      return false;
    }
    int machines = 0;
    int silent = 0;
    for (Machine machine : state.machines()) {
      if (machine.getLifecycle() == Lifecycle.IN_SERVICE) {
        var verdict = state.verdict(machine.getName(), watchdog.getName());
        machines += verdict.isPresent() ? 1 : 0;
        silent += verdict.filter(Verdict::getSilent).isPresent() ? 1 : 0;
      }
    }
    return machines >= FEWEST_MACHINES && 2 * silent > machines;
  }
}
