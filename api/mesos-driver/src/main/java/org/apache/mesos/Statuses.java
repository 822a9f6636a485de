package org.apache.mesos;

import io.pilothouse.driver.State;
import org.apache.mesos.Protos.Status;

/** A driver's state, as Mesos says it. */
final class Statuses {
  private Statuses() {}

  static Status of(State state) {
    return switch (state) {
      case NOT_STARTED -> Status.DRIVER_NOT_STARTED;
      case RUNNING -> Status.DRIVER_RUNNING;
      case ABORTED -> Status.DRIVER_ABORTED;
      case STOPPED -> Status.DRIVER_STOPPED;
    };
  }
}
