package io.pilothouse.testing.faults;

import io.pilothouse.api.v1.ControlMachineRequest;
import io.pilothouse.client.DmClient;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** How long after a kill -9 of the leader the next write is acknowledged. */
@Command(
    name = "failover",
    mixinStandardHelpOptions = true,
    description =
        "Kills the leader of a built Device Manager again and again, under one client's writes, and"
            + " prints how long after each the next write was acknowledged.")
public final class Failover implements Callable<Integer> {
  private static final Duration DEADLINE = Duration.ofSeconds(60);
  private static final String MACHINE = "m-1";
  private static final int PAUSE_MS = 5;

  @Option(names = "--dist", required = true, description = "A built distribution.")
  private Path dist = Path.of("");

  @Option(names = "--dir", required = true, description = "An empty directory for data and logs.")
  private Path dir = Path.of("");

  @Option(names = "--trials", defaultValue = "20", description = "Kills: ${DEFAULT-VALUE}.")
  private int trials;

  @Option(
      names = "--settle",
      defaultValue = "5",
      description = "Seconds of writes with all replicas before a kill: ${DEFAULT-VALUE}.")
  private int settle;

  @Option(
      names = "--election-timeout-ms",
      defaultValue = "1000",
      description = "Of the replicas: ${DEFAULT-VALUE}.")
  private int electionTimeoutMs;

  private final AtomicLong acknowledgedAt = new AtomicLong();

  private Failover() {}

  public static void main(String[] args) {
    System.exit(new CommandLine(new Failover()).execute(args));
  }

  @Override
  public Integer call() throws Exception {
    List<Long> took = new ArrayList<>();
    AtomicBoolean over = new AtomicBoolean();
    try (Replicas replicas =
        new Replicas(
            3, dist, dir, List.of("--election-timeout-ms", Integer.toString(electionTimeoutMs)))) {
      replicas.start();
      try (DmClient operator = new DmClient(replicas.servers(), "operator/setup")) {
        Fixture.apply(operator, Fixture.machines(1));
      }
      CompletableFuture<Void> writes = CompletableFuture.runAsync(() -> write(replicas, over));
      try {
        for (int trial = 0; trial < trials; trial++) {
          replicas.awaitAgreement(settle);
          took.add(trial(replicas));
          System.out.printf("%d ms%n", took.getLast());
          replicas.mend();
        }
      } finally {
        over.set(true);
      }
      writes.join();
    }
    took.sort(null);
    System.out.printf(
        "| %d kills | median %d ms | worst %d ms |%n",
        trials, took.get(trials / 2), took.getLast());
    return 0;
  }

  private long trial(Replicas replicas) throws IOException, InterruptedException {
    Node leader =
        replicas.leader().orElseThrow(() -> new IOException("nobody leads, with all replicas up"));
    leader.kill();
    long killed = System.nanoTime();
    // what was acknowledged until now may have been under way
    while (acknowledgedAt.get() - killed < 0) {
      if (System.nanoTime() - killed > DEADLINE.toNanos()) {
        throw new IOException("no write was acknowledged within " + DEADLINE.toSeconds() + " s");
      }
      Thread.sleep(1);
    }
    return (acknowledgedAt.get() - killed) / 1_000_000;
  }

  private void write(Replicas replicas, AtomicBoolean over) {
    long sequence = 0;
    try (DmClient client = new DmClient(replicas.servers(), "operator/writer")) {
      while (!over.get()) {
        ControlMachineRequest order =
            Fixture.order("writer", ++sequence, MACHINE, "hold", "write-" + sequence);
        var unused =
            client.leader(DEADLINE, channel -> Fixture.stub(channel).controlMachine(order));
        acknowledgedAt.set(System.nanoTime());
        Thread.sleep(PAUSE_MS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
