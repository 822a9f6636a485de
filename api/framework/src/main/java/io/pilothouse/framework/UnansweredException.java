package io.pilothouse.framework;

/** The call was sent, or was to be, and there is no answer: it may have happened or not. */
public final class UnansweredException extends FrameworkException {
  private static final long serialVersionUID = 1L;

  UnansweredException(String message, Throwable cause) {
    super(message, cause);
  }
}
