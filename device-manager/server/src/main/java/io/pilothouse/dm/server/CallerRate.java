package io.pilothouse.dm.server;

/**
 * How much one caller may ask.
 *
 * @param perSecond calls in the long run
 * @param burst calls at once after a rest
 * @param atOnce calls of its own that are worked on
 * @param strict whether it holds always; else only while there is more to do than one caller's
 */
record CallerRate(int perSecond, int burst, int atOnce, boolean strict) {

  /** A hundred times what an agent needs, whose fleet may have a hundred thousand of it. */
  private static final CallerRate MACHINE = new CallerRate(10, 100, 16, true);

  private static final CallerRate SERVICE = new CallerRate(200, 1_000, 256, false);
  private static final CallerRate OPERATOR = new CallerRate(200, 1_000, 512, false);

  /** For each that is worked on so many in all: others wait for news, or were not read yet. */
  private static final int OPEN = 4;

  static CallerRate of(Principal.Kind kind) {
    return switch (kind) {
      case MACHINE -> MACHINE;
      case SATELLITE, WATCHDOG, FRAMEWORK -> SERVICE;
      case OPERATOR -> OPERATOR;
    };
  }

  /** Calls of its own that are worked on, wait for news, or whose answers it has not read. */
  int open() {
    return OPEN * atOnce;
  }

  /** Shared by callers of a kind that found no place of their own. */
  CallerRate shared() {
    return new CallerRate(100 * perSecond, 100 * burst, 100 * atOnce, false);
  }

  /** Connections by one certificate: each may bring a call that is worked on. */
  static int connections(String principal) {
    return Principal.parse(principal)
        .map(Principal::kind)
        .map(CallerRate::of)
        .orElse(MACHINE)
        .atOnce();
  }

  ReportQuotas.Quota quota() {
    return new ReportQuotas.Quota(60.0 * perSecond, burst);
  }
}
