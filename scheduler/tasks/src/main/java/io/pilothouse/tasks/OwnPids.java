package io.pilothouse.tasks;

import io.pilothouse.watchdog.RunAs;
import java.io.File;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.time.Duration;
import java.util.List;
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

  private static final Duration AGAIN = Duration.ofMinutes(1);

  /** What is known of this machine. */
  private static final OwnPids MACHINES = new OwnPids(OwnPids::ask);

  /** Finds out whether they are permitted. */
  interface Probe {
    /**
     * Why they are not.
     *
     * @return "" when they are
     * @throws IOException when that is not known, in words: it is asked again
     */
    String objection() throws IOException;
  }

  private final Probe probe;
  private volatile String objection = "it is not known yet whether this machine permits it";
  private volatile boolean known;
  private volatile long askedAt;
  private volatile boolean asked;

  OwnPids(Probe probe) {
    this.probe = probe;
  }

  /** Whether this machine permits them, as far as it is known. */
  static boolean work() {
    return MACHINES.objection.isEmpty();
  }

  /** Finds that out if it is asked for and not known; may take long, and is under no monitor. */
  static void look(Rules rules) {
    if (rules.ownPids()) {
      MACHINES.look(System.nanoTime());
    }
  }

  /** For the status page: "" where tasks have them. */
  static String describe(Rules rules) {
    return rules.ownPids() ? MACHINES.objection : "the machine's type does not ask for it";
  }

  String objection() {
    return objection;
  }

  /** Whatever was found for sure stays; what took too long is asked again after a while. */
  synchronized void look(long now) {
    if (known || (asked && now - askedAt < AGAIN.toNanos())) {
      return;
    }
    asked = true;
    askedAt = now;
    try {
      objection = probe.objection();
      known = true;
    } catch (IOException e) {
      objection = String.valueOf(e.getMessage());
    }
    if (!objection.isEmpty()) {
      log.warn("tasks have no process ids of their own: {}", objection);
    }
  }

  private static String ask() throws IOException {
    if (!RunAs.isRoot()) {
      return "this agent is not root";
    }
    Process process;
    try {
      process =
          new ProcessBuilder("unshare", "--mount", "--pid", "--fork", "--mount-proc", "true")
              .redirectErrorStream(true)
              .redirectInput(Redirect.from(new File("/dev/null")))
              .redirectOutput(Redirect.DISCARD)
              .start();
    } catch (IOException e) {
      throw new IOException(
          "unshare (Debian package util-linux) cannot be started: " + e.getMessage(), e);
    }
    try {
      if (!process.waitFor(SECONDS, TimeUnit.SECONDS)) {
        throw new IOException("unshare --pid took longer than %d s".formatted(SECONDS));
      }
      return process.exitValue() == 0
          ? ""
          : "unshare --pid does not work here: the kernel, or whatever this machine runs in,"
              + " does not permit it";
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    } finally {
      process.destroyForcibly();
    }
  }
}
