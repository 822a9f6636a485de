package io.pilothouse.agent;

import io.pilothouse.watchdog.ProcessGroups;
import java.io.IOException;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Stops a process with all that it started. The group counts, not its leader: a shell dies of TERM
 * at once while the server that it waits for still says good-bye to its clients.
 */
final class Groups {
  private static final Logger log = LoggerFactory.getLogger(Groups.class);
  private static final Duration KILL_WAIT = Duration.ofSeconds(5);
  private static final Duration LOOK = Duration.ofMillis(20);

  private Groups() {}

  /** TERM to all of it. */
  static void terminate(long group) throws IOException, InterruptedException {
    ProcessGroups.signal(group, "TERM");
  }

  /**
   * Waits until all of it is gone, and kills what is not after the grace.
   *
   * @throws IOException when not even that ends it
   */
  static void end(long group, Duration grace) throws IOException, InterruptedException {
    if (isGone(group, grace)) {
      return;
    }
    log.warn("process group {} did not stop within {} ms: killed", group, grace.toMillis());
    kill(group);
  }

  /** KILL to all of it. */
  static void kill(long group) throws IOException, InterruptedException {
    if (!ProcFs.groupRuns(group)) {
      return;
    }
    ProcessGroups.signal(group, "KILL");
    if (!isGone(group, KILL_WAIT)) {
      throw new IOException("process group %d cannot be killed".formatted(group));
    }
  }

  private static boolean isGone(long group, Duration wait)
      throws IOException, InterruptedException {
    long deadline = System.nanoTime() + wait.toNanos();
    while (ProcFs.groupRuns(group)) {
      if (System.nanoTime() - deadline >= 0) {
        return false;
      }
      Thread.sleep(LOOK);
    }
    return true;
  }
}
