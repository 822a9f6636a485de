package io.pilothouse.cli.dev;

import io.pilothouse.cli.CliException;
import io.pilothouse.cli.ExitCode;
import java.io.IOException;
import java.util.List;
import java.util.Locale;

/**
 * One of our programs that has what the command line does without: Ratis, RocksDB, the rules. It
 * speaks with the terminal itself, and ends with the command line's exit codes.
 */
public final class ChildProgram {
  private ChildProgram() {}

  /**
   * Runs it to its end.
   *
   * @param archive of its classes, when there is one
   * @throws CliException FAILED when it ends with a code that is none of ours
   */
  public static ExitCode run(String archive, String main, List<String> arguments)
      throws IOException, InterruptedException {
    List<String> command = Layout.java("backtest", archive, main, arguments.toArray(String[]::new));
    Process process = new ProcessBuilder(command).inheritIO().start();
    try {
      int code = process.waitFor();
      for (ExitCode each : ExitCode.values()) {
        if (each.code() == code) {
          return each;
        }
      }
      throw new CliException(
          ExitCode.FAILED,
          archive.toUpperCase(Locale.ROOT),
          "%s ended with code %d".formatted(archive, code),
          "try it again");
    } finally {
      // interrupted, or asked to end: not to be left behind
      process.destroy();
    }
  }

  /** Adds a flag with its value, when there is one. */
  public static void add(List<String> arguments, String flag, String value) {
    if (!value.isEmpty()) {
      arguments.addAll(List.of(flag, value));
    }
  }
}
