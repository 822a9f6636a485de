package io.pilothouse.dm.simulate;

/** Units of virtual time, in milliseconds. */
final class Spans {
  static final long SECOND = 1000;
  static final long MINUTE = 60 * SECOND;
  static final long HOUR = 60 * MINUTE;
  static final long DAY = 24 * HOUR;
  static final long YEAR = 365 * DAY;

  private Spans() {}
}
