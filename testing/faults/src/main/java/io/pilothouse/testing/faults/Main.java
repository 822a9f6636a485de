package io.pilothouse.testing.faults;

import io.pilothouse.api.v1.AuditRecord;
import io.pilothouse.api.v1.ListEventsReply;
import io.pilothouse.api.v1.ListEventsRequest;
import io.pilothouse.client.DmClient;
import io.pilothouse.testing.histories.Linearizability;
import io.pilothouse.testing.histories.Linearizability.Verdict;
import io.pilothouse.testing.histories.Operation.Outcome;
import io.pilothouse.testing.histories.Trail;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** A run: a cluster under load and faults, then the checks. Belongs into a network namespace. */
@Command(
    name = "faults",
    mixinStandardHelpOptions = true,
    description =
        "Runs replicas of a built Device Manager under kills, stops, cuts and loss, and checks what"
            + " clients saw. Run it as root in a network namespace of its own.")
public final class Main implements Callable<Integer> {
  private static final Duration CHECKING = Duration.ofMinutes(2);

  /** With all replicas up and connected; cold programs on a busy machine need a while. */
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private static final Duration DEADLINE = Duration.ofSeconds(30);

  @Option(names = "--dist", required = true, description = "A built distribution.")
  private Path dist = Path.of("");

  @Option(names = "--dir", required = true, description = "An empty directory for data and logs.")
  private Path dir = Path.of("");

  @Option(names = "--replicas", defaultValue = "3", description = "3, 5 or 7: ${DEFAULT-VALUE}.")
  private int count;

  @Option(names = "--faults", defaultValue = "10", description = "How many: ${DEFAULT-VALUE}.")
  private int faults;

  @Option(names = "--seed", defaultValue = "1", description = "Of their order: ${DEFAULT-VALUE}.")
  private long seed;

  @Option(names = "--clients", defaultValue = "5", description = "At once: ${DEFAULT-VALUE}.")
  private int clients;

  @Option(names = "--machines", defaultValue = "4", description = "Keys: ${DEFAULT-VALUE}.")
  private int machines;

  private Main() {}

  /** Ends with 0 when nothing was lost, done twice or seen out of order. */
  public static void main(String[] args) {
    System.exit(new CommandLine(new Main()).execute(args));
  }

  @Override
  public Integer call() throws Exception {
    History history = new History();
    List<String> troubles = new ArrayList<>();
    try (Replicas replicas = new Replicas(count, dist, dir)) {
      replicas.start();
      try (DmClient operator = new DmClient(replicas.servers(), "operator/setup")) {
        Fixture.apply(operator, Fixture.machines(machines));
        load(replicas, history);
        replicas.awaitAgreement(0);
        troubles.addAll(Trail.objections(history.operations(), trail(operator)));
      }
      for (Node each : replicas.ended()) {
        troubles.add(each.name() + " ended by itself:\n" + each.lastWords());
      }
    }
    Verdict verdict = Linearizability.check(history.operations(), CHECKING);
    if (!(verdict instanceof Verdict.Linearizable)) {
      troubles.add(verdict.toString());
    }
    System.out.printf(
        "%d operations: %d done, %d read, %d refused, %d unknown; longest time without an answer %d ms%n",
        history.operations().size(),
        history.count(Outcome.Done.class),
        history.count(Outcome.Value.class),
        history.count(Outcome.Refused.class),
        history.count(Outcome.Unknown.class),
        history.longestPauseMs());
    if (troubles.isEmpty()) {
      System.out.println("linearizable; each acknowledged write is in the trail once");
      return 0;
    }
    troubles.forEach(each -> System.out.println("WRONG: " + each));
    return 1;
  }

  private void load(Replicas replicas, History history) throws Exception {
    AtomicBoolean over = new AtomicBoolean();
    AtomicInteger ids = new AtomicInteger();
    Random random = new Random(seed);
    ExecutorService threads = Executors.newCachedThreadPool();
    List<Future<?>> running = new ArrayList<>();
    try {
      for (int i = 1; i <= clients; i++) {
        running.add(
            threads.submit(
                new Client(
                    i,
                    replicas.servers(),
                    Fixture.machines(machines),
                    new Random(random.nextLong()),
                    history,
                    ids,
                    over)));
      }
      trouble(replicas, history, random);
    } finally {
      over.set(true);
      threads.shutdown();
    }
    for (Future<?> each : running) {
      each.get();
    }
  }

  /** Each kind once before any comes twice. */
  private void trouble(Replicas replicas, History history, Random random)
      throws IOException, InterruptedException {
    List<Fault> order = new ArrayList<>();
    for (int i = 0; i < faults; i++) {
      if (order.isEmpty()) {
        order.addAll(List.of(Fault.values()));
        Collections.shuffle(order, random);
      }
      Thread.sleep(1_000 + random.nextInt(1_500));
      Fault fault = order.removeLast();
      String begin = history.clock();
      fault.happen(replicas, random);
      Thread.sleep(1_500 + random.nextInt(2_500));
      String end = history.clock();
      Network.heal();
      replicas.mend();
      System.out.printf(
          "%s %s, mended at %s, answers %d ms later%n",
          begin, fault, end, history.awaitAnswer(PATIENCE));
    }
  }

  private static List<AuditRecord> trail(DmClient operator) throws IOException {
    List<AuditRecord> all = new ArrayList<>();
    long since = 0;
    while (true) {
      ListEventsRequest request = ListEventsRequest.newBuilder().setSinceIndex(since).build();
      ListEventsReply page =
          operator.leader(DEADLINE, channel -> Fixture.stub(channel).listEvents(request));
      if (since == 0 && page.getCompactedBelow() > 0) {
        throw new IOException(
            "the trail below " + page.getCompactedBelow() + " is gone: use fewer faults");
      }
      all.addAll(page.getItemsList());
      if (page.getItemsCount() == 0) {
        return all;
      }
      since = page.getRevision();
    }
  }
}
