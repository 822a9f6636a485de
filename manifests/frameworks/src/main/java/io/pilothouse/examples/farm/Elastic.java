package io.pilothouse.examples.farm;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * How many servers a load needs: more at once, fewer only when fewer would have done for a while,
 * with room to spare. So a load that goes up and down does not make servers come and go. Pure: is
 * told the time.
 */
public final class Elastic {
  /** Servers are given back if the rest would be no fuller than this. */
  static final double SPARE = 0.75;

  /**
   * What it keeps to.
   *
   * @param least servers, whatever the load
   * @param most servers, whatever the load
   * @param each sessions that one server is meant for
   * @param calm how long fewer must have done before any is given back
   */
  public record Rule(int least, int most, double each, Duration calm) {
    public Rule {
      if (least < 1 || most < least) {
        throw new IllegalArgumentException(
            "at least %d and at most %d servers: expected 1 or more, and no fewer at most"
                .formatted(least, most));
      }
      if (each <= 0) {
        throw new IllegalArgumentException(
            "%s sessions for each server: expected more than none".formatted(each));
      }
    }

    private int clamp(double servers) {
      return (int) Math.max(least, Math.min(most, Math.ceil(servers)));
    }
  }

  private final Rule rule;
  private int wanted;
  private int highest;
  private @Nullable Instant since;

  Elastic(Rule rule) {
    this.rule = rule;
    this.wanted = rule.least();
  }

  /**
   * Servers wanted from now on.
   *
   * @param sessions that are served, or wait, now
   */
  int wanted(int sessions, Instant now) {
    int needed = rule.clamp(sessions / rule.each());
    int wouldDo = rule.clamp(sessions / (rule.each() * SPARE));
    if (needed > wanted) {
      wanted = needed;
      since = null;
    } else if (wouldDo >= wanted) {
      since = null;
    } else if (since == null) {
      since = now;
      highest = wouldDo;
    } else {
      highest = Math.max(highest, wouldDo);
      if (!now.isBefore(since.plus(rule.calm()))) {
        wanted = highest;
        since = null;
      }
    }
    return wanted;
  }

  int wanted() {
    return wanted;
  }
}
