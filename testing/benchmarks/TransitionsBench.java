import io.pilothouse.api.v1.VerdictKind;
import io.pilothouse.api.v1.VerdictReportItem;
import io.pilothouse.api.v1.WatchdogApiGrpc;
import io.pilothouse.api.v1.WatchdogReportReply;
import io.pilothouse.api.v1.WatchdogReportRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * Transitions in batched reports: one watchdog says of all machines that what it saw has changed, a
 * hundred in a report. See testing/benchmarks/dm-transitions.
 */
final class TransitionsBench {
  private static final int BATCH = 100;
  private static final int REPORT_MS = 30_000;
  private static final int WARM_UP_ROUNDS = 2;

  public static void main(String[] args) throws Exception {
    int machines = Integer.parseInt(args[2]);
    int rounds = Integer.parseInt(args[3]);
    AgentsCalls calls = new AgentsCalls(List.of(args[0].split(",")), machines);
    calls.findLeader();
    ScheduledExecutorService timer = Executors.newScheduledThreadPool(1);
    new AgentsFleet(
            calls,
            machines,
            REPORT_MS,
            (ms, work) -> {
              var unused = timer.schedule(work, ms, TimeUnit.MILLISECONDS);
            })
        .install();
    EtcdWrites etcd = EtcdWrites.to(args[1]);
    System.out.println("| reports outstanding | transitions/s | etcd, puts/s, 1 outstanding | ratio | etcd, 256 | ratio |");
    System.out.println("|---|---|---|---|---|---|");
    boolean bad = false;
    for (int outstanding : new int[] {1, 16}) {
      List<Double> ours = new ArrayList<>();
      List<Writes.Window> one = new ArrayList<>();
      List<Writes.Window> many = new ArrayList<>();
      for (int round = 0; round < WARM_UP_ROUNDS + rounds; round++) {
        bad = !bad;
        double perSecond = all(calls, machines, outstanding, bad);
        // twice ten seconds: as many changes of a machine a minute are logged at once
        Writes.Window alone = etcd.window(1, 10);
        Writes.Window together = etcd.window(256, 10);
        if (round >= WARM_UP_ROUNDS) {
          ours.add(perSecond);
          one.add(alone);
          many.add(together);
        }
      }
      double median = ours.stream().sorted().toList().get(rounds / 2);
      double alone = Writes.Window.median(one).perSecond();
      double together = Writes.Window.median(many).perSecond();
      System.out.printf(
          Locale.ROOT,
          "| %d | %.0f | %.0f | %.1f | %.0f | %.2f |%n",
          outstanding,
          median,
          alone,
          median / alone,
          together,
          median / together);
    }
    System.exit(0);
  }

  /** Reports of all machines once, and returns how many a second were acknowledged. */
  private static double all(AgentsCalls calls, int machines, int outstanding, boolean bad)
      throws InterruptedException {
    Semaphore room = new Semaphore(outstanding);
    CompletableFuture<String> failure = new CompletableFuture<>();
    long start = System.nanoTime();
    for (int from = 0; from < machines && !failure.isDone(); from += BATCH) {
      WatchdogReportRequest.Builder report = WatchdogReportRequest.newBuilder().setDomain("bench");
      for (int i = from; i < Math.min(machines, from + BATCH); i++) {
        report.addVerdicts(
            VerdictReportItem.newBuilder()
                .setMachine(calls.machine(i))
                .setWatchdog(AgentsFleet.PROBE)
                .setKind(bad ? VerdictKind.WARNING : VerdictKind.OK)
                .setFault(bad ? "slow" : "")
                .setText(bad ? "answers in 3 s" : "answers"));
      }
      room.acquire();
      calls.<WatchdogReportRequest, WatchdogReportReply>leader(
          0,
          WatchdogApiGrpc.getReportMethod(),
          AgentsFleet.probe(from / BATCH % AgentsFleet.PROBES),
          report.build(),
          end -> {
            if (!end.status().isOk() || end.answer().getRefusedCount() > 0) {
              failure.complete(end.status() + " " + end.answer());
            }
            room.release();
          });
    }
    room.acquire(outstanding);
    if (failure.isDone()) {
      throw new IllegalStateException(failure.join());
    }
    return machines / ((System.nanoTime() - start) / 1e9);
  }
}
