package io.pilothouse.filesync.client;

import java.io.IOException;

/** Tells a full disk from other trouble. */
final class DiskFull {
  private DiskFull() {}

  /** The JDK has no type for ENOSPC, only the system's message. */
  static boolean is(IOException e) {
    String message = String.valueOf(e.getMessage());
    return message.contains("No space left on device") || message.contains("Disk quota exceeded");
  }
}
