package io.pilothouse.dm.simulate;

import io.pilothouse.api.v1.Severity;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Watchdogs that are broken themselves: they say ERROR of machines that are well. */
final class Noise {

  private record False(Set<String> machines, Severity severity) {}

  private final Map<String, False> byWatchdog = new HashMap<>();

  void begins(String watchdog, Set<String> machines, Severity severity) {
    byWatchdog.put(watchdog, new False(machines, severity));
  }

  void ends(String watchdog) {
    byWatchdog.remove(watchdog);
  }

  void ends() {
    byWatchdog.clear();
  }

  /** With what severity the watchdog falsely says ERROR of the machine, if it does. */
  Optional<Severity> about(String watchdog, String machine) {
    return Optional.ofNullable(byWatchdog.get(watchdog))
        .filter(each -> each.machines().contains(machine))
        .map(False::severity);
  }

  /** Whether any watchdog is broken. */
  boolean isAny() {
    return !byWatchdog.isEmpty();
  }
}
