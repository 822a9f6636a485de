package io.pilothouse.deployment;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.pilothouse.client.DmClient;
import io.pilothouse.filesync.ContentIndex;
import io.pilothouse.filesync.DurableFiles;
import io.pilothouse.filesync.Packer;
import io.pilothouse.filesync.Packer.Packed;
import io.pilothouse.filesync.Throttle;
import io.pilothouse.filesync.client.Replicator;
import io.pilothouse.filesync.server.ContentHandler;
import io.pilothouse.filesync.server.ContentStore;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two replicas and a Device Manager; rounds are run by hand. */
final class ReplicaServiceTest {
  @TempDir Path temporary;
  private FakeDm dm;
  private Replica one;
  private Replica two;
  private Packed content;

  /** A replica without its rounds. */
  private final class Replica implements AutoCloseable {
    final Path dir;
    final ContentStore store;
    final ReplicaService service;
    final Housekeeping housekeeping;
    final HttpServer server;
    final DmClient client;

    Replica(String id, Path dir) throws IOException {
      this.dir = dir;
      store = new ContentStore(dir);
      server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
      server.createContext(ContentHandler.PATH, new ContentHandler(store, Throttle.unlimited(), 8));
      server.start();
      client = new DmClient(List.of(dm.address()), "satellite/" + id);
      housekeeping = new Housekeeping(store, Duration.ofMillis(1), new SimpleMeterRegistry());
      service =
          new ReplicaService(
              id,
              "127.0.0.1:" + server.getAddress().getPort(),
              client,
              store,
              new Replicator(
                  Throttle.unlimited(),
                  new SplittableRandom(1),
                  dir.resolve("transfers"),
                  io.pilothouse.tls.HttpConnections.PLAIN),
              Throttle.unlimited(),
              housekeeping,
              new SimpleMeterRegistry());
    }

    void takes(Packed packed) throws IOException {
      for (ContentIndex.Chunk chunk : packed.index().chunks()) {
        store.putChunk(chunk.sha256(), packed.read(chunk));
      }
      store.putIndex(packed.index().digest(), packed.index().toBytes());
    }

    int chunks() throws IOException {
      List<String> names = new ArrayList<>();
      store.forEachChunk(names::add);
      return names.size();
    }

    Path chunk(int i) {
      String sha256 = content.index().chunks().get(i).sha256();
      return dir.resolve("chunks/" + sha256.substring(0, 2) + "/" + sha256.substring(2));
    }

    @Override
    public void close() throws IOException {
      server.stop(0);
      client.close();
      store.close();
    }
  }

  @BeforeEach
  void start() throws IOException {
    dm = new FakeDm();
    one = new Replica("deployment-1", temporary.resolve("one"));
    two = new Replica("deployment-2", temporary.resolve("two"));
    Path source = Files.createDirectories(temporary.resolve("source"));
    Files.writeString(source.resolve("a"), "some text");
    Files.writeString(source.resolve("b"), "another text");
    content = Packer.pack(source);
    dm.register(digest());
  }

  @AfterEach
  void stop() throws IOException {
    one.close();
    two.close();
    dm.close();
  }

  private String digest() {
    return content.index().digest();
  }

  private void round() throws Exception {
    for (Replica each : List.of(one, two)) {
      each.service.fill();
      each.service.report();
    }
  }

  @Test
  void fillsItselfFromTheOther() throws Exception {
    round();
    assertThat(dm.reported("deployment-1").getHeldList()).isEmpty();
    assertThat(two.service.status().get("lacking")).isEqualTo(List.of(digest()));
    one.takes(content);
    round();
    assertThat(dm.reported("deployment-1").getHeldList()).containsExactly(digest());
    assertThat(dm.reported("deployment-2").getHeldList()).containsExactly(digest());
    assertThat(two.service.status().get("lacking")).isEqualTo(List.of());
  }

  @Test
  void refillsAnEmptyDisk() throws Exception {
    one.takes(content);
    round();
    two.close();
    two = new Replica("deployment-2", temporary.resolve("another disk"));
    round();
    assertThat(two.store.held()).containsExactly(digest());
  }

