package io.pilothouse.dm.raft;

import java.util.List;
import org.apache.ratis.proto.RaftProtos.RaftConfigurationProto;
import org.apache.ratis.proto.RaftProtos.RaftPeerProto;

/** Whether this replica is a member, as the log tells it: one that was removed ends. */
final class OwnMembership {
  private final String self;
  private final Failure failure;
  private boolean member;

  OwnMembership(String self, Failure failure) {
    this.self = self;
    this.failure = failure;
  }

  void changed(long index, RaftConfigurationProto members) {
    boolean named = isIn(members.getPeersList()) || isIn(members.getOldPeersList());
    if (member && !named) {
      failure.report(
          ("replica %s was removed from the cluster at index %d; nobody asks it any more. Its data"
                  + " directory can go; to come back it needs a new id, an empty directory and"
                  + " `pilot dm add`")
              .formatted(self, index),
          null);
    }
    member = named;
  }

  private boolean isIn(List<RaftPeerProto> peers) {
    return peers.stream().anyMatch(each -> each.getId().toStringUtf8().equals(self));
  }
}
