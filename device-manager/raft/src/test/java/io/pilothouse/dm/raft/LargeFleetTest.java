package io.pilothouse.dm.raft;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.pilothouse.api.log.v1.ApplyFleet;
import io.pilothouse.api.log.v1.Command;
import io.pilothouse.api.log.v1.Reply;
import io.pilothouse.api.log.v1.Request;
import io.pilothouse.api.log.v1.StageFleet;
import io.pilothouse.api.v1.Fleet;
import io.pilothouse.api.v1.Image;
import io.pilothouse.api.v1.InventoryMachine;
import io.pilothouse.api.v1.MachineType;
import io.pilothouse.api.v1.ScaleUnit;
import io.pilothouse.dm.state.Apply;
import io.pilothouse.dm.state.StagedFleet;
import io.pilothouse.dm.state.StateDigest;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.zip.DeflaterOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A fleet that is larger than an entry, on real replicas. */
class LargeFleetTest {

  private static final int MACHINES = 12_000;

  @TempDir private Path root;
  private Cluster cluster;

  @BeforeEach
  void start() throws Exception {
    cluster = new Cluster(root, 3, Cluster.USUAL);
    for (String id : List.of("dm-1", "dm-2", "dm-3")) {
      start(id);
    }
  }

  private void start(String id) throws ReplicaStartException {
    Apply apply = new Apply();
    cluster.start(id, apply::apply);
  }

  @AfterEach
  void stop() {
    cluster.close();
  }

  private static Fleet fleet() {
    Random random = new Random(11);
    byte[] bytes = new byte[700];
    Fleet.Builder fleet =
        Fleet.newBuilder()
            .setName("large")
            .addTypes(MachineType.newBuilder().setName("node").setImage("os"))
            .addUnits(ScaleUnit.newBuilder().setName("su-1").setOrder(1))
            .addImages(Image.newBuilder().setName("os").setVersion("1.0.0"));
    for (int i = 0; i < MACHINES; i++) {
      random.nextBytes(bytes);
      fleet.addMachines(
          InventoryMachine.newBuilder()
              .setName("m-%06d".formatted(i))
              .setType("node")
              .setScaleUnit("su-1")
              .setModel(Base64.getEncoder().encodeToString(bytes)));
    }
    return fleet.build();
  }

  private static List<Command> commands() throws IOException {
    Fleet fleet = fleet();
    ByteString.Output out = ByteString.newOutput();
    try (DeflaterOutputStream deflating = new DeflaterOutputStream(out)) {
      fleet.writeTo(deflating);
    }
    ByteString packed = out.toByteString();
    assertThat(packed.size()).isGreaterThan(RaftSettings.MAX_ENTRY_BYTES);
    ByteString sha256 = ByteString.copyFrom(StateDigest.sha256().digest(packed.toByteArray()));
    List<Command> commands = new ArrayList<>();
    for (int from = 0; from < packed.size(); from += StagedFleet.MOST_PART_BYTES) {
      int to = Math.min(from + StagedFleet.MOST_PART_BYTES, packed.size());
      commands.add(
          Command.newBuilder()
              .setStageFleet(
                  StageFleet.newBuilder()
                      .setSha256(sha256)
                      .setPart(commands.size())
                      .setBytes(packed.substring(from, to)))
              .build());
    }
    commands.add(
        Command.newBuilder()
            .setApplyFleet(
                ApplyFleet.newBuilder()
                    .setStagedSha256(sha256)
                    .setStagedParts(commands.size())
                    .setPackedSize(fleet.getSerializedSize()))
            .build());
    return commands;
  }

  /** Through whoever leads, again when that changes, until it is answered. */
  private Reply decide(Command command) throws InterruptedException {
    Request request =
        Request.newBuilder()
            .setPrincipal("operator/alice")
            .setClientId(command.hasApplyFleet() ? "cli-1" : "")
            .setSequence(1)
            .setCommand(command)
            .build();
    while (true) {
      try {
        Reply reply = Await.get(cluster.get(cluster.leader()).submit(request));
        assertThat(reply.getRefusal().getMessage()).isEmpty();
        return reply;
      } catch (ExecutionException e) {
        if (!(e.getCause() instanceof SubmitException)) {
          throw new AssertionError(e);
        }
      }
    }
  }

  private static int machines(Replica replica) {
    return replica.read(state -> state.machines().size());
  }

  @Test
  void itIsWholeOnEveryReplicaThoughTheLeaderWentInTheMidst() throws Exception {
    List<Command> commands = commands();
    decide(commands.getFirst());
    String old = cluster.leader();
    cluster.stop(old);
    for (Command each : commands.subList(1, commands.size() - 1)) {
      decide(each);
    }
    cluster.running().forEach(each -> assertThat(machines(each)).isZero());

    Reply applied = decide(commands.getLast());

    start(old);
    cluster.awaitOnAll(applied.getRevision());
    cluster.running().forEach(each -> assertThat(machines(each)).isEqualTo(MACHINES));
    cluster
        .running()
        .forEach(each -> assertThat(each.<Integer>read(s -> s.fleetParts().size())).isZero());
    assertThat(cluster.digests()).hasSize(1);
    assertThat(decide(commands.getLast())).as("a repeat").isEqualTo(applied);
  }

  @Test
  void partsThatCameOutliveARestartOfAll() throws Exception {
    List<Command> commands = commands();
    for (Command each : commands.subList(0, commands.size() - 1)) {
      decide(each);
    }
    for (String id : List.of("dm-1", "dm-2", "dm-3")) {
      cluster.stop(id);
    }
    for (String id : List.of("dm-1", "dm-2", "dm-3")) {
      start(id);
    }
    Reply applied = decide(commands.getLast());
    cluster.awaitOnAll(applied.getRevision());
    cluster.running().forEach(each -> assertThat(machines(each)).isEqualTo(MACHINES));
    assertThat(cluster.digests()).hasSize(1);
  }
}
