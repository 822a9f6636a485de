package io.pilothouse.dm.server;

import io.pilothouse.api.log.v1.Command;
import io.pilothouse.api.log.v1.Reply;
import io.pilothouse.api.log.v1.SetFeatureLevel;
import io.pilothouse.api.v1.SetFeatureLevelReply;
import io.pilothouse.api.v1.SetFeatureLevelRequest;
import io.pilothouse.dm.raft.CommonLevel;
import io.pilothouse.dm.raft.Replica;

/** Raises the feature level, when every replica applies it. */
final class LevelWrites {

  private final Replica replica;
  private final Writes writes;

  LevelWrites(Replica replica, Writes writes) {
    this.replica = replica;
    this.writes = writes;
  }

  SetFeatureLevelReply set(SetFeatureLevelRequest request) {
    writes.linearize();
    int before = writes.level();
    int level = request.getLevel() == 0 ? newest(before) : request.getLevel();
    Command command =
        Command.newBuilder()
            .setSetFeatureLevel(SetFeatureLevel.newBuilder().setLevel(level))
            .build();
    Reply reply = writes.decide(command, request.getContext());
    return SetFeatureLevelReply.newBuilder()
        .setLevel(level)
        .setBefore(before)
        .setRevision(reply.getRevision())
        .build();
  }

  /**
   * What the upgrade is to. Refused while a replica is left behind: an answer of "in force already"
   * would be taken for done.
   */
  private int newest(int inForce) {
    CommonLevel common = replica.commonLevel();
    int newest = Math.max(common.newest(), inForce);
    common
        .objection(newest)
        .ifPresent(
            refusal -> {
              throw Refusals.of(refusal);
            });
    return newest;
  }
}
