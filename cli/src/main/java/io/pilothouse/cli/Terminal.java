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
  private static final Size USUAL = new Size(80, 24);

  private Terminal() {}

  /** How many columns and rows it has. */
  public record Size(int columns, int rows) {}

  /** Whether there is one that a picture can be drawn on, and drawn over. */
  public static boolean canDraw() {
    String kind = System.getenv("TERM");
    return console().isPresent() && kind != null && !kind.isEmpty() && !kind.equals("dumb");
  }

  /** Empty when standard input or output is not a terminal. */
  @SuppressWarnings("SystemConsoleNull") // the launcher sets jdk.console=java.base: null it is
  public static Optional<Console> console() {
    return Optional.ofNullable(System.console());
  }

  /** As it is now; it may have been resized since the last call. */
  public static Size size() {
    try {
      Process stty =
          new ProcessBuilder("stty", "size")
              .redirectInput(TTY.toFile())
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      if (!stty.waitFor(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)) {
        stty.destroyForcibly();
        return USUAL;
      }
      String answer =
          new String(stty.getInputStream().readAllBytes(), StandardCharsets.US_ASCII).strip();
      int space = answer.indexOf(' ');
      int rows = space < 0 ? 0 : Integer.parseInt(answer.substring(0, space));
      int columns = space < 0 ? 0 : Integer.parseInt(answer.substring(space + 1));
      return rows > 0 && columns > 0 ? new Size(columns, rows) : USUAL;
    } catch (IOException | NumberFormatException e) {
      return USUAL; // no controlling terminal, or no stty: a picture needs neither
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return USUAL;
    }
  }
}
