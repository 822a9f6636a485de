package io.pilothouse.provisioning.power;

/** A power command did not have its effect. */
public final class PowerException extends Exception {
  private static final long serialVersionUID = 1L;

  /** What went wrong, for those who decide whether trying again makes sense. */
  public enum Kind {
    /** The power address names no machine, or is of a kind that no driver handles. */
    BAD_ADDRESS,
    /** The machine's description cannot be used as it is. */
    BAD_CHASSIS,
    /** The command was given, its effect did not show in time. */
    TIMEOUT,
    /** Another command for the same machine is under way. */
    BUSY,
    /** The means failed: a file, a process, the network. */
    FAILED
  }

  private final Kind kind;

  public PowerException(Kind kind, String message) {
    super(message);
    this.kind = kind;
  }

  public PowerException(Kind kind, String message, Throwable cause) {
    super(message, cause);
    this.kind = kind;
  }

  public Kind kind() {
    return kind;
  }
}
