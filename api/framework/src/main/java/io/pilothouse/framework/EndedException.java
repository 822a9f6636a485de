package io.pilothouse.framework;

/** The framework has ended other than by its own will: it is not connected again. */
public final class EndedException extends FrameworkException {
  private static final long serialVersionUID = 1L;

  EndedException(String message) {
    super(message);
  }

  EndedException(String message, Throwable cause) {
    super(message, cause);
  }
}
