package io.pilothouse.tls;

/** A certificate, key or directory that cannot be used: which, what is wrong with it, a remedy. */
public final class TlsException extends RuntimeException {
  private static final long serialVersionUID = 1;
  private static final int LONGEST = 2000;

  private final String remedy;

  /** Says what is wrong and what to do. */
  public TlsException(String message, String remedy) {
    super(printable(message));
    this.remedy = printable(remedy);
  }

  /** As above, with what the library said. */
  public TlsException(String message, String remedy, Throwable cause) {
    super(printable(message), cause);
    this.remedy = printable(remedy);
  }

  /**
   * A certificate's subject may hold anything: it must neither write lines of its own nor fill a
   * log.
   */
  private static String printable(String text) {
    String cut = text.length() > LONGEST ? text.substring(0, LONGEST) + " ..." : text;
    return cut.replaceAll("\\p{Cc}", "?");
  }

  public String remedy() {
    return remedy;
  }

  /** Message and remedy in one line, for logs. */
  public String line() {
    return getMessage() + "; " + remedy;
  }
}
