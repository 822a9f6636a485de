package io.pilothouse.scheduler.core;

import io.pilothouse.api.v1.Condition;
import io.pilothouse.api.v1.Lifecycle;
import io.pilothouse.api.v1.OfferableMachine;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Whether this scheduler is cut off from machines that are well: the Device Manager, to which they
 * report, calls them HEALTHY, and their agents are not here. Then another scheduler may hear them.
 * Machines that are dead are in FAILURE soon and do not count, so that a rack without power sends
 * nobody away. A scheduler to which many never came hands nothing on: the one before it is no
 * nearer to them.
 */
final class CutOff {
  /** That it lasts: longer than the Device Manager takes to notice that a machine is silent. */
  static final long LONG = Duration.ofMinutes(5).toMillis();

  /** Machines, at least. */
  static final int LEAST = 5;

  private static final int PERCENT = 25;

  private final Tables tables;
  private boolean wasWell;
  private int healthy;
  private int away;

  /** When many were away; 0: they are not. */
  private long since;

  CutOff(Tables tables) {
    this.tables = tables;
  }

  /** Counts anew. */
  void look() {
    healthy = 0;
    away = 0;
    for (AgentRecord each : tables.records.values()) {
      @Nullable OfferableMachine machine = tables.machines.get(each.machine);
      if (machine != null
          && machine.getLifecycle() == Lifecycle.IN_SERVICE
          && machine.getCondition() == Condition.HEALTHY) {
        healthy++;
        @Nullable Agent agent = tables.byMachine.get(each.machine);
        if (agent == null || agent.link == null) {
          away++;
        }
      }
    }
    boolean many = away >= LEAST && away * 100L >= (long) PERCENT * healthy;
    if (!many) {
      since = 0;
      wasWell |= healthy > away;
    } else if (since == 0) {
      since = tables.now;
    }
  }

  /** What there is to say when it is. */
  Optional<String> why() {
    return wasWell && since != 0 && tables.now - since >= LONG
        ? Optional.of(
            "%d of %d machines that the Device Manager calls HEALTHY are not heard here for %d min"
                .formatted(away, healthy, Duration.ofMillis(tables.now - since).toMinutes()))
        : Optional.empty();
  }
}
