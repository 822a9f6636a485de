package io.pilothouse.dm.raft;

import org.jspecify.annotations.Nullable;

/** The replica cannot start; the message says why and what to do. */
public final class ReplicaStartException extends Exception {

  ReplicaStartException(String message) {
    super(message);
  }

  ReplicaStartException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }

  /** Whether it is that rules are in force which this build does not have. */
  public boolean isOutdated() {
    return UnknownLevelException.in(this).isPresent();
  }
}
