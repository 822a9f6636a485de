package io.pilothouse.testing.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pilothouse.api.v1.ChangeMembersRequest;
import io.pilothouse.api.v1.ChangeMembersRequest.Verb;
import io.pilothouse.api.v1.ListMachinesRequest;
import io.pilothouse.api.v1.ReplicaAddress;
import io.pilothouse.api.v1.ReplicasGrpc;
import io.pilothouse.api.v1.WriteContext;
import io.pilothouse.client.DmClient;
import io.pilothouse.client.DmException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Packaged replicas whose disks lie or are full. Needs root, for a small file system. */
@Tag("e2e")
@Tag("large")
class DiskFaultsTest {
  private static final Path DIST = Path.of(System.getProperty("pilot.dist", "no-dist"));
  private static final Duration DEADLINE = Duration.ofSeconds(60);
  private static final Duration SHORT = Duration.ofSeconds(5);
  private static final long MIB = 1 << 20;

  @TempDir private Path dir;
  private final List<Node> nodes = new ArrayList<>();
  private final List<Path> mounts = new ArrayList<>();
  private Optional<DmClient> client = Optional.empty();
  private long sequence;
  private boolean held;

  @AfterEach
  void nothingIsLeft() throws Exception {
    client.ifPresent(DmClient::close);
    nodes.forEach(Node::close);
    for (Path each : mounts) {
      Commands.run("umount", "-l", each.toString());
    }
  }

  private void start(int count) throws Exception {
    for (int i = 1; i <= count; i++) {
      nodes.add(new Node(i, count, DIST, dir, List.of()));
    }
    for (Node each : nodes) {
      each.start();
    }
    client =
        Optional.of(new DmClient(nodes.stream().map(Node::grpc).toList(), "operator/disk-faults"));
    await("a leader", () -> leader().isPresent());
    Fixture.apply(client.orElseThrow(), Fixture.machines(2));
    write(20);
  }

  private Optional<Node> leader() {
    return nodes.stream()
        .filter(Node::isUp)
        .filter(
            each -> each.status().filter(s -> s.path("role").asText().equals("leader")).isPresent())
        .findFirst();
  }

  private Node follower() {
    Node leads = leader().orElseThrow();
    return nodes.stream().filter(each -> each != leads && each.isUp()).findFirst().orElseThrow();
  }

  private void await(String what, Callable<Boolean> holds) throws Exception {
    long end = System.nanoTime() + DEADLINE.toNanos();
    while (!holds.call()) {
      if (System.nanoTime() - end > 0) {
        StringBuilder said = new StringBuilder("waited in vain for " + what);
        for (Node each : nodes) {
          said.append("\n").append(each.name()).append(": ").append(each.lastWords());
        }
        throw new AssertionError(said);
      }
      Thread.sleep(200);
    }
  }

  private void write(int orders) {
    for (int i = 0; i < orders; i++) {
      write(DEADLINE);
    }
  }

  private void write(Duration patience) {
    var order =
        Fixture.order("disk-faults", ++sequence, "m-1", held ? "unhold" : "hold", "w" + sequence);
    var unused = client.orElseThrow().leader(patience, c -> Fixture.stub(c).controlMachine(order));
    held = !held;
  }

  private void change(ChangeMembersRequest.Builder request) throws Exception {
    request
        .setWaitMs(5_000)
        .setContext(
            WriteContext.newBuilder().setReason("disk").setClientId("m").setSequence(++sequence));
    await(
        request.toString(),
        () ->
            client
                .orElseThrow()
                .leader(
                    DEADLINE, c -> ReplicasGrpc.newBlockingStub(c).changeMembers(request.build()))
                .getDone());
  }

  private void replace(Node gone, int number) throws Exception {
    Node fresh = Node.joining(number, DIST, dir);
    nodes.remove(gone);
    nodes.add(fresh);
    fresh.start();
    await(fresh.name() + " answers", () -> fresh.status().isPresent());
    change(
        ChangeMembersRequest.newBuilder()
            .setVerb(Verb.REPLACE)
            .setId(gone.name())
            .setAddress(
                ReplicaAddress.newBuilder()
                    .setId(fresh.name())
                    .setRaft(fresh.addresses().get(0))
                    .setGrpc(fresh.addresses().get(1))
                    .setHttp(fresh.addresses().get(2))));
  }

  private void lead(String id) throws Exception {
    change(ChangeMembersRequest.newBuilder().setVerb(Verb.TRANSFER).setId(id));
    await(id + " leads", () -> leader().filter(each -> each.name().equals(id)).isPresent());
  }

  private void awaitAgreement() throws Exception {
    await(
        "all at one index",
        () -> {
          List<Long> applied =
              nodes.stream()
                  .map(Node::status)
                  .flatMap(Optional::stream)
                  .map(each -> each.path("applied").asLong())
                  .distinct()
                  .toList();
          return applied.size() == 1 && nodes.stream().allMatch(Node::isUp);
        });
  }

  private static Path newestSegment(Node node) throws IOException {
    try (Stream<Path> files = Files.walk(node.data().resolve("raft"))) {
      return files
          .filter(each -> each.getFileName().toString().startsWith("log_"))
          .max(Comparator.comparingLong(each -> each.toFile().lastModified()))
          .orElseThrow();
    }
  }

  @Test
  void aDamagedLogIsRefusedTheOthersGoOnAndTheReplicaIsReplaced() throws Exception {
    start(3);
    Node damaged = follower();
    damaged.kill();
    Path segment = newestSegment(damaged);
    try (RandomAccessFile file = new RandomAccessFile(segment.toFile(), "rw")) {
      file.seek(500);
      int was = file.read();
      file.seek(500);
      file.write(was ^ 8);
    }
    write(5);

    damaged.start();

    await("it ends by itself", damaged::hasEnded);
    assertThat(damaged.lastWords())
        .contains(segment.getFileName() + " is damaged: after index ")
        .contains("put a new one in its place: `pilot dm replace`");
    write(5);
    replace(damaged, 4);
    write(5);
    awaitAgreement();
  }

  @Test
  void aFullDiskStopsWritesOfItsLeaderAndNothingElse() throws Exception {
    Path small = Files.createDirectories(dir.resolve("dm-3"));
    Commands.run("mount", "-t", "tmpfs", "-o", "size=900m", "tmpfs", small.toString());
    mounts.add(small);
    start(3);
    Node full = nodes.get(2);
    Path filler = small.resolve("filler");

    lead(full.name());
    fill(filler, small.toFile().getUsableSpace() - 300 * MIB);
    await(
        "writes stop",
        () -> {
          try {
            write(SHORT);
            return false;
          } catch (DmException e) {
            assertThat(e.getMessage()).contains("the disk of the leader dm-3 has");
            return true;
          }
        });
    assertThat(
            client
                .orElseThrow()
                .leader(
                    DEADLINE,
                    c -> Fixture.stub(c).listMachines(ListMachinesRequest.getDefaultInstance()))
                .getItemsList())
        .as("reads go on")
        .hasSize(2);
    Files.delete(filler);
    write(5);

    lead("dm-1");
    fill(filler, small.toFile().getUsableSpace());
    write(60);
    Files.delete(filler);
    if (!full.isAlive()) {
      assertThat(full.lastWords()).contains("No space left");
      full.start();
    }
    write(5);
    awaitAgreement();
  }

  private static void fill(Path file, long bytes) throws Exception {
    Commands.run("fallocate", "-l", Long.toString(Math.max(1, bytes)), file.toString());
    assertThatThrownBy(() -> Files.createFile(file)).isInstanceOf(IOException.class);
  }
}
