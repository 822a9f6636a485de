package io.pilothouse.dm.raft;

import io.pilothouse.api.log.v1.AcquireLease;
import io.pilothouse.api.log.v1.Command;
import io.pilothouse.api.log.v1.Entry;
import io.pilothouse.api.log.v1.Request;
import io.pilothouse.api.log.v1.SetFeatureLevel;
import io.pilothouse.api.log.v1.SetFreeze;
import io.pilothouse.dm.state.Applied;
import io.pilothouse.dm.state.Apply;
import io.pilothouse.dm.state.Levels;
import io.pilothouse.dm.state.State;

/**
 * Stands for a release of the Device Manager. The rules are this build's in any case: an older one
 * differs by the levels that it says it applies, and by nothing else.
 */
record Build(Levels levels, Apply rules) implements Applier {

  /** From before the newest level. */
  static final Build OLD = new Build(new Levels(1, Levels.BUILD.max() - 1), new Apply());

  static final Build NEW = new Build(Levels.BUILD, new Apply());

  @Override
  public Applied apply(State state, Entry entry, long index) {
    return rules.apply(state, entry, index);
  }

  /** One that leaves a record of the trail under its reason, and is done once. */
  static Request write(long number) {
    return request(
            Command.newBuilder().setSetFreeze(SetFreeze.newBuilder().setFrozen(true)),
            "write-" + number)
        .setClientId("writer")
        .setSequence(number)
        .build();
  }

  /** A command that no older build knows whole. */
  static Request ofTheNewestLevel() {
    return request(
            Command.newBuilder()
                .setAcquireLease(
                    AcquireLease.newBuilder()
                        .setRole("scheduler")
                        .setHolder("scheduler-1")
                        .setTtlMs(10_000)
                        .setAddress("127.0.0.1:5051")),
            "leads")
        .build();
  }

  static Request raise(int level) {
    return request(
            Command.newBuilder().setSetFeatureLevel(SetFeatureLevel.newBuilder().setLevel(level)),
            "upgraded")
        .build();
  }

  private static Request.Builder request(Command.Builder command, String reason) {
    return Request.newBuilder()
        .setPrincipal("operator/alice")
        .setRequestId(reason)
        .setReason(reason)
        .setCommand(command);
  }
}
