package io.pilothouse.dm.raft;

/** Makes the replica's exceptions for a ledger that has no replica. */
public final class Exceptions {

  private Exceptions() {}

  public static NotLeaderException notLeader(String self, Peer leader) {
    return NotLeaderException.of(self, leader);
  }

  public static NotLeaderException noLeader(String self) {
    return NotLeaderException.of(self, null);
  }

  public static OutcomeUnknownException outcomeUnknown(String message) {
    return new OutcomeUnknownException(message);
  }

  public static OverloadedException overloaded(String message) {
    return new OverloadedException(message);
  }
}
