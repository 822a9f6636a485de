import io.pilothouse.api.v1.MachineApiGrpc;
import io.pilothouse.api.v1.PullReply;
import io.pilothouse.api.v1.PullRequest;
import io.pilothouse.api.v1.VerdictKind;
import io.pilothouse.api.v1.VerdictReportItem;
import io.pilothouse.api.v1.WatchdogApiGrpc;
import io.pilothouse.api.v1.WatchdogReportReply;
import io.pilothouse.api.v1.WatchdogReportRequest;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * Pulls of machines, alone and while transitions are applied, on a fleet that is there already; see
 * testing/benchmarks/large-fleet. Arguments: gRPC addresses, machines to bring into service, digits
 * of their numbers, seconds of each measurement, transitions and pulls a second.
 */
final class PullsBench {
  private static final int BATCH = 100;
  private static final int REPORT_MS = 30_000;
  private static final int REPORTS_OUTSTANDING = 32;
  private static final int WARM_UP_SECONDS = 8;

  private final AgentsCalls calls;
  private final int machines;
  private final AtomicLong acknowledged = new AtomicLong();
  private final AtomicLong refused = new AtomicLong();
  private int round;

  private PullsBench(AgentsCalls calls, int machines) {
    this.calls = calls;
    this.machines = machines;
  }

  public static void main(String[] args) throws Exception {
    int machines = Integer.parseInt(args[1]);
    int seconds = Integer.parseInt(args[3]);
    int transitions = Integer.parseInt(args[4]);
    int pulls = Integer.parseInt(args[5]);
    AgentsCalls calls =
        new AgentsCalls(List.of(args[0].split(",")), machines, Integer.parseInt(args[2]));
    calls.findLeader();
    ScheduledExecutorService timer = Executors.newScheduledThreadPool(1);
    new AgentsFleet(
            calls,
            machines,
            REPORT_MS,
            (ms, work) -> {
              var unused = timer.schedule(work, ms, TimeUnit.MILLISECONDS);
            })
        .bringUp();
    PullsBench bench = new PullsBench(calls, machines);
    bench.pulls(WARM_UP_SECONDS, pulls);
    Pulled alone = bench.pulls(seconds, pulls);
    Thread reports = Thread.ofPlatform().daemon().start(() -> bench.transitions(transitions));
    bench.pulls(WARM_UP_SECONDS, pulls);
    long before = bench.acknowledged.get();
    long start = System.nanoTime();
    Pulled busy = bench.pulls(seconds, pulls);
    double perSecond = (bench.acknowledged.get() - before) / ((System.nanoTime() - start) / 1e9);
    reports.interrupt();
    System.out.printf("| pulls, %d a second: p50, p99 | %s |%n", pulls, alone);
    System.out.printf(
        Locale.ROOT,
        "| the same while %.0f transitions a second are applied (%d asked for) | %s |%n",
        perSecond,
        transitions,
        busy);
    if (bench.refused.get() > 0) {
      System.out.printf("| reports that were refused | %d |%n", bench.refused.get());
    }
    System.exit(0);
  }

  /** Times in ms. */
  private record Pulled(double p50, double p99, double most, long failed) {
    @Override
    public String toString() {
      String bad = failed == 0 ? "" : ", %d failed".formatted(failed);
      return String.format(
          Locale.ROOT, "%.1f, %.1f ms; longest %.0f ms%s", p50, p99, most, bad);
    }
  }

  /** One pull after the other, at even times, of machines in turn, at all replicas. */
  private Pulled pulls(int seconds, int perSecond) throws InterruptedException {
    int all = seconds * perSecond;
    long[] took = new long[all];
    AtomicInteger done = new AtomicInteger();
    AtomicInteger failed = new AtomicInteger();
    long start = System.nanoTime();
    for (int i = 0; i < all; i++) {
      long at = start + i * 1_000_000_000L / perSecond;
      LockSupport.parkNanos(at - System.nanoTime());
      int machine = (int) ((i * 7919L) % machines);
      int slot = i;
      calls.<PullRequest, PullReply>replica(
          i % calls.replicas(),
          i,
          MachineApiGrpc.getPullMethod(),
          "machine/" + calls.machine(machine),
          PullRequest.newBuilder().setMachine(calls.machine(machine)).build(),
          end -> {
            // from when it was to be sent: a stall counts for all that wait behind it
            took[slot] = System.nanoTime() - at;
            failed.addAndGet(end.status().isOk() ? 0 : 1);
            done.incrementAndGet();
          });
    }
    while (done.get() < all) {
      Thread.sleep(5);
    }
    Arrays.sort(took);
    return new Pulled(
        took[all / 2] / 1e6, took[(int) (all * 0.99)] / 1e6, took[all - 1] / 1e6, failed.get());
  }

  /** Says of machine after machine that what it saw has changed, a hundred in a report. */
  private void transitions(int perSecond) {
    Semaphore room = new Semaphore(REPORTS_OUTSTANDING);
    long start = System.nanoTime();
    try {
      for (long i = 0; !Thread.interrupted(); i++) {
        LockSupport.parkNanos(start + i * BATCH * 1_000_000_000L / perSecond - System.nanoTime());
        room.acquire();
        report((int) (i * BATCH % machines), room);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void report(int from, Semaphore room) {
    round += from == 0 ? 1 : 0;
    boolean bad = round % 2 == 1;
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
    calls.<WatchdogReportRequest, WatchdogReportReply>leader(
        0,
        WatchdogApiGrpc.getReportMethod(),
        AgentsFleet.probe(from / BATCH % AgentsFleet.PROBES),
        report.build(),
        end -> {
          boolean done = end.status().isOk() && end.answer().getRefusedCount() == 0;
          (done ? acknowledged : refused).addAndGet(BATCH);
          room.release();
        });
  }
}
