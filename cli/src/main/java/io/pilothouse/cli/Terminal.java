package io.pilothouse.cli;

import java.io.Console;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** The person's terminal, if there is one. */
public final class Terminal {
  private static final Path TTY = Path.of("/dev/tty");
  private static final Duration PATIENCE = Duration.ofSeconds(1);
  private static final int USUAL_WIDTH = 80;

  private Terminal() {}

  /** Empty when standard input or output is not a terminal. */
  @SuppressWarnings("SystemConsoleNull") // the launcher sets jdk.console=java.base: null it is
  public static Optional<Console> console() {
    return Optional.ofNullable(System.console());
  }

  /** Columns of the terminal as it is now; it may have been resized since the last call. */
  public static int width() {
    try {
      Process stty =
          new ProcessBuilder("stty", "size")
              .redirectInput(TTY.toFile())
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      if (!stty.waitFor(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)) {
        stty.destroyForcibly();
        return USUAL_WIDTH;
      }
      String answer =
          new String(stty.getInputStream().readAllBytes(), StandardCharsets.US_ASCII).strip();
      int space = answer.indexOf(' ');
      int width = space < 0 ? 0 : Integer.parseInt(answer.substring(space + 1));
      return width > 0 ? width : USUAL_WIDTH;
    } catch (IOException | NumberFormatException e) {
      return USUAL_WIDTH; // no controlling terminal, or no stty: a picture needs neither
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return USUAL_WIDTH;
    }
  }
}
