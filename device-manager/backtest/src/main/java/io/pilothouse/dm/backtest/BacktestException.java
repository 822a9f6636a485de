package io.pilothouse.dm.backtest;

/** It cannot be done, for a reason that the user can mend. */
final class BacktestException extends Exception {

  private static final long serialVersionUID = 1;

  /** Exit codes of docs/reference/cli.md. */
  static final int FAILED = 1;

  static final int USAGE = 2;
  static final int UNREACHABLE = 8;

  private final int exitCode;
  private final String code;
  private final String remedy;

  BacktestException(int exitCode, String code, String message, String remedy) {
    super(message);
    this.exitCode = exitCode;
    this.code = code;
    this.remedy = remedy;
  }

  int exitCode() {
    return exitCode;
  }

  String code() {
    return code;
  }

  String remedy() {
    return remedy;
  }
}
