package io.pilothouse.agent;

import io.pilothouse.watchdog.ProcessGroups;
import io.pilothouse.watchdog.RunAs;
import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * Runs the short lines of a manifest: probes and hooks.
 *
 * @param prefix of the command: how to become the process's user
 * @param output where what they print goes; empty = nowhere
 */
record ShellLine(
    Path directory,
    Map<String, String> environment,
    List<String> prefix,
    Optional<ProcessLog> output) {

  /** How to become a process's user; nothing for the agent's own. */
  static List<String> prefix(Optional<String> user) throws IOException {
    if (user.isEmpty() || user.get().equals(RunAs.self().user())) {
      return List.of();
    }
    if (!RunAs.isRoot()) {
      throw new IOException(
          "this agent is not root and cannot run it as \"%s\": start the agent as root, or leave"
                  .formatted(user.get())
              + " user out");
    }
    return RunAs.of(user.get()).prefix();
  }

  /**
   * Runs a line.
   *
   * @param name of it, for the problem
   * @return what is wrong; empty when it exited with 0
   */
  Optional<String> run(String name, String line, Duration timeout) throws InterruptedException {
    return run(name, line, timeout, false);
  }

  /** The same for a line that is run again and again: what it leaves behind is killed. */
  Optional<String> look(String name, String line, Duration timeout) throws InterruptedException {
    return run(name, line, timeout, true);
  }

  private Optional<String> run(String name, String line, Duration timeout, boolean alone)
      throws InterruptedException {
    List<String> command = new ArrayList<>(List.of("setsid"));
    command.addAll(prefix);
    command.addAll(List.of("/bin/sh", "-c", line));
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(directory.toFile())
            .redirectInput(new File("/dev/null"))
            .redirectErrorStream(true);
    builder.environment().putAll(environment);
    try {
      Process process = start(builder);
      boolean ended = false;
      try {
        ended = process.waitFor(timeout.toMillis(), TimeUnit.MILLISECONDS);
      } finally {
        if (!ended || alone) {
          ProcessGroups.signal(process.pid(), "KILL");
        }
      }
      if (!ended) {
        return Optional.of(
            "%s did not end within %d ms and was killed".formatted(name, timeout.toMillis()));
      }
      int status = process.exitValue();
      return status == 0
          ? Optional.empty()
          : Optional.of("%s exited with %d".formatted(name, status));
    } catch (IOException e) {
      return Optional.of("%s cannot be run: %s".formatted(name, e.getMessage()));
    }
  }

  private Process start(ProcessBuilder builder) throws IOException {
    return output.isPresent()
        ? output.get().start(builder)
        : builder.redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
  }
}
