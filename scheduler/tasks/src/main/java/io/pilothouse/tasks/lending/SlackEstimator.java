package io.pilothouse.tasks.lending;

import io.pilothouse.mesos.v1.Resource;
import io.pilothouse.mesos.v1.Value;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * Lends processors that tasks have and, for a while, have not used: what they have less what they
 * used in all but the busiest moments, less a share for the case that they want more. A task that
 * has not been looked at for the whole while is taken to use all that it has; so is one whose use
 * cannot be measured.
 *
 * <p>Processors alone: who wants his back has them at once, as whoever borrowed them weighs next to
 * nothing. Memory that somebody has written to is given back by nobody but the dead.
 */
public final class SlackEstimator implements ResourceEstimator {
  /** Lent in tenths of processors. */
  private static final double STEPS = 10;

  /**
   * How careful it is.
   *
   * @param window what counts is what was used in it
   * @param share of the looks in it that used no more than what is taken to be used, 0 to 1
   * @param reserve share of what is unused that is not lent all the same, 0 to 1
   */
  public record Care(Duration window, double share, double reserve) {
    /** A minute, of which the three busiest seconds are passed over, and a fifth in reserve. */
    public static final Care USUAL = new Care(Duration.ofMinutes(1), 0.95, 0.2);
  }

  private final Care care;
  private final Histories histories;

  public SlackEstimator(Care care) {
    this.care = care;
    this.histories = new Histories(care.window(), true);
  }

  @Override
  public List<Resource> lendable(Usage usage) {
    histories.add(usage);
    double slack = 0;
    for (Usage.Load each : usage.loads()) {
      slack += each.own() - used(each);
    }
    // a little more than nothing: 0.3 is not quite three times 0.1
    double steps = Math.floor(slack * (1 - care.reserve()) * STEPS + 1e-6);
    return steps <= 0 ? List.of() : List.of(cpus(steps / STEPS));
  }

  /** More than it has is a part of the others' slack. */
  private double used(Usage.Load load) {
    if (load.own() == 0) {
      return 0; // what is lent is not lent again
    }
    Optional<History> known = histories.of(load).filter(History::isFull);
    return known.isPresent() ? known.get().peak(care.share()) : load.own();
  }

  static Resource cpus(double amount) {
    return Resource.newBuilder()
        .setName("cpus")
        .setType(Value.Type.SCALAR)
        .setScalar(Value.Scalar.newBuilder().setValue(amount))
        .setRevocable(Resource.RevocableInfo.getDefaultInstance())
        .build();
  }
}
