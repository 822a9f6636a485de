package io.pilothouse.tls;

/** A certificate, key or directory that cannot be used: which, what is wrong with it, a remedy. */
public final class TlsException extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final String remedy;

  /** Says what is wrong and what to do. */
  public TlsException(String message, String remedy) {
    super(message);
    this.remedy = remedy;
  }

  /** As above, with what the library said. */
  public TlsException(String message, String remedy, Throwable cause) {
    super(message, cause);
    this.remedy = remedy;
  }

  public String remedy() {
    return remedy;
  }

  /** Message and remedy in one line, for logs. */
  public String line() {
    return getMessage() + "; " + remedy;
  }
}
