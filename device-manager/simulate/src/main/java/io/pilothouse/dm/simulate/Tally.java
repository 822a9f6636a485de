package io.pilothouse.dm.simulate;

import io.pilothouse.api.v1.Action;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What came of a run, kept as it happens; the same for whoever controls the fleet. */
final class Tally {

  /** A machine's own trouble, from the first ailment until it serves again. */
  private static final class Episode {
    final long began;
    boolean detected;

    Episode(long began) {
      this.began = began;
    }
  }

  /** A machine as last seen. */
  private static final class Seen {
    boolean serves = true;
    boolean taken;
    Optional<Episode> episode = Optional.empty();
  }

  private final Map<String, Seen> machines = new HashMap<>();
  private final Shares taken;
  private final Shares lost;
  private final int fleet;
  private final List<Long> detect = new ArrayList<>();
  private final List<Long> repair = new ArrayList<>();
  private final Map<Action, Integer> acts = new EnumMap<>(Action.class);
  private int needless;
  private int tooStrong;
  private int wrongMachine;
  private int passed;
  private final Map<String, Integer> counts = new HashMap<>();
  private int down;
  private long downMillis;
  private long lastChange;

  Tally(Plant plant, long now) {
    this.taken = new Shares(plant.sizes());
    this.lost = new Shares(plant.sizes());
    this.fleet = plant.machines().size();
    this.lastChange = now;
    plant.machines().forEach(each -> machines.put(each, new Seen()));
  }

  /** A machine, or what its controller makes of it, changed. */
  void machine(SimMachine machine, long now, boolean isTaken, boolean inService) {
    Seen seen = seen(machine.name());
    boolean serves = machine.serves();
    integrate(now);
    boolean wasLost = !seen.serves && !seen.taken;
    boolean isLost = !serves && !isTaken;
    if (serves != seen.serves) {
      down += serves ? -1 : 1;
    }
    if (isTaken != seen.taken) {
      taken.add(machine.place, isTaken ? 1 : -1);
    }
    if (isLost != wasLost) {
      lost.add(machine.place, isLost ? 1 : -1);
    }
    seen.serves = serves;
    seen.taken = isTaken;
    episode(machine, seen, now, inService);
  }

  private void episode(SimMachine machine, Seen seen, long now, boolean inService) {
    boolean ill =
        machine.ailments().stream()
            .anyMatch(each -> each.sign().harms() && each.mend() != Mend.OTHER_VERSION);
    if (ill && seen.episode.isEmpty()) {
      seen.episode = Optional.of(new Episode(now));
    }
    if (seen.episode.isPresent() && !ill && seen.serves && inService) {
      Episode over = seen.episode.get();
      if (over.detected) {
        repair.add(now - over.began);
      } else {
        passed++;
      }
      seen.episode = Optional.empty();
    }
  }

  /** The controller has found that something is wrong with the machine. */
  void detected(SimMachine machine, long now) {
    seen(machine.name())
        .episode
        .filter(each -> !each.detected)
        .ifPresent(
            each -> {
              each.detected = true;
              detect.add(now - each.began);
            });
  }

  void acted(SimMachine machine, Action action) {
    acts.merge(action, 1, Integer::sum);
    Mend does =
        switch (action) {
          case REBOOT -> Mend.REBOOT;
          case RE_IMAGE -> Mend.RE_IMAGE;
          case REPLACE -> Mend.REPLACE;
          case DO_NOTHING, ESCALATE, ACTION_UNSPECIFIED, UNRECOGNIZED ->
              throw new IllegalArgumentException(action + " touches no machine");
        };
    Optional<Mend> needs = machine.needs().filter(each -> each != Mend.OTHER_VERSION);
    boolean gentler =
        machine.ailments().stream()
            .filter(each -> each.mend() != Mend.OTHER_VERSION)
            .allMatch(each -> each.mend().compareTo(does) < 0);
    if (needs.isEmpty()) {
      needless++;
    } else if (gentler) {
      tooStrong++;
    }
  }

  /** Somebody acted on another machine than was meant. */
  void wrongMachine() {
    wrongMachine++;
  }

  /** Something worth counting happened. */
  void count(String what) {
    counts.merge(what, 1, Integer::sum);
  }

  int counted(String what) {
    return counts.getOrDefault(what, 0);
  }

  int acts(Action action) {
    return acts.getOrDefault(action, 0);
  }

  int needless() {
    return needless;
  }

  int tooStrong() {
    return tooStrong;
  }

  int taken(String domain) {
    return taken.count(domain);
  }

  /** What it comes to by now. */
  Outcome outcome(String name, long began, long now, long entries, long renewals) {
    integrate(now);
    return new Outcome(
        name,
        fleet,
        now - began,
        Quantiles.of(detect),
        Quantiles.of(repair),
        passed,
        new Outcome.Repairs(
            acts(Action.REBOOT),
            acts(Action.RE_IMAGE),
            acts(Action.REPLACE),
            counted("do-nothing"),
            counted("escalation"),
            needless,
            tooStrong,
            wrongMachine),
        taken.peaks(),
        lost.peaks(),
        counted("incident"),
        entries,
        renewals,
        downMillis);
  }

  private void integrate(long now) {
    downMillis += down * (now - lastChange);
    lastChange = now;
  }

  private Seen seen(String machine) {
    Seen seen = machines.get(machine);
    if (seen == null) {
      throw new IllegalArgumentException("no machine " + machine);
    }
    return seen;
  }
}
