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
}
