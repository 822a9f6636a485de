package io.pilothouse.framework;

/** What may come of a call, or end a framework. */
public abstract sealed class FrameworkException extends RuntimeException
    permits NotConnectedException, RefusedException, UnansweredException, EndedException {
  private static final long serialVersionUID = 1L;

  FrameworkException(String message) {
    super(message);
  }

  FrameworkException(String message, Throwable cause) {
    super(message, cause);
  }
}
