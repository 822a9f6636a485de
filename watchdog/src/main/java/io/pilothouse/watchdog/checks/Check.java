package io.pilothouse.watchdog.checks;

import java.io.IOException;

/** Looks at one thing of the machine. One thread at a time; it may remember what it saw. */
public interface Check {
  /**
   * Looks.
   *
   * @throws IOException when it cannot look, in words for a person: that is UNKNOWN
   */
  Finding look() throws IOException, InterruptedException;
}
