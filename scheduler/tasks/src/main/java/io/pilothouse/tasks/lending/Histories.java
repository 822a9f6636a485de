package io.pilothouse.tasks.lending;

import java.time.Duration;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Of the containers that are there. */
final class Histories {
  private final Duration window;
  private final boolean anew;
  private final Map<String, History> all = new LinkedHashMap<>();

  /**
   * None yet.
   *
   * @param anew whether one that has other processors than before is another container
   */
  Histories(Duration window, boolean anew) {
    this.window = window;
    this.anew = anew;
  }

  /** Takes one more look into account, and forgets who is gone. */
  void add(Usage usage) {
    Set<String> there = new HashSet<>();
    for (Usage.Load each : usage.loads()) {
      there.add(each.container());
      History known = all.get(each.container());
      if (each.used().isEmpty()) {
        all.remove(each.container());
      } else if (known == null || (anew && known.own != each.own())) {
        all.put(
            each.container(),
            new History(window, each.own(), usage.nanos(), each.used().getAsLong()));
      } else {
        known.add(usage.nanos(), each.used().getAsLong());
      }
    }
    all.keySet().retainAll(there);
  }

  /** None of one whose use is not counted. */
  Optional<History> of(Usage.Load load) {
    return Optional.ofNullable(all.get(load.container()));
  }
}
