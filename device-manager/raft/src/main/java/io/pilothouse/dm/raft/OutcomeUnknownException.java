package io.pilothouse.dm.raft;

/**
 * The request may or may not have been done: leadership was lost with it in the log, or no majority
 * confirmed it in time. Repeat it with the same client id and sequence: it is then done once.
 */
public final class OutcomeUnknownException extends SubmitException {

  OutcomeUnknownException(String message) {
    super(message);
  }
}
