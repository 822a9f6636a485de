package io.pilothouse.filesync;

import java.io.IOException;

/** Content is missing, wrong or hostile; the message says which and where. */
public final class ContentException extends IOException {
  private static final long serialVersionUID = 1;
  private static final int LONGEST = 2000;

  public ContentException(String message) {
    super(printable(message));
  }

  public ContentException(String message, Throwable cause) {
    super(printable(message), cause);
  }

  /**
   * What others sent is quoted in messages: it must neither write lines or move cursors of its own
   * nor fill a log.
   */
  public static String printable(String text) {
    String cut = text.length() > LONGEST ? text.substring(0, LONGEST) + " ..." : text;
    return cut.replaceAll("\\p{Cc}", "?");
  }
}
