package io.pilothouse.testing.simulation.cluster;

import io.pilothouse.testing.simulation.Agenda;
import java.util.BitSet;

/**
 * The network: loses, doubles, delays and so reorders, and cuts links in one direction at a time.
 * Harsher than the connections of the product, which deliver in order or break.
 */
final class Net {
  private static final int MOST = 64;

  private final Agenda agenda;
  private final Dice dice;
  private final BitSet cut = new BitSet(MOST * MOST);
  private Profile profile;
  private long delivered;

  Net(Agenda agenda, Dice dice, Profile profile) {
    this.agenda = agenda;
    this.dice = dice;
    this.profile = profile;
  }

  void become(Profile other) {
    profile = other;
  }

  void send(int from, int to, Runnable arrival) {
    once(from, to, arrival);
    if (dice.chance(profile.duplicates())) {
      once(from, to, arrival);
    }
  }

  private void once(int from, int to, Runnable arrival) {
    if (isCut(from, to) || dice.chance(profile.loss())) {
      return;
    }
    long delay =
        dice.chance(profile.delayed())
            ? dice.between(1, profile.longestDelay())
            : dice.between(1, 4);
    agenda.after(
        delay,
        () -> {
          if (!isCut(from, to)) {
            delivered++;
            arrival.run();
          }
        });
  }

  private boolean isCut(int from, int to) {
    return cut.get(from * MOST + to);
  }

  /** Nothing gets from one to the other; the way back stays as it is. */
  void cut(int from, int to) {
    cut.set(from * MOST + to);
  }

  void heal() {
    cut.clear();
  }

  long delivered() {
    return delivered;
  }
}
