package io.pilothouse.scheduler.validation;

import java.util.Optional;

/** Ids become names of directories on machines. */
public final class Ids {
  private static final int LONGEST = 255;

  private Ids() {}

  public static Optional<String> objection(String id) {
    if (id.isEmpty()) {
      return Optional.of("ID must not be empty");
    }
    if (id.length() > LONGEST) {
      return Optional.of("ID must not be greater than 255 characters");
    }
    if (id.equals(".") || id.equals("..")) {
      return Optional.of("'" + id + "' is disallowed");
    }
    boolean bad =
        id.chars().anyMatch(each -> each < 0x20 || each == 0x7f || each == '/' || each == '\\');
    return Objections.when(bad, "'" + id + "' contains invalid characters");
  }
}
