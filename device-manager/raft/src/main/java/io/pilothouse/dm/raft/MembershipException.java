package io.pilothouse.dm.raft;

/** The members stay as they are; the message says why, and {@link #remedy} what to do. */
public final class MembershipException extends Exception {

  private final String remedy;

  MembershipException(String message, String remedy) {
    super(message);
    this.remedy = remedy;
  }

  /** What to do. */
  public String remedy() {
    return remedy;
  }
}
