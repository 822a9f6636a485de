package io.pilothouse.testing.simulation.cluster;

import io.pilothouse.testing.simulation.Agenda;
import java.time.Instant;
import java.time.InstantSource;

/**
 * A machine's two clocks: a monotonic one that runs a little fast or slow, and a time of day that
 * may be set.
 */
final class NodeClock implements InstantSource {
  private final Agenda agenda;
  private final long start;
  private final double rate;
  private long ahead;

  NodeClock(Agenda agenda, Dice dice) {
    this.agenda = agenda;
    this.start = agenda.now();
    this.rate = 0.99 + 0.02 * dice.share();
    this.ahead = dice.between(-500, 500);
  }

  /** Monotonic, as {@link System#nanoTime}. */
  long nanos() {
    return (long) ((agenda.now() - start) * rate * 1e6);
  }

  /** As {@link #nanos}, in milliseconds. */
  long monotonic() {
    return nanos() / 1_000_000;
  }

  /** How much true time passes while this clock goes on by so much. */
  long real(long millis) {
    return Math.max(0, Math.round(millis / rate));
  }

  /** Somebody, or a faulty time server, sets the time of day. */
  void set(long millisAhead) {
    ahead = millisAhead;
  }

  @Override
  public Instant instant() {
    return Instant.ofEpochMilli(agenda.now() + ahead);
  }
}
