package io.pilothouse.driver;

/** A driver's, as Mesos' {@code Status} has them. */
public enum State {
  NOT_STARTED,
  RUNNING,
  ABORTED,
  STOPPED
}
