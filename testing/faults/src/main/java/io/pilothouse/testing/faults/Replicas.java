package io.pilothouse.testing.faults;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** All replicas of the cluster under test. */
final class Replicas implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(90);
  private static final int ROUND_MS = 200;

  /** Entries that may come in while the pages are asked, one after the other. */
  private static final int NEARLY = 200;

  private final List<Node> nodes = new ArrayList<>();

  Replicas(int count, Path dist, Path dir) {
    this(count, dist, dir, List.of());
  }

  /**
   * Prepares them.
   *
   * @param more flags of each
   */
  Replicas(int count, Path dist, Path dir, List<String> more) {
    for (int i = 1; i <= count; i++) {
      nodes.add(new Node(i, count, dist, dir, more));
    }
  }

  List<Node> nodes() {
    return nodes;
  }

  List<String> servers() {
    return nodes.stream().map(Node::grpc).toList();
  }

  void start() throws IOException, InterruptedException {
    for (Node each : nodes) {
      each.start();
    }
    await("a leader", () -> leader().isPresent());
  }

  /** Whoever says that it leads. */
  Optional<Node> leader() {
    return nodes.stream()
        .filter(Node::isUp)
        .filter(each -> each.status().map(Replicas::leads).orElse(false))
        .findFirst();
  }

  private static boolean leads(JsonNode status) {
    return status.path("role").asText().equals("leader");
  }

  /** Starts those that are down, and wakes those that sleep. */
  void mend() throws IOException, InterruptedException {
    for (Node each : nodes) {
      if (!each.isAlive()) {
        each.start();
      } else if (!each.isUp()) {
        each.go();
      }
    }
  }

  /**
   * Until all are up and have applied the same, or nearly, while clients write.
   *
   * @param seconds for which it must have been so
   */
  void awaitAgreement(int seconds) throws InterruptedException {
    long[] since = {System.nanoTime()};
    await(
        "all replicas at one index",
        () -> {
          if (!agree()) {
            since[0] = System.nanoTime();
          }
          return System.nanoTime() - since[0] >= TimeUnit.SECONDS.toNanos(seconds) && agree();
        });
  }

  private boolean agree() {
    List<Long> applied =
        nodes.stream()
            .map(Node::status)
            .flatMap(Optional::stream)
            .map(each -> each.path("applied").asLong())
            .sorted()
            .toList();
    return applied.size() == nodes.size()
        && applied.getFirst() > 0
        && applied.getLast() - applied.getFirst() <= NEARLY;
  }

  /**
   * Those that ended by themselves, which none may: a replica that cannot go on says so and ends.
   */
  List<Node> ended() {
    return nodes.stream().filter(Node::hasEnded).toList();
  }

  private void await(String what, BooleanSupplier holds) throws InterruptedException {
    long start = System.nanoTime();
    while (!holds.getAsBoolean()) {
      if (System.nanoTime() - start > PATIENCE.toNanos()) {
        throw new IllegalStateException(
            "waited %d s for %s; alive: %s"
                .formatted(
                    PATIENCE.toSeconds(),
                    what,
                    nodes.stream().filter(Node::isAlive).map(Node::name).toList()));
      }
      Thread.sleep(ROUND_MS);
    }
  }

  @Override
  public void close() {
    nodes.forEach(Node::close);
  }
}
