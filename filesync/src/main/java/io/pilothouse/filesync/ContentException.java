package io.pilothouse.filesync;

import java.io.IOException;

/** Content is missing, wrong or hostile; the message says which and where. */
public final class ContentException extends IOException {
  private static final long serialVersionUID = 1;

  public ContentException(String message) {
    super(message);
  }

  public ContentException(String message, Throwable cause) {
    super(message, cause);
  }
}
