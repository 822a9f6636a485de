package io.pilothouse.scheduler.sandboxes;

/** Why something of a sandbox is not shown, for the one who asked. */
public final class SandboxException extends RuntimeException {
  private static final long serialVersionUID = 1;

  /** What kind of reason it is. */
  public enum Why {
    /** No such sandbox, or file in it. */
    NOT_FOUND,
    /** A path that is none, a directory that is to be read, a link. */
    REFUSED,
    /** The agent has gone away. */
    AWAY,
    /** It does not answer. */
    SILENT,
    /** Too many ask. */
    BUSY,
    /** The machine's disk fails. */
    FAILED
  }

  private final Why why;

  SandboxException(Why why, String message) {
    super(message);
    this.why = why;
  }

  public Why why() {
    return why;
  }
}
