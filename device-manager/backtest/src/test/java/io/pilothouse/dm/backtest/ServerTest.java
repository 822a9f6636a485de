package io.pilothouse.dm.backtest;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.v1.FleetRequest;
import io.pilothouse.api.v1.WriteContext;
import io.pilothouse.api.v1.WriteReply;
import io.pilothouse.client.LightClient;
import io.pilothouse.dm.raft.HostPort;
import io.pilothouse.dm.raft.Peer;
import io.pilothouse.dm.raft.ReplicaConfig;
import io.pilothouse.dm.server.DeviceManager;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** From a real replica, over its HTTP port, and from its directory once it is stopped. */
class ServerTest {

  @TempDir private Path dir;

  @Test
  void theRecordOfARunningReplicaIsReadAndThatOfAStoppedOneToo() throws Exception {
    Peer peer = new Peer("dm-1", freePort(), freePort(), freePort());
    Path policy =
        Files.writeString(dir.resolve("policy.yaml"), "kind: RepairPolicy\nname: short\n");
    Path data = dir.resolve("dm-1");
    ReplicaConfig config = new ReplicaConfig("dm-1", "story", data, List.of(peer));
    try (DeviceManager dm = DeviceManager.start(config)) {
      LightClient client = new LightClient(List.of(peer.http().toString()), "operator/alice");
      for (int i = 1; i <= 3; i++) {
        client.call(
            "ApplyFleet",
            FleetRequest.newBuilder()
                .setFleet(Story.fleet())
                .setContext(WriteContext.newBuilder().setClientId("c").setSequence(i))
                .build(),
            WriteReply.parser(),
            Duration.ofSeconds(30));
      }
      assertThat(dm.failure()).isNotDone();

      Ran dump = runUntilRecorded("--servers", peer.http().toString(), "--from", "1h", "--dump");
      assertThat(dump.out().lines().filter(line -> line.contains("apply_fleet"))).isNotEmpty();
      // nothing is as old as that
      Ran old = run("--servers", peer.http().toString(), "--from", "1h", policy.toString());
      assertThat(old.code()).isEqualTo(1);
      assertThat(old.err()).contains("the record reaches back to 20", "give --from 20");
    }

    Ran stopped = run("--record", data.toString(), policy.toString());
    assertThat(stopped.err()).isEmpty();
    assertThat(stopped.code()).isZero();
    assertThat(stopped.out()).contains("0 times of errors");
  }

  /** What was acknowledged is written a moment later. */
  private static Ran runUntilRecorded(String... arguments) {
    long end = System.nanoTime() + Duration.ofSeconds(20).toNanos();
    Ran ran = run(arguments);
    while (ran.out().lines().filter(line -> line.contains("apply_fleet")).count() < 2
        && System.nanoTime() < end) {
      ran = run(arguments);
    }
    return ran;
  }

  private record Ran(int code, String out, String err) {}

  private static Ran run(String... arguments) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    int code =
        Main.run(new PrintStream(out, true, UTF_8), new PrintStream(err, true, UTF_8), arguments);
    return new Ran(code, out.toString(UTF_8), err.toString(UTF_8));
  }

  private static HostPort freePort() throws IOException {
    try (ServerSocket probe = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return new HostPort("127.0.0.1", probe.getLocalPort());
    }
  }
}
