package io.pilothouse.dm.server;

/**
 * How much the edge takes on at once.
 *
 * @param operators calls of {@link CallClass#OPERATOR_AND_REPAIR} under way
 * @param reports those and {@link CallClass#REPORT} together
 * @param pulls those and {@link CallClass#PULL} together; not above reports, so that pulls are
 *     turned away first
 * @param background all calls together, when another of {@link CallClass#BACKGROUND} is to begin
 * @param parked long polls that wait for news; they are no work, but they take memory
 * @param callers principals whose rates are kept in mind
 * @param woken pulls that look for news at once after a change woke them
 */
record EdgeLimits(
    int operators, int reports, int pulls, int background, int parked, int callers, int woken) {

  /** About a tenth of a second of one core's work, by the cheapest calls. */
  private static final int CALLS_EACH_CORE = 512;

  private static final int WOKEN_EACH_CORE = 8;

  /** A parked call is a virtual thread, a stream and its buffers: half of this, measured. */
  private static final int BYTES_EACH_PARKED = 16 << 10;

  /** Machines of a fleet of 150,000 on three replicas. */
  private static final int MOST_PARKED = 50_000;

  /** Requests that wait for the log: beyond, what followers can do as well is left to them. */
  static final int LOG_BEHIND = 1_000;

  /** Beyond, reports come later, too. The log itself takes 10,000: the rest is for operators. */
  static final int LOG_FAR_BEHIND = 5_000;

  static EdgeLimits ofThisProcess() {
    Runtime runtime = Runtime.getRuntime();
    return of(runtime.availableProcessors(), runtime.maxMemory());
  }

  static EdgeLimits of(int cores, long heapBytes) {
    int calls = CALLS_EACH_CORE * cores;
    int parked = (int) Math.min(MOST_PARKED, heapBytes / BYTES_EACH_PARKED);
    return new EdgeLimits(
        calls,
        2 * calls,
        calls + calls / 2,
        calls / 4,
        parked,
        2 * MOST_PARKED,
        WOKEN_EACH_CORE * cores);
  }

  EdgeLimits withParked(int most) {
    return new EdgeLimits(operators, reports, pulls, background, most, callers, woken);
  }

  /** Calls under way of this class and of those above it, below which one more is taken. */
  int underWay(CallClass callClass) {
    return switch (callClass) {
      case OPERATOR_AND_REPAIR -> operators;
      case REPORT -> reports;
      case PULL -> pulls;
      case BACKGROUND -> background;
    };
  }

  /** Requests that may wait for the log when one more call is taken. */
  static int logWaiting(CallClass callClass) {
    return switch (callClass) {
      case OPERATOR_AND_REPAIR -> Integer.MAX_VALUE; // the log itself says when it is full
      case REPORT -> LOG_FAR_BEHIND;
      case PULL, BACKGROUND -> LOG_BEHIND;
    };
  }

  /** Calls under way from which on nobody gets more than its share. */
  int busy() {
    return operators / 2;
  }
}
