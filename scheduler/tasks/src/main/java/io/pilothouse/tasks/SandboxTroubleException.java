package io.pilothouse.tasks;

import io.pilothouse.api.v1.SandboxTrouble;
import io.pilothouse.filesync.ContentException;

/** Why something of a sandbox cannot be shown, for the one who asked. */
final class SandboxTroubleException extends Exception {
  private static final long serialVersionUID = 1;

  private final SandboxTrouble trouble;

  SandboxTroubleException(SandboxTrouble trouble, String text) {
    super(ContentException.printable(text));
    this.trouble = trouble;
  }

  SandboxTrouble trouble() {
    return trouble;
  }
}
