package io.pilothouse.dm.simulate;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;

/**
 * One way in which things go wrong.
 *
 * @param name as in a file of rates
 * @param per what the rate counts by
 * @param rate how often a year by default, or a share for {@link Per#SHARE}
 * @param source where the default comes from
 * @param effect what happens to a subject; drawn when the trace is made, so that it is the same for
 *     everyone who controls the fleet
 */
record FaultModel(String name, Per per, double rate, String source, Effect effect) {

  /** What a rate counts by; each has a year of its own. */
  enum Per {
    MACHINE,
    RACK,
    SWITCH,
    FEED,
    FLEET,
    /** Not a rate: a share of machines, or of acts, from 0 to 1. */
    SHARE;

    /** For people. */
    String words() {
      return this == SHARE
          ? "share, 0 to 1"
          : "per " + name().toLowerCase(java.util.Locale.ROOT) + " and year";
    }

    private List<String> subjects(Plant plant) {
      return switch (this) {
        case MACHINE, SHARE -> plant.machines();
        case RACK -> plant.domains("rack");
        case SWITCH -> plant.domains("switch");
        case FEED -> plant.domains("feed");
        case FLEET -> List.of("fleet");
      };
    }
  }

  /** Draws what happens to a subject. */
  interface Effect {
    Consumer<World> on(String subject, Random random);
  }

  /** When it strikes what, between two times, at a rate. */
  List<Strike> draw(Plant plant, Random random, double atRate, long from, long millis) {
    List<Strike> strikes = new ArrayList<>();
    List<String> subjects = per.subjects(plant);
    if (subjects.isEmpty() || atRate <= 0) {
      return strikes;
    }
    if (per == Per.SHARE) {
      for (String subject : subjects) {
        if (random.nextDouble() < atRate) {
          strikes.add(new Strike(from, name, subject, effect.on(subject, random)));
        }
      }
      return strikes;
    }
    double perMilli = atRate * subjects.size() / Spans.YEAR;
    double at = from + Chance.gap(random, perMilli);
    while (at < from + millis) {
      String subject = subjects.get(random.nextInt(subjects.size()));
      strikes.add(new Strike((long) at, name, subject, effect.on(subject, random)));
      at += Chance.gap(random, perMilli);
    }
    return strikes;
  }
}
