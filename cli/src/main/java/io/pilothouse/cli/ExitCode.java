package io.pilothouse.cli;

/** What the process exits with; part of the contract with scripts. */
public enum ExitCode {
  DONE(0),
  /** Failed, unhealthy or not found. */
  FAILED(1),
  /** Wrong usage or invalid input. */
  USAGE(2),
  /** Changes are present, only with {@code --detailed-exitcode}; two states differ. */
  CHANGES(3),
  /** A rollout failed, was aborted or rolled back. */
  ROLLOUT_FAILED(4),
  /** Gave up waiting, the outcome is open; or an order waits for a second person. */
  GAVE_UP(5),
  /** Refused for its precondition: stale revision, conflict, guard, frozen. */
  REFUSED(6),
  NOT_ALLOWED(7),
  /** Cannot reach the service, or it has no quorum. */
  UNREACHABLE(8);

  private final int code;

  ExitCode(int code) {
    this.code = code;
  }

  public int code() {
    return code;
  }
}
