package io.pilothouse.cli.dev;

import java.io.IOException;
import java.util.List;

/**
 * What reads the Device Manager's files: it needs RocksDB and Ratis, and so is a program of its own
 * (docs/decisions/0027-backup-and-restore.md); it shares this process's terminal.
 */
public final class InspectProgram {
  private InspectProgram() {}

  /** Runs it to its end, and returns its exit code. */
  public static int run(List<String> arguments) throws IOException, InterruptedException {
    List<String> command =
        Layout.java(
            "backtest",
            "inspect",
            "io.pilothouse.dm.inspect.Main",
            arguments.toArray(String[]::new));
    Process process = new ProcessBuilder(command).inheritIO().start();
    try {
      return process.waitFor();
    } finally {
      // interrupted, or asked to end: not to be left behind
      process.destroy();
    }
  }
}
