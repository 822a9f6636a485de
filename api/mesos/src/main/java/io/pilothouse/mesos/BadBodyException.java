package io.pilothouse.mesos;

/** A body that is not the message that was expected, in the words that Mesos answers with. */
public final class BadBodyException extends Exception {
  BadBodyException(String message) {
    super(message);
  }

  @Override
  public String getMessage() {
    return String.valueOf(super.getMessage());
  }
}
