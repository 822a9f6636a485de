package io.pilothouse.framework;

/** The scheduler answered, and refused: what was asked has not happened. */
public final class RefusedException extends FrameworkException {
  private static final long serialVersionUID = 1L;

  private final int status;
  private final String text;

  RefusedException(String what, int status, String text, String remedy) {
    super("%s: status %d%s%s".formatted(what, status, text.isEmpty() ? "" : ": " + text, remedy));
    this.status = status;
    this.text = text;
  }

  /** HTTP's: 400 for a call that is wrong, 401 for a wrong secret, 503 for who does not lead. */
  public int status() {
    return status;
  }

  /** The scheduler's own words, at most 8 KiB of them; may be empty. */
  public String text() {
    return text;
  }
}
