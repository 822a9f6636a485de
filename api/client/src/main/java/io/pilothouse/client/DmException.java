package io.pilothouse.client;

/**
 * The Device Manager answered, and refused. Asking again unchanged will not help, or (code {@code
 * RESOURCE_EXHAUSTED}) not soon.
 */
public final class DmException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final String code;
  private final String remedy;

  public DmException(String code, String message, String remedy) {
    super(message);
    this.code = code;
    this.remedy = remedy;
  }

  /** Name of the gRPC status: NOT_FOUND, INVALID_ARGUMENT, FAILED_PRECONDITION, ABORTED … */
  public String code() {
    return code;
  }

  /** What to do about it; may be empty. */
  public String remedy() {
    return remedy;
  }

  /** Whether a lease or fencing token was refused: the holder must drop what it was doing. */
  public boolean staleToken() {
    return code.equals("ABORTED");
  }

  /** Whether things no longer stand as the caller thought, for example a step that has passed. */
  public boolean precondition() {
    return code.equals("FAILED_PRECONDITION");
  }
}
