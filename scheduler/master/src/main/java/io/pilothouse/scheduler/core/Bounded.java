package io.pilothouse.scheduler.core;

import com.google.protobuf.MessageLite;
import java.util.function.Consumer;
import java.util.function.Function;

/** Answers that stay below what one message may hold. */
final class Bounded {
  private static final long MOST_BYTES = 3 << 20;
  private static final int LONGEST = 512;

  /** Around each in its list. */
  private static final int FRAME = 8;

  private Bounded() {}

  /** Fills an answer with views until it is large enough; returns how many were left out. */
  static <S, V extends MessageLite> int fill(
      Iterable<S> from, Function<S, V> view, Consumer<V> into) {
    long bytes = 0;
    int left = 0;
    for (S each : from) {
      if (left == 0) {
        V one = view.apply(each);
        bytes += one.getSerializedSize() + FRAME;
        if (bytes <= MOST_BYTES) {
          into.accept(one);
          continue;
        }
      }
      left++;
    }
    return left;
  }

  /** What frameworks call things can be of any length, and of any characters. */
  static String text(String said) {
    String cut = said.length() <= LONGEST ? said : said.substring(0, LONGEST) + "…";
    return cut.chars().anyMatch(Character::isISOControl) ? cut.replaceAll("\\p{Cc}", "?") : cut;
  }
}
