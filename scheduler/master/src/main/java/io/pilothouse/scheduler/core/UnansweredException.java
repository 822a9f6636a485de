package io.pilothouse.scheduler.core;

/** A question that has no answer, and what the one who asked can do about it. */
public final class UnansweredException extends RuntimeException {
  private static final long serialVersionUID = 1;

  /** Why there is none. */
  public enum Why {
    /** What it names is not there. */
    NOT_FOUND,
    /** It says too little, or what several could be meant by. */
    NOT_CLEAR,
    /** It is there, but not as it must be for that. */
    REFUSED
  }

  private final Why why;

  UnansweredException(Why why, String message) {
    super(message);
    this.why = why;
  }

  public Why why() {
    return why;
  }
}
