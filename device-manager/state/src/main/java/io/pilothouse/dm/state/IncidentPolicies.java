package io.pilothouse.dm.state;

import io.pilothouse.api.v1.IncidentPolicy;

/** The thresholds of incidents, defaults filled and shares in parts per million. */
record IncidentPolicies(
    int machines,
    int sharePpm,
    int baseFactor,
    long windowMs,
    int massMachines,
    int massSharePpm,
    long quietMs,
    long trialAfterMs,
    int noiseSharePpm) {
  private static final long MINUTE = 60_000;

  /** More than this share of the members in error is too much, however bad the rest is. */
  static final int PLAINLY_BAD_PPM = 800_000;

  static IncidentPolicies of(Entities state) {
    return of(state.fleet().getIncidents());
  }

  static IncidentPolicies of(IncidentPolicy given) {
    return new IncidentPolicies(
        or(given.getMachines(), 5),
        Ppm.percent(or(given.getShare(), 60)),
        or(given.getBaseFactor(), 10),
        or(given.getWindowMs(), 10 * MINUTE),
        or(given.getMassMachines(), 5),
        Ppm.percent(or(given.getMassShare(), 15)),
        or(given.getQuietMs(), MINUTE),
        or(given.getTrialAfterMs(), 60 * MINUTE),
        Ppm.percent(or(given.getNoiseShare(), 20)));
  }

  /**
   * The rate of errors that is too much where {@code base} is usual. Ten times 10 % is no rate, so
   * in a small fleet, where one other failure is 10 %, a plainly bad one is enough; but never less
   * than twice what is usual.
   */
  int tooMuch(int base) {
    long times = StrictMath.min((long) baseFactor * base, PLAINLY_BAD_PPM);
    return (int) StrictMath.max(times, StrictMath.min(2L * base, Integer.MAX_VALUE));
  }

  private static int or(int given, int otherwise) {
    return given == 0 ? otherwise : given;
  }

  private static long or(long given, long otherwise) {
    return given == 0 ? otherwise : given;
  }

  private static double or(double given, double otherwise) {
    return given == 0 ? otherwise : given;
  }
}
