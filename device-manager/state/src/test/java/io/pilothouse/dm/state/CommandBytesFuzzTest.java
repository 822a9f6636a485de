package io.pilothouse.dm.state;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.pilothouse.api.log.v1.ApplyFleet;
import io.pilothouse.api.log.v1.Command;
import io.pilothouse.api.log.v1.Entry;
import io.pilothouse.api.log.v1.Request;
import io.pilothouse.api.v1.Fleet;
import io.pilothouse.testing.fuzz.Fuzz;
import io.pilothouse.testing.fuzz.Summary;
import io.pilothouse.testing.fuzz.Wording;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.zip.DeflaterOutputStream;
import org.junit.jupiter.api.Test;

/**
 * Commands of spoiled bytes: any value in any field. {@link CommandFuzzTest} walks with sensible
 * ones. An exception would stop every replica at the same entry, for good.
 */
class CommandBytesFuzzTest {
  private static final List<Entry> IN_SERVICE = FleetScenario.inService().log;

  /** Then the walk begins anew: a state full of nonsense is slow and finds little. */
  private static final int WALK = 1_500;

  private static List<byte[]> commands() {
    List<byte[]> commands = new ArrayList<>();
    for (Entry entry : IN_SERVICE) {
      entry.getRequestsList().forEach(each -> commands.add(each.getCommand().toByteArray()));
    }
    State state = new State();
    Apply apply = new Apply();
    int index = 0;
    for (Entry entry : IN_SERVICE) {
      apply.apply(state, entry, ++index);
    }
    RandomCommands random = new RandomCommands(new Random(7), state);
    for (int i = 0; i < 600; i++) {
      commands.add(random.next().build().toByteArray());
    }
    return commands;
  }

  private static final class Walk {
    private final Apply apply = new Apply();
    private State state = new State();
    private long now;
    private long index;
    private int steps = WALK;

    boolean takes(Command command) {
      if (steps++ >= WALK) {
        begin();
      }
      now += 400;
      Request request =
          Request.newBuilder()
              .setPrincipal("operator/fuzz")
              .setReason("because")
              .setRequestId("fuzz")
              .setEntropy(ByteString.copyFrom(new byte[16]))
              .setCommand(command)
              .build();
      Entry entry = Entry.newBuilder().setAt(now).addRequests(request).build();
      Applied applied = apply.apply(state, entry, ++index);
      if (steps % 100 == 0) {
        assertThat(Invariants.check(state, Budget.usage(state))).isEmpty();
      }
      return !applied.replies().get(0).hasRefusal();
    }

    private void begin() {
      state = new State();
      index = 0;
      steps = 0;
      for (Entry entry : IN_SERVICE) {
        apply.apply(state, entry, ++index);
      }
      now = state.meta().getNow();
    }
  }

  @Test
  void everyCommandIsDoneOrRefused() {
    Walk walk = new Walk();
    Summary summary =
        Fuzz.of("command-bytes")
            .likely(commands())
            .tokens("web-[01-99]", "m1", "holder-0", "repair", "\0", "\u00ff", "base", "1.0.0", "*")
            .inputs(6_000)
            .run(
                input -> {
                  Command command;
                  try {
                    command = Command.parseFrom(input);
                  } catch (InvalidProtocolBufferException e) {
                    return false;
                  }
                  // one of a later version is refused before it is logged
                  boolean isKnown = command.getKindCase() != Command.KindCase.KIND_NOT_SET;
                  return isKnown && walk.takes(command);
                });
    assertThat(summary.refused()).as(summary.toString()).isPositive();
    assertThat(summary.taken()).as(summary.toString()).isPositive();
  }

  private static byte[] packed(Fleet fleet) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (DeflaterOutputStream deflating = new DeflaterOutputStream(bytes)) {
      fleet.writeTo(deflating);
    }
    return ApplyFleet.newBuilder()
        .setPacked(ByteString.copyFrom(bytes.toByteArray()))
        .setPackedSize(fleet.getSerializedSize())
        .build()
        .toByteArray();
  }

  /** A few bytes that say they are 256 MiB must not cost every replica 256 MiB. */
  @Test
  void packedFleets() throws IOException {
    Summary summary =
        Fuzz.of("packed-fleet")
            .sound(packed(Fleet.newBuilder().setName("x").build()))
            .sound(packed(Fleet.newBuilder().setName("a fleet".repeat(500)).build()))
            .tokens("(\u0080\u0080\u0080 ", "(\u0080\u00f0\u00ff\u001f", "x\u009c")
            .allocating(1 << 20, 4_000)
            .run(
                input -> {
                  ApplyFleet command;
                  try {
                    command = ApplyFleet.parseFrom(input);
                  } catch (InvalidProtocolBufferException e) {
                    return false;
                  }
                  try {
                    PackedFleet.of(command, PackedFleet.MOST);
                    return true;
                  } catch (RefusedException e) {
                    Wording.check(e.getMessage());
                    return false;
                  }
                });
    assertThat(summary.refused()).as(summary.toString()).isPositive();
  }
}
