package io.pilothouse.scheduler.allocator;

import io.pilothouse.scheduler.allocator.resources.Quantities;
import java.util.List;
import java.util.Set;

/**
 * How an allocator is set up.
 *
 * @param seed of the agents' order and of lots
 * @param intervalMillis between two batches; the least time that a filter lives
 * @param minimum an offer holds at least one of these, unless its framework says otherwise; empty:
 *     no minimum
 * @param notShared names that fairness is not about
 * @param roles the order of roles, and of frameworks within a role
 * @param gpusSetAside machines with GPUs are for frameworks that know of GPUs
 */
public record Options(
    long seed,
    long intervalMillis,
    List<Quantities> minimum,
    Set<String> notShared,
    Order roles,
    Order frameworks,
    boolean gpusSetAside) {
  /** Mesos' own: every second, 0.01 processors or 32 MB, by dominant share. */
  public static final Options DEFAULT =
      new Options(
          1,
          1000,
          List.of(Quantities.parse("cpus:0.01"), Quantities.parse("mem:32")),
          Set.of(),
          Order.BY_SHARE,
          Order.BY_SHARE,
          true);

  public Options {
    minimum = List.copyOf(minimum);
    notShared = Set.copyOf(notShared);
  }

  /** Strict priorities come on top of either: {@link Allocator#setPriority}. */
  public enum Order {
    /** Weighted dominant resource fairness. */
    BY_SHARE,
    /** Weighted lottery. */
    BY_LOT
  }

  public Options withSeed(long other) {
    return new Options(other, intervalMillis, minimum, notShared, roles, frameworks, gpusSetAside);
  }

  public Options withMinimum(List<Quantities> other) {
    return new Options(seed, intervalMillis, other, notShared, roles, frameworks, gpusSetAside);
  }

  public Options withNotShared(Set<String> other) {
    return new Options(seed, intervalMillis, minimum, other, roles, frameworks, gpusSetAside);
  }

  public Options withOrder(Order both) {
    return new Options(seed, intervalMillis, minimum, notShared, both, both, gpusSetAside);
  }
}
