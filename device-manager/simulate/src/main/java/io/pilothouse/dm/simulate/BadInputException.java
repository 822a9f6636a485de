package io.pilothouse.dm.simulate;

/** What a person gave cannot be used; the message says which value, and what to write. */
final class BadInputException extends Exception {
  private static final long serialVersionUID = 1;

  BadInputException(String message) {
    super(message);
  }
}
