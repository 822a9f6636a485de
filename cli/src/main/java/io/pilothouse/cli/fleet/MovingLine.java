package io.pilothouse.cli.fleet;

import io.pilothouse.cli.Terminal;
import java.util.function.Consumer;

/**
 * How far something long is: on a terminal one line that moves with every thousandth, elsewhere one
 * for every tenth; for what has no ten parts, the last.
 */
final class MovingLine {
  private static final int TENTHS = 10;
  private static final int THOUSANDTHS = 1000;

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
    long parts = moves ? THOUSANDTHS : TENTHS;
    long part = of == 0 ? parts : done * parts / of;
    if (done == of || (part > told && (moves || of > TENTHS))) {
      tell(words, done == of);
    }
    told = done == of ? 0 : part;
  }

  private void tell(String words, boolean last) {
    if (moves) {
      System.err.print("\r" + words + (last ? System.lineSeparator() : " "));
    } else {
      say.accept(words);
    }
  }
}
