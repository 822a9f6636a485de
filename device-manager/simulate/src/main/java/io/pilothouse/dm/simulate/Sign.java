package io.pilothouse.dm.simulate;

import io.pilothouse.api.v1.Severity;

/**
 * What can be seen of an ailment.
 *
 * @param kind how it shows
 * @param fault code that the watchdog reports
 * @param severity of its report
 * @param harms whether the machine is of no use while it lasts
 */
record Sign(Kind kind, String fault, Severity severity, boolean harms) {

  /** How it shows. */
  enum Kind {
    /** Nothing runs: no agent, no answer. */
    DEAD,
    /** It serves, but its reports do not arrive. */
    MUTE,
    /** Nothing shows: what it does now and then is an ailment of its own. */
    LATENT,
    DISK_ERROR,
    DISK_WARNING,
    SLOW,
    PROCESS_ERROR
  }

  static final Sign DEAD = new Sign(Kind.DEAD, "", Severity.SEVERITY_UNSPECIFIED, true);
  static final Sign MUTE = new Sign(Kind.MUTE, "", Severity.SEVERITY_UNSPECIFIED, false);
  static final Sign SLOW = new Sign(Kind.SLOW, "slow", Severity.NORMAL, true);
  static final Sign IO_ERRORS = new Sign(Kind.DISK_ERROR, "io-errors", Severity.NORMAL, true);
  static final Sign SMART_FATAL = new Sign(Kind.DISK_ERROR, "smart-failing", Severity.FATAL, true);
  static final Sign SMART_SOFT =
      new Sign(Kind.DISK_WARNING, "smart-prefail", Severity.NORMAL, false);
}
