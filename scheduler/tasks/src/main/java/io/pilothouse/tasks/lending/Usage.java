package io.pilothouse.tasks.lending;

import java.time.Duration;
import java.util.List;
import java.util.OptionalDouble;
import java.util.OptionalLong;

/**
 * One look at a machine.
 *
 * @param nanos when it was, by a clock of which only differences mean anything
 * @param setAside processors that its type sets aside for tasks
 * @param loads each task that is a command, and each executor of a framework with its tasks
 * @param strain how the machine fares
 */
public record Usage(long nanos, double setAside, List<Load> loads, Strain strain) {
  /** Copies what is given. */
  public Usage {
    loads = List.copyOf(loads);
  }

  /**
   * The processes of one task or executor.
   *
   * @param container which it is
   * @param own processors that it has for good
   * @param lent processors that it has as long as nobody else needs them (revocable)
   * @param used nanoseconds of processors' time since it was started; empty where that is not
   *     counted, or it has not been started yet
   * @param age for how long it runs; zero for one that nothing is lent to
   * @param ending whether it has been told to end
   */
  public record Load(
      String container, double own, double lent, OptionalLong used, Duration age, boolean ending) {}

  /**
   * How the machine fares, all of it.
   *
   * @param busy how much of its processors' time was used since the look before, 0 to 1; empty at
   *     the first
   * @param stalled for how much of the last 10 s somebody waited for a processor, 0 to 1; empty
   *     where the kernel does not say
   * @param queue processes that run or wait to, for each processor, over a minute
   */
  public record Strain(OptionalDouble busy, OptionalDouble stalled, double queue) {
    /** One that nothing is known of. */
    public static final Strain UNKNOWN =
        new Strain(OptionalDouble.empty(), OptionalDouble.empty(), 0);
  }
}
