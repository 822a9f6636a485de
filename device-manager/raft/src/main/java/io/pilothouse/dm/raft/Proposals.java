package io.pilothouse.dm.raft;

import io.pilothouse.api.log.v1.Reply;
import java.util.List;
import org.apache.ratis.protocol.ClientId;

/** What the state machine tells the proposer about the entry in flight. */
interface Proposals {

  /** Whether a request comes from this replica's proposer. */
  boolean isOwn(ClientId client);

  /** The entry is about to enter the log: from here on it may be done even if Raft says no. */
  void appended(long callId);

  /** The entry was applied. */
  void applied(long callId, List<Reply> replies);
}
