package io.pilothouse.testing.histories;

/**
 * One call of a client, and how it ended.
 *
 * @param id unique in a history
 * @param key what it is about; calls of different keys do not concern each other
 * @param invoked when it was made, in ns of one clock for all clients
 * @param returned when the answer came; {@link #NEVER} for an outcome that is not known
 */
public record Operation(
    int id, String key, Call call, Outcome outcome, long invoked, long returned) {
  /** It may take effect at any time after it was invoked, or not at all. */
  public static final long NEVER = Long.MAX_VALUE;

  public Operation {
    if (outcome instanceof Outcome.Unknown != (returned == NEVER)) {
      throw new IllegalArgumentException(
          "operation " + id + " is " + outcome + " and returned at " + returned);
    }
    if (returned < invoked) {
      throw new IllegalArgumentException("operation " + id + " returned before it was invoked");
    }
  }

  /** What is asked of a machine's hold. */
  public sealed interface Call {
    /** What it is now. */
    record Read() implements Call {}

    /** Hold it for this reason, whatever it was before. */
    record Hold(String reason) implements Call {}

    /** End its hold; refused when there is none. */
    record Unhold(String reason) implements Call {}
  }

  /** What the client learnt. */
  public sealed interface Outcome {
    /** Of a read; empty when the machine is not held. */
    record Value(String reason) implements Outcome {}

    /** A write was acknowledged. */
    record Done() implements Outcome {}

    /** It was decided and did nothing. */
    record Refused() implements Outcome {}

    /** Nobody knows. */
    record Unknown() implements Outcome {}
  }
}
