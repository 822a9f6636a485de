package io.pilothouse.client;

import java.util.Optional;

/** This server cannot answer the call now; another one, or the same one later, may. */
final class TryNextException extends Exception {
  private static final long serialVersionUID = 1L;

  private final transient Optional<ServerAddress> leader;
  private final boolean silent;

  private TryNextException(String message, Optional<ServerAddress> leader, boolean silent) {
    super(message, null, false, false);
    this.leader = leader;
    this.silent = silent;
  }

  /** The server answered, but it is not the one to ask. */
  static TryNextException declined(String message, Optional<ServerAddress> leader) {
    return new TryNextException(message, leader, false);
  }

  /** Nothing came back: dead, hung or cut off. */
  static TryNextException silent(String message) {
    return new TryNextException(message, Optional.empty(), true);
  }

  Optional<ServerAddress> leader() {
    return leader;
  }

  boolean isSilent() {
    return silent;
  }
}
