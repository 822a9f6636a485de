package io.pilothouse.scheduler.core;

import io.pilothouse.scheduler.allocator.Quota;
import io.pilothouse.scheduler.allocator.resources.Quantities;
import io.pilothouse.scheduler.allocator.resources.Resources;
import java.util.List;

/**
 * A role with what was set of it and what it has.
 *
 * @param used by tasks and executors, with the roles below it
 * @param offered the same, of offers that are not answered
 * @param reserved for it and the roles below it, used or not, on agents that are registered
 * @param consumed what is charged against the quota
 * @param share of what it has the most of, 0 to 1, not divided by the weight
 * @param dominant of which resource; empty: it has nothing
 * @param revokeAfter milliseconds below its guarantee until tasks of others are ended; 0: never
 * @param lack what is missing to its guarantee, and what is done; empty: nothing is
 * @param frameworks ids of those that are subscribed with it
 */
public record RoleFigures(
    String name,
    double weight,
    int priority,
    Quota quota,
    Resources used,
    Resources offered,
    Resources reserved,
    Quantities consumed,
    double share,
    String dominant,
    long revokeAfter,
    String lack,
    List<String> frameworks) {
  public RoleFigures {
    frameworks = List.copyOf(frameworks);
  }

  public Resources allocated() {
    return used.plus(offered);
  }
}
