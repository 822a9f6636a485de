package io.pilothouse.cli.fleet;

import io.pilothouse.cli.Terminal;
import java.util.function.Consumer;

/**
 * How far something long is: on a terminal one line that moves, elsewhere one for every tenth; for
 * what has no ten parts, the last.
 */
final class MovingLine {
  private static final int TENTHS = 10;

  private final Consumer<String> say;
  private final boolean moves;
  private long told;

  MovingLine(Consumer<String> say, boolean quiet) {
    this.say = say;
    this.moves = Terminal.console().isPresent() && !quiet;
  }

  /**
   * Tells that so much is done.
   *
   * @param words what is done of what, {@code sent 3.0 MiB of 9.1 MiB}
   */
  void at(long done, long of, String words) {
    if (moves) {
      System.err.print("\r" + words + (done == of ? System.lineSeparator() : " "));
      return;
    }
    long tenth = of == 0 ? TENTHS : done * TENTHS / of;
    if (done == of || (of > TENTHS && tenth > told)) {
      say.accept(words);
    }
    told = done == of ? 0 : tenth;
  }
}
