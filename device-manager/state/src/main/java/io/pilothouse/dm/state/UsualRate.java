package io.pilothouse.dm.state;

import io.pilothouse.api.log.v1.Meta;

/**
 * The fleet's usual rate of new errors: per machine and window, in parts per million, as a moving
 * average over windows. Reckoned when an error comes, so that a quiet fleet costs nothing.
 */
final class UsualRate {
  /** A window changes the average by one part in eight. */
  private static final int WEIGHT = 8;

  /** After so many quiet windows nothing of what was is left. */
  private static final int FORGOTTEN = 128;

  private UsualRate() {}

  /** One more new error. */
  static void count(Draft draft) {
    Meta meta = reckoned(draft);
    draft.put(meta.toBuilder().setErrorRateCount(meta.getErrorRateCount() + 1).build());
  }

  /** These errors have one cause: they are not what is usual. */
  static void uncount(Draft draft, int errors) {
    Meta meta = draft.meta();
    int count = StrictMath.max(0, meta.getErrorRateCount() - errors);
    draft.put(meta.toBuilder().setErrorRateCount(count).build());
  }

  private static Meta reckoned(Draft draft) {
    Meta meta = draft.meta();
    long window = IncidentPolicies.of(draft).windowMs();
    if (meta.getErrorRateAt() == 0) {
      return meta.toBuilder().setErrorRateAt(draft.nowMillis()).build();
    }
    long windows = (draft.nowMillis() - meta.getErrorRateAt()) / window;
    if (windows == 0) {
      return meta;
    }
    int machines = draft.indexes().faults.members();
    long now = StrictMath.min(Ppm.of(meta.getErrorRateCount(), machines), Ppm.ALL);
    long rate = meta.getErrorRatePpm();
    rate += (now - rate) / WEIGHT;
    for (long i = 1; i < StrictMath.min(windows, FORGOTTEN); i++) {
      rate -= (rate + WEIGHT - 1) / WEIGHT;
    }
    return meta.toBuilder()
        .setErrorRatePpm((int) rate)
        .setErrorRateAt(meta.getErrorRateAt() + windows * window)
        .setErrorRateCount(0)
        .build();
  }
}
