package io.pilothouse.testing.simulation;

import io.pilothouse.api.v1.Observed;
import io.pilothouse.api.v1.VersionRef;
import io.pilothouse.api.v1.WantedState;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/** What of a machine survives a boot: its image, versions that are there in full, what it runs. */
final class FakeDisk {
  static final VersionRef NOTHING = VersionRef.getDefaultInstance();

  private final SortedMap<String, VersionRef> staged = new TreeMap<>();
  private VersionRef image = NOTHING;
  private VersionRef active = NOTHING;
  private VersionRef watchdogSet = NOTHING;
  private VersionRef agent = NOTHING;

  VersionRef image() {
    return image;
  }

  VersionRef active() {
    return active;
  }

  VersionRef watchdogSet() {
    return watchdogSet;
  }

  /** Nothing is left of what was there. */
  void wipe() {
    staged.clear();
    image = NOTHING;
    active = NOTHING;
    watchdogSet = NOTHING;
    agent = NOTHING;
  }

  void install(VersionRef fresh) {
    wipe();
    image = fresh;
  }

  boolean holds(VersionRef ref) {
    return ref.equals(NOTHING) || staged.containsValue(ref);
  }

  void add(VersionRef ref) {
    staged.put(ref.getName() + "@" + ref.getVersion(), ref);
  }

  /** Drops what is neither wanted nor in use; returns whether there was such. */
  boolean keep(List<VersionRef> wanted) {
    return staged
        .values()
        .removeIf(
            each ->
                !wanted.contains(each)
                    && !each.equals(active)
                    && !each.equals(watchdogSet)
                    && !each.equals(agent));
  }

  /** Switches, if every byte is there; returns whether it did. */
  boolean activate(VersionRef run) {
    if (!holds(run)) {
      return false;
    }
    active = run;
    return true;
  }

  /** Takes the wanted watchdog set, once it is there; returns whether it is another one. */
  boolean takeWatchdogSet(WantedState wanted) {
    VersionRef before = watchdogSet;
    watchdogSet = holds(wanted.getWatchdogSet()) ? wanted.getWatchdogSet() : before;
    return !watchdogSet.equals(before);
  }

  /** As {@link #takeWatchdogSet}, of the agent. */
  boolean takeAgent(WantedState wanted) {
    VersionRef before = agent;
    agent = holds(wanted.getAgent()) ? wanted.getAgent() : before;
    return !agent.equals(before);
  }

  void report(Observed.Builder observed) {
    observed.setImage(image).addAllStaged(staged.values());
    if (!active.equals(NOTHING)) {
      observed.setActive(active);
    }
    if (!watchdogSet.equals(NOTHING)) {
      observed.setWatchdogSet(watchdogSet);
    }
    if (!agent.equals(NOTHING)) {
      observed.setAgent(agent);
    }
  }
}
