package io.pilothouse.dm.raft;

/** Why a request got no reply. A refusal is not one of these: it is a reply. */
public abstract sealed class SubmitException extends RuntimeException
    permits NotLeaderException, OverloadedException, OutcomeUnknownException {

  SubmitException(String message) {
    super(message, null, false, false);
  }
}
