package io.pilothouse.filesync;

import java.io.IOException;

/** Tells a full disk from other trouble. */
public final class DiskFull {
  private DiskFull() {}

  /** The JDK has no type for ENOSPC and EDQUOT, only the system's message. */
  public static boolean is(IOException e) {
    for (Throwable cause = e; cause != null; cause = cause.getCause()) {
      String message = String.valueOf(cause.getMessage());
      if (cause instanceof DiskLow
          || message.contains("No space left on device")
          || message.contains("quota exceeded")) {
        return true;
      }
    }
    return false;
  }
}