  @Test
  void whenAllReplicasHaveLostTheirDisksTheyAreFilledFromMachines() throws Exception {
    round();
    assertThat(dm.reported("deployment-1").getHeldList()).isEmpty();
    try (Replica machine = new Replica("a machine that hands on", temporary.resolve("machine"))) {
      machine.takes(content);
      dm.holds(digest(), "127.0.0.1:" + machine.server.getAddress().getPort());
      round();
    }
    assertThat(one.store.held()).containsExactly(digest());
    assertThat(two.store.held()).containsExactly(digest());
    assertThat(dm.reported("deployment-2").getHeldList()).containsExactly(digest());
  }

  @Test
  void replicasThatLostDifferentChunksMendEachOther() throws Exception {
    one.takes(content);
    round();
    Files.writeString(one.chunk(0), "damaged");
    Files.writeString(two.chunk(1), "damaged");
    one.service.scrub();
    two.service.scrub();
    one.service.report();
    two.service.report();
    assertThat(dm.reported("deployment-1").getHeldList()).isEmpty();
    assertThat(dm.reported("deployment-2").getHeldList()).isEmpty();
    round();
    assertThat(one.store.held()).containsExactly(digest());
    assertThat(two.store.held()).containsExactly(digest());
  }

  @Test
  void aDiskThatIsWipedUnderARunningReplicaIsFilledAgain() throws Exception {
    one.takes(content);
    round();
    DurableFiles.deleteTree(two.dir.resolve("chunks"));
    DurableFiles.deleteTree(two.dir.resolve("index"));
    DurableFiles.deleteTree(two.dir.resolve("incoming"));
    two.service.report();
    assertThat(dm.reported("deployment-2").getHeldList()).as("it says so at once").isEmpty();
    round();
    assertThat(two.store.held()).containsExactly(digest());
  }

  @Test
  void aReplicaThatHoldsAPartServesThePart() throws Exception {
    one.takes(content);
    String first = content.index().chunks().get(0).sha256();
    two.store.putChunk(first, content.read(content.index().chunks().get(0)));
    assertThat(get(two, "/v1/chunks/" + first)).isEqualTo(200);
    assertThat(get(two, "/v1/index/" + digest())).isEqualTo(404);
  }

  private static int get(Replica replica, String path) throws IOException {
    HttpURLConnection connection =
        (HttpURLConnection)
            URI.create("http://127.0.0.1:" + replica.server.getAddress().getPort() + path)
                .toURL()
                .openConnection();
    return connection.getResponseCode();
  }

  @Test
  void whatTheDeviceManagerNamesNoMoreIsRemoved() throws Exception {
    one.takes(content);
    Path other = Files.createDirectories(temporary.resolve("other"));
    Files.writeString(other.resolve("c"), "a third text");
    Packed kept = Packer.pack(other);
    one.takes(kept);
    dm.register(kept.index().digest());
    round();
    dm.forget(digest());
    round();
    collectUntil(() -> one.chunks() == 1 && two.chunks() == 1);
    assertThat(one.store.held()).containsExactly(kept.index().digest());
    assertThat(two.store.held()).containsExactly(kept.index().digest());
  }

  private void collectUntil(Callable<Boolean> holds) throws Exception {
    long deadline = System.nanoTime() + Duration.ofSeconds(20).toNanos();
    while (!holds.call()) {
      assertThat(System.nanoTime()).isLessThan(deadline);
      one.housekeeping.collect();
      two.housekeeping.collect();
    }
  }

  @Test
  void aDeviceManagerThatNamesNothingAtAllHasNothingRemoved() throws Exception {
    one.takes(content);
    dm.forget(digest());
    round();
    for (int i = 0; i < 50; i++) {
      one.housekeeping.collect();
    }
    assertThat(one.store.held()).containsExactly(digest());
  }

  @Test
  void anAlmostFullDiskTakesNothingMoreAndSaysSo() throws Exception {
    one.takes(content);
    two.store.keepFree(Long.MAX_VALUE / 2);
    round();
    assertThat(two.chunks()).isZero();
    assertThat(String.valueOf(two.service.status().get("problems"))).contains("full");
    two.store.keepFree(0);
    round();
    assertThat(two.store.held()).containsExactly(digest());
  }
}
