package io.pilothouse.cli;

/** Ends a command with an exit code and a message that says what to do. */
public final class CliException extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final ExitCode exitCode;
  private final String code;
  private final String remedy;

  /**
   * Ends the command.
   *
   * @param code stable upper-case code for scripts
   * @param message the offending value and what was expected
   * @param remedy what to type or change; empty when the message says it
   */
  public CliException(ExitCode exitCode, String code, String message, String remedy) {
    super(message);
    this.exitCode = exitCode;
    this.code = code;
    this.remedy = remedy;
  }

  public static CliException usage(String message, String remedy) {
    return new CliException(ExitCode.USAGE, "INVALID", message, remedy);
  }

  public ExitCode exitCode() {
    return exitCode;
  }

  public String code() {
    return code;
  }

  public String remedy() {
    return remedy;
  }
}
