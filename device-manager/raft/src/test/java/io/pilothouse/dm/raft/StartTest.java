package io.pilothouse.dm.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.pilothouse.dm.record.RecordSettings;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.assertj.core.api.AbstractThrowableAssert;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What keeps a replica from starting, and what it says then. */
class StartTest {

  @TempDir private Path root;
  private final List<Peer> peers = Cluster.peers(1);

  @Test
  void aDirectoryOfAnotherClusterIsRefused() throws Exception {
    start("dm-1", "east", root).close();

    refused("dm-1", "west", root)
        .hasMessageContaining("belongs to cluster 'east', not 'west'")
        .hasMessageContaining("--cluster east");
  }

  @Test
  void aDirectoryOfAnotherReplicaIsRefused() throws Exception {
    start("dm-1", "east", root).close();
    Path file = root.resolve("cluster");
    Files.writeString(file, Files.readString(file).replace("dm-1", "dm-2"));

    refused("dm-1", "east", root).hasMessageContaining("belongs to replica 'dm-2', not 'dm-1'");
  }

  @Test
  void dataOfUnknownOwnerIsRefused() throws Exception {
    start("dm-1", "east", root).close();
    Files.delete(root.resolve("cluster"));

    refused("dm-1", "east", root)
        .hasMessageContaining("no file 'cluster'")
        .hasMessageContaining("one that did needs a new id");
  }

  @Test
  void aDirectoryWithoutItsLogIsRefused() throws Exception {
    start("dm-1", "east", root).close();
    DataFiles.deleteTree(root.resolve("raft"));

    // begun anew under its id, with one other it could elect a leader that lacks what it had
    refused("dm-1", "east", root)
        .hasMessageContaining("has lost raft/")
        .hasMessageContaining("do not start it from here again")
        .hasMessageContaining("pilot dm replace")
        .hasMessageNotContaining("empty");
  }

  @Test
  void aDirectoryWithNothingLeftButItsNameIsRefused() throws Exception {
    start("dm-1", "east", root).close();
    for (String lost : List.of("raft", "db", "raft.seen")) {
      DataFiles.deleteTree(root.resolve(lost));
    }

    refused("dm-1", "east", root).hasMessageContaining("has lost raft/");
  }

  @Test
  void aDirectoryInUseIsRefused() throws Exception {
    try (Replica running = start("dm-1", "east", root)) {
      assertThat(running.failure()).isNotDone();
      refused("dm-1", "east", root)
          .hasMessageContaining("in use by the process " + ProcessHandle.current().pid());
    }
  }

  @Test
  void aFileInPlaceOfTheDirectoryIsRefused() throws Exception {
    Path file = Files.createFile(root.resolve("file"));

    refused("dm-1", "east", file.resolve("data"))
        .hasMessageContaining(file.toString())
        .hasMessageContaining("expected a directory that this user can write");
  }

  @Test
  void aPortInUseIsNamed() throws Exception {
    int port = peers.get(0).raft().port();
    try (ServerSocket taken = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
      assertThat(taken.isBound()).isTrue();
      refused("dm-1", "east", root)
          .hasMessageContaining("127.0.0.1:" + port + " is in use")
          .hasMessageContaining("--peers");
    }
    start("dm-1", "east", root).close();
  }

  /** Else it would lead a cluster of its own. */
  @Test
  void whoShouldHaveJoinedIsToldSoWithTheNextStart() throws Exception {
    int port = peers.get(0).raft().port();
    try (ServerSocket taken = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
      assertThat(taken.isBound()).isTrue();
      refused("dm-1", "east", root).hasMessageContaining("is in use");
      assertThat(root.resolve("cluster")).content().contains("joined=false");
      ReplicaConfig joins =
          new ReplicaConfig(
              "dm-1",
              "east",
              root,
              peers,
              RecordSettings.DEFAULT,
              Optional.empty(),
              new Origin.Join(),
              ReplicaConfig.ELECTION_TIMEOUT);
      assertThatThrownBy(() -> Replica.start(joins, new SimpleMeterRegistry()))
          .hasMessageContaining("is in use");
      assertThat(root.resolve("cluster")).content().contains("joined=true");
    }
  }

  @Test
  void anAddressThatOthersReachIsRefused() {
    Peer self = peers.get(0);
    Peer open = new Peer("dm-1", new HostPort("0.0.0.0", 1234), self.grpc(), self.http());
    ReplicaConfig config = new ReplicaConfig("dm-1", "east", root, List.of(open));

    assertThatThrownBy(() -> Replica.start(config, new SimpleMeterRegistry()))
        .isInstanceOf(ReplicaStartException.class)
        .hasMessageContaining("0.0.0.0:1234 is not a loopback address");
  }

  @Test
  void mistakesInTheConfigurationAreToldTogether() {
    Peer self = peers.get(0);
    List<Peer> wrong = List.of(self, new Peer("DM 2", self.raft(), self.grpc(), self.http()));

    assertThatThrownBy(() -> new ReplicaConfig("dm-3", "", root, wrong))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("cluster '' is not a cluster name")
        .hasMessageContaining("peer 'DM 2' is not a replica id")
        .hasMessageContaining("DM 2's raft address " + self.raft() + " is dm-1's raft address too")
        .hasMessageContaining("id 'dm-3' is not among the peers [dm-1, DM 2]")
        .hasMessageContaining("2 peers; expected 1, 3, 5 or 7");
  }

  @Test
  void anElectionTimeoutBeyondReasonIsRefused() {
    for (long wrong : List.of(0L, 99L, 60_001L)) {
      assertThatThrownBy(
              () ->
                  new ReplicaConfig(
                      "dm-1",
                      "test",
                      root,
                      peers,
                      RecordSettings.DEFAULT,
                      Optional.empty(),
                      new Origin.Seed(),
                      Duration.ofMillis(wrong)))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("election timeout of " + wrong + " ms; expected 100 to 60000");
    }
  }

  @Test
  void addressesAreReadStrictly() {
    assertThat(HostPort.parse("127.0.0.1:80")).hasToString("127.0.0.1:80");
    assertThat(HostPort.parse("[::1]:80"))
        .isEqualTo(new HostPort("::1", 80))
        .hasToString("[::1]:80");
    for (String wrong : List.of("", "host", "host:", ":80", "host:0", "host:65536", "host:8o")) {
      assertThatThrownBy(() -> HostPort.parse(wrong))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("expected HOST:PORT");
    }
  }

  private Replica start(String id, String cluster, Path dir) throws ReplicaStartException {
    ReplicaConfig config = new ReplicaConfig(id, cluster, dir, peers);
    return Replica.start(config, new SimpleMeterRegistry(), new LeaseLedger(), Cluster.USUAL);
  }

  private AbstractThrowableAssert<?, ?> refused(String id, String cluster, Path dir) {
    return assertThatThrownBy(() -> start(id, cluster, dir).close())
        .isInstanceOf(ReplicaStartException.class);
  }
}
