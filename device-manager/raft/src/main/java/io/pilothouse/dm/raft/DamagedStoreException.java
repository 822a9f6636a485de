package io.pilothouse.dm.raft;

import java.io.IOException;

/** The database on the disk is not what was written: no further try helps. */
final class DamagedStoreException extends IOException {
  private static final long serialVersionUID = 1;

  DamagedStoreException(String message, Throwable cause) {
    super(message, cause);
  }
}
