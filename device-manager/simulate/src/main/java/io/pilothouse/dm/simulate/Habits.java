package io.pilothouse.dm.simulate;

/**
 * How people behave.
 *
 * @param swapAfter longest time until a technician has swapped a machine, in milliseconds
 * @param decideAfter longest time until an operator decides what waits for one
 * @param wrongSwaps share of swaps that are done to another machine of the rack, 0 to 1
 * @param resolvesIncidents whether operators resolve open incidents, whatever their cause
 */
record Habits(long swapAfter, long decideAfter, double wrongSwaps, boolean resolvesIncidents) {

  static final Habits USUAL = new Habits(24 * Spans.HOUR, 4 * Spans.HOUR, 0.01, false);

  Habits withWrongSwaps(double share) {
    return new Habits(swapAfter, decideAfter, share, resolvesIncidents);
  }

  Habits resolving() {
    return new Habits(swapAfter, decideAfter, wrongSwaps, true);
  }
}
