package io.pilothouse.testing.faults;

import io.pilothouse.api.v1.ChangeMembersRequest;
import io.pilothouse.api.v1.ChangeMembersRequest.Verb;
import io.pilothouse.api.v1.ReplicaAddress;
import io.pilothouse.api.v1.ReplicasGrpc;
import io.pilothouse.api.v1.WriteContext;
import io.pilothouse.client.DmClient;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;

/** Packaged replicas on one machine, each with an address of its own, and one operator. */
abstract class ReplicasCase {
  private static final Path DIST = Path.of(System.getProperty("pilot.dist", "no-dist"));
  static final Duration DEADLINE = Duration.ofSeconds(60);

  @TempDir Path dir;
  final List<Node> nodes = new ArrayList<>();
  Optional<DmClient> client = Optional.empty();
  private long sequence;
  private boolean held;

  @AfterEach
  void noReplicaIsLeft() {
    client.ifPresent(DmClient::close);
    nodes.forEach(Node::close);
  }

  void start(int count) throws Exception {
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

  Optional<Node> leader() {
    return nodes.stream()
        .filter(Node::isUp)
        .filter(
            each -> each.status().filter(s -> s.path("role").asText().equals("leader")).isPresent())
        .findFirst();
  }

  Node follower() {
    Node leads = leader().orElseThrow();
    return nodes.stream().filter(each -> each != leads && each.isUp()).findFirst().orElseThrow();
  }

  void await(String what, Callable<Boolean> holds) throws Exception {
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

  void write(int orders) {
    for (int i = 0; i < orders; i++) {
      write(DEADLINE);
    }
  }

  void write(Duration patience) {
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

  void replace(Node gone, int number) throws Exception {
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

  void lead(String id) throws Exception {
    change(ChangeMembersRequest.newBuilder().setVerb(Verb.TRANSFER).setId(id));
    await(id + " leads", () -> leader().filter(each -> each.name().equals(id)).isPresent());
  }

  void awaitAgreement() throws Exception {
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
}
