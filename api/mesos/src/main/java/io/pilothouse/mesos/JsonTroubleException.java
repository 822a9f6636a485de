package io.pilothouse.mesos;

/** A text that is no JSON, or JSON that is not the message that was expected. */
public final class JsonTroubleException extends Exception {

  /** Which of the two. */
  public enum Kind {
    /** No JSON at all. */
    SYNTAX,
    /** JSON, but not of this message. */
    MAPPING
  }

  private final Kind kind;

  JsonTroubleException(Kind kind, String message) {
    super(Printable.of(message));
    this.kind = kind;
  }

  public Kind kind() {
    return kind;
  }
}
