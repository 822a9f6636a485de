package io.pilothouse.cli.dev;

import java.io.IOException;
import java.util.List;

/**
 * The backtest, which rebuilds the Device Manager's state and so is a program of its own
 * (docs/decisions/0014-record-beside-the-log.md); it shares this process's terminal.
 */
public final class BacktestProgram {
  private BacktestProgram() {}

  /** Runs it to its end, and returns its exit code. */
  public static int run(List<String> arguments) throws IOException, InterruptedException {
    List<String> command =
        Layout.java(
            "backtest",
            "backtest",
            "io.pilothouse.dm.backtest.Main",
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
