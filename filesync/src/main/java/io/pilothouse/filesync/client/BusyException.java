package io.pilothouse.filesync.client;

import java.io.IOException;

/** A replica sheds load (503): another may have room, and this one later. */
final class BusyException extends IOException {
  private static final long serialVersionUID = 1;

  BusyException(String message) {
    super(message);
  }
}
