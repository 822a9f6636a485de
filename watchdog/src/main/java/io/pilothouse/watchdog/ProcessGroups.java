package io.pilothouse.watchdog;

import java.io.IOException;
import java.util.concurrent.TimeUnit;

/** Signals to whole process groups, which the JDK cannot send. */
public final class ProcessGroups {
  private ProcessGroups() {}

  /** Sends a signal to a group; replaced in tests. */
  interface Signal {
    void send(long group, String signal) throws IOException, InterruptedException;
  }

  /**
   * Sends a signal to every process of a group; a group that is gone is no error.
   *
   * @param group id of the group: the pid of its leader
   * @param signal name without SIG, for example TERM
   * @throws IOException when no process can be started to send it
   */
  public static void signal(long group, String signal) throws IOException, InterruptedException {
    if (group <= 1) {
      throw new IllegalArgumentException("process group " + group + " (expected: above 1)");
    }
    Process kill =
        new ProcessBuilder("/bin/sh", "-c", "kill -s " + signal + " -- -" + group)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    kill.waitFor(5, TimeUnit.SECONDS);
  }
}
