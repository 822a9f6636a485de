package io.pilothouse.dm.raft;

/** Too many requests wait already: nothing was done; retry later. */
public final class OverloadedException extends SubmitException {

  OverloadedException(String message) {
    super(message);
  }
}
