package io.pilothouse.scheduler.core;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How many agents may be given up. A scheduler that hears many no more is likelier cut off from
 * them than they are all dead, and frameworks that are told so start all their tasks once more
 * (Mesos has a rate for it, {@code --agent_removal_rate_limit}, off by default).
 */
final class Removals {
  /** Time that the share is of. */
  static final long WINDOW = Duration.ofMinutes(10).toMillis();

  /** In a small fleet; a rack more or less. */
  static final int ALWAYS = 40;

  private static final int PERCENT = 10;
  private static final Logger log = LoggerFactory.getLogger(Removals.class);

  private final Tables tables;
  private final Deque<Long> given = new ArrayDeque<>();
  private long told = Long.MIN_VALUE;

  Removals(Tables tables) {
    this.tables = tables;
  }

  /** Counts it, if it may be. */
  boolean take() {
    while (!given.isEmpty() && tables.now - given.getFirst() >= WINDOW) {
      given.removeFirst();
    }
    int fleet = tables.agents.size() + tables.expected.size() + given.size();
    int most = Math.max(ALWAYS, fleet * PERCENT / 100);
    if (given.size() < most) {
      given.addLast(tables.now);
      return true;
    }
    if (told == Long.MIN_VALUE || tables.now - told >= WINDOW) {
      told = tables.now;
      log.error(
          "{} agents of {} were given up within {} min, and more do not answer; they are kept, and"
              + " nothing is told of their tasks: is this scheduler cut off from them?",
          given.size(),
          fleet,
          Duration.ofMillis(WINDOW).toMinutes());
    }
    return false;
  }
}
