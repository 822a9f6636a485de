package io.pilothouse.filesync.client;

import io.pilothouse.filesync.Packer.Packed;
import io.pilothouse.filesync.Throttle;
import io.pilothouse.filesync.Trees;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** Two replicas, one content, and a disk to fetch it to. */
abstract class ClientTest {
  static final Patience SHORT =
      new Patience(
          Duration.ofSeconds(2),
          Duration.ofSeconds(5),
          Duration.ofSeconds(5),
          Duration.ofSeconds(60),
          Duration.ofMillis(10));

  @TempDir Path temporary;
  final List<Duration> slept = new ArrayList<>();
  Path source;
  Path disk;
  Path target;
  TestReplica one;
  TestReplica two;
  Packed content;

  @BeforeEach
  void startReplicas() throws IOException {
    source = Trees.service(temporary.resolve("source"));
    disk = Files.createDirectories(temporary.resolve("disk"));
    target = disk.resolve("1.0.0");
    one = new TestReplica(temporary.resolve("one"));
    two = new TestReplica(temporary.resolve("two"));
    content = one.holds(source);
    two.holds(source);
  }

  @AfterEach
  void stopReplicas() throws IOException {
    one.close();
    two.close();
  }

  Network network(long seed) {
    return network(seed, SHORT);
  }

  Network network(long seed, Patience patience) {
    return new Network(
        Throttle.unlimited(),
        new SplittableRandom(seed),
        patience,
        duration -> {
          slept.add(duration);
        });
  }

  Fetcher fetcher(long seed) {
    return new Fetcher(network(seed), WritePoints.NONE);
  }

  String digest() {
    return content.index().digest();
  }

  List<String> both() {
    return List.of(one.address(), two.address());
  }

  /** Names on the disk, hidden ones too. */
  List<String> onDisk() throws IOException {
    try (Stream<Path> list = Files.list(disk)) {
      return list.map(each -> each.getFileName().toString()).sorted().toList();
    }
  }

  /** An address where nobody listens. */
  static String nobody() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return "127.0.0.1:" + socket.getLocalPort();
    }
  }
}
