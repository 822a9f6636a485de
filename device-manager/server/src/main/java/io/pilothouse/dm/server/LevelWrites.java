package io.pilothouse.dm.server;

import io.grpc.Status;
import io.pilothouse.api.log.v1.Command;
import io.pilothouse.api.log.v1.Reply;
import io.pilothouse.api.log.v1.SetFeatureLevel;
import io.pilothouse.api.v1.SetFeatureLevelReply;
import io.pilothouse.api.v1.SetFeatureLevelRequest;
import io.pilothouse.dm.raft.CommonLevel;
import io.pilothouse.dm.raft.Replica;
import io.pilothouse.dm.state.FeatureLevel;

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
    int before = replica.read(FeatureLevel::of);
    int level = request.getLevel() == 0 ? highest(before) : request.getLevel();
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

  /** Never below what is in force: a replica that could not follow has stopped. */
  private int highest(int inForce) {
    CommonLevel common = replica.commonLevel();
    return common
        .highest()
        .map(highest -> Math.max(highest, inForce))
        .orElseThrow(
            () ->
                Refusals.of(
                    Status.Code.FAILED_PRECONDITION,
                    "replica %s does not answer: it could be of any build"
                        .formatted(String.join(", ", common.silent())),
                    "start it on the new build, or `pilot dm remove %s`"
                        .formatted(common.silent().getFirst())));
  }
}
