package io.pilothouse.tasks;

import io.pilothouse.watchdog.RunAs;
import java.io.File;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Name spaces of process ids for commands and executors that have no image: none sees another's
 * processes, and the kernel ends all of one with its first.
 *
 * <p>That first one is a shell of ours, which waits for the command and ends as that does: the
 * kernel keeps signals that are not handled from the first process, so that a command in its place
 * would not end of a TERM. unshare(1) waits outside of it, and blocks TERM meanwhile.
 */
final class OwnPids {
  private static final Logger log = LoggerFactory.getLogger(OwnPids.class);
  private static final int SECONDS = 10;

  /** Of unshare(1). */
  static final List<String> OPTIONS = List.of("--pid", "--fork", "--mount-proc");

  /** What is to be run is in its words; what the shell itself reads is for that. */
  static final String INIT =
      """
      exec 3<&0 </dev/null
      "$@" <&3 3<&- &
      wait $!
      exit $?
      """;

  private static Optional<Boolean> known = Optional.empty();

  private OwnPids() {}

  /** Whether this machine permits them; found out once. */
  static synchronized boolean work() {
    if (known.isEmpty()) {
      String objection = objection();
      known = Optional.of(objection.isEmpty());
      if (!objection.isEmpty()) {
        log.warn("tasks see each other's processes: {}", objection);
      }
    }
    return known.get();
  }

  private static String objection() {
    if (!RunAs.isRoot()) {
      return "this agent is not root";
    }
    try {
      Process process =
          new ProcessBuilder("unshare", "--mount", "--pid", "--fork", "--mount-proc", "true")
              .redirectErrorStream(true)
              .redirectInput(Redirect.from(new File("/dev/null")))
              .redirectOutput(Redirect.DISCARD)
              .start();
      try {
        return process.waitFor(SECONDS, TimeUnit.SECONDS) && process.exitValue() == 0
            ? ""
            : "unshare --pid does not work here: the kernel, or whatever this machine runs in,"
                + " does not permit it";
      } finally {
        process.destroyForcibly();
      }
    } catch (IOException e) {
      return "unshare (Debian package util-linux) cannot be started: " + e.getMessage();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return "interrupted";
    }
  }
}
