package io.pilothouse.cli;

import java.io.Console;
import java.util.Optional;

/** The person's terminal, if there is one. */
public final class Terminal {
  private Terminal() {}

  /** Empty when standard input or output is not a terminal. */
  @SuppressWarnings("SystemConsoleNull") // the launcher sets jdk.console=java.base: null it is
  public static Optional<Console> console() {
    return Optional.ofNullable(System.console());
  }
}
