package io.pilothouse.testing.fuzz;

import org.jspecify.annotations.Nullable;

/** What a refusal that people read must be. */
public final class Wording {
  private static final int LONGEST = 4096;

  private Wording() {}

  /** Fails on one that says nothing, is endless, or could forge a line of a log or a terminal. */
  public static void check(@Nullable String message) {
    if (message == null || message.isBlank() || message.equals("null")) {
      throw new AssertionError("a refusal without words");
    }
    if (message.length() > LONGEST) {
      throw new AssertionError("a refusal of %d characters".formatted(message.length()));
    }
    for (int i = 0; i < message.length(); i++) {
      if (Character.isISOControl(message.charAt(i))) {
        throw new AssertionError(
            "a refusal with the control character U+%04X at %d: %s"
                .formatted((int) message.charAt(i), i, message.replaceAll("\\p{Cc}", "?")));
      }
    }
  }
}
