package io.pilothouse.tasks.check;

import io.pilothouse.mesos.v1.CheckStatusInfo;
import java.time.Duration;

/** One way to look at a task. */
public interface Probe {
  /**
   * What a look found.
   *
   * @param status as frameworks are told it; with nothing in it when nothing could be found out
   * @param failure why this is not well, in words for a person; empty when it is
   */
  record Finding(CheckStatusInfo status, String failure) {
    public boolean isWell() {
      return failure.isEmpty();
    }
  }

  /** Looks; never longer than so much and a little. */
  Finding look(Duration timeout) throws InterruptedException;
}
