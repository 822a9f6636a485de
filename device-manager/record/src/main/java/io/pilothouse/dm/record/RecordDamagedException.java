package io.pilothouse.dm.record;

import java.io.IOException;

/** Bytes of the record are not what was written; the message names the file and the place. */
public final class RecordDamagedException extends IOException {

  private static final long serialVersionUID = 1;

  RecordDamagedException(String segment, long offset, String what) {
    super("%s is damaged at byte %d: %s".formatted(segment, offset, what));
  }
}
