import io.pilothouse.api.v1.GetStatusRequest;
import io.pilothouse.api.v1.MachineApiGrpc;
import io.pilothouse.api.v1.OperatorGrpc;
import io.pilothouse.api.v1.PullRequest;
import io.pilothouse.api.v1.ReportRequest;
import io.pilothouse.api.v1.StatusReply;
import io.pilothouse.api.v1.VerdictKind;
import io.pilothouse.api.v1.VerdictReportItem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.IntConsumer;

/** All agents of a fleet in one program, few connections; see testing/benchmarks/agents-pull. */
final class AgentsBench {
  private static final int PULL_MS = 10_000;
  private static final int REPORT_MS = 30_000;
  private static final int STATUS_MS = 500;


  /** Times of answers, and how many calls had another end, while it is measured. */
  private static final class Tally {
    private final long[] took = new long[1 << 22];
    private final AtomicInteger answered = new AtomicInteger();
    private final AtomicLong shed = new AtomicLong();
    private final AtomicLong failed = new AtomicLong();

    void count(AgentsCalls.End<?> end, long waitedNanos) {
      if (!measuring) {
        return;
      }
      if (end.status().isOk()) {
        int slot = answered.getAndIncrement();
        took[slot & (took.length - 1)] = Math.max(0, end.nanos() - waitedNanos);
      } else if (end.isShed()) {
        shed.incrementAndGet();
      } else {
        failed.incrementAndGet();
      }
    }

    double perSecond(double seconds) {
      return answered.get() / seconds;
    }

    double shedShare() {
      long all = answered.get() + shed.get() + failed.get();
      return all == 0 ? 0 : 100.0 * shed.get() / all;
    }

    String times() {
      long[] sorted = Arrays.copyOf(took, Math.min(answered.get(), took.length));
      if (sorted.length == 0) {
        return "-";
      }
      Arrays.sort(sorted);
      return String.format(
          Locale.ROOT,
          "%.1f / %.1f ms",
          sorted[sorted.length / 2] / 1e6,
          sorted[(int) (sorted.length * 0.99)] / 1e6);
    }
  }

  private static volatile boolean measuring;
  private static final Tally PULLS = new Tally();
  private static final Tally REPORTS = new Tally();
  private static final Tally LOOKS = new Tally();

  private final AgentsCalls calls;
  private final int agents;
  private final int waitMs;
  private final ScheduledExecutorService time =
      Executors.newScheduledThreadPool(1, Thread.ofPlatform().daemon().name("time").factory());
  private final long[] revisions;
  private final String[] etags;
  private final AtomicLong sequence = new AtomicLong(System.currentTimeMillis());

  private AgentsBench(AgentsCalls calls, int agents, int waitMs) {
    this.calls = calls;
    this.agents = agents;
    this.waitMs = waitMs;
    this.revisions = new long[agents];
    this.etags = new String[agents];
    Arrays.fill(etags, "");
  }

  public static void main(String[] args) throws Exception {
    List<String> addresses = List.of(args[0].split(","));
    List<Long> pids = Arrays.stream(args[1].split(",")).map(Long::valueOf).toList();
    int agents = Integer.parseInt(args[2]);
    int seconds = Integer.parseInt(args[3]);
    boolean poll = args[4].equals("poll");
    AgentsCalls calls = new AgentsCalls(addresses, agents);
    AgentsBench bench = new AgentsBench(calls, agents, poll ? PULL_MS : 0);
    calls.findLeader();
    long start = System.nanoTime();
    new AgentsFleet(calls, agents, REPORT_MS, bench::later).install();
    say("%d machines in service after %d s", agents, (System.nanoTime() - start) / 1_000_000_000);
    bench.run();
    bench.warmUp(Integer.parseInt(args[5]));
    double[] before = cpu(pids);
    long began = System.nanoTime();
    measuring = true;
    TimeUnit.SECONDS.sleep(seconds);
    measuring = false;
    double elapsed = (System.nanoTime() - began) / 1e9;
    double[] after = cpu(pids);
    System.out.println(
        "| agents | pulls/s (p50 / p99) | reports/s (p50 / p99) | turned away: pulls, reports | failed"
            + " | status (p50 / p99) | processor: leader, all three | memory: leader, all three |");
    System.out.println("|---|---|---|---|---|---|---|---|");
    int lead = calls.leader();
    System.out.printf(
        Locale.ROOT,
        "| %d, %s | %.0f (%s) | %.0f (%s) | %.2f %%, %.2f %% | %d | %s | %.2f, %.2f cores | %d, %d MiB |%n",
        agents,
        args[4],
        PULLS.perSecond(elapsed),
        PULLS.times(),
        REPORTS.perSecond(elapsed),
        REPORTS.times(),
        PULLS.shedShare(),
        REPORTS.shedShare(),
        PULLS.failed.get() + REPORTS.failed.get() + LOOKS.failed.get() + LOOKS.shed.get(),
        LOOKS.times(),
        (after[lead] - before[lead]) / elapsed,
        (Arrays.stream(after).sum() - Arrays.stream(before).sum()) / elapsed,
        memory(pids.get(lead)),
        pids.stream().mapToLong(AgentsBench::memory).sum());
    System.exit(0);
  }

  private static void say(String text, Object... values) {
    System.err.println("agents-pull: " + text.formatted(values));
  }

  // --- the agents

  private void run() {
    IntConsumer pulls = i -> pull(i, i % calls.replicas());
    IntConsumer reports = this::report;
    for (int i = 0; i < agents; i++) {
      int agent = i;
      later(random(PULL_MS), () -> pulls.accept(agent));
      later(random(REPORT_MS), () -> reports.accept(agent));
    }
    later(0, this::look);
  }

  /** Probation ends, entries of the log become few, and the compiler has seen all of it. */
  private void warmUp(int seconds) throws InterruptedException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
    int healthy = 0;
    while (System.nanoTime() < end && healthy < agents) {
      Thread.sleep(2_000);
      AgentsCalls.End<StatusReply> now = calls.status();
      healthy = now.status().isOk() ? now.answer().getHealthy() : healthy;
    }
    say("%d of %d machines are HEALTHY; measuring", healthy, agents);
  }

  private void pull(int i, int replica) {
    long asked = System.nanoTime();
    PullRequest request =
        PullRequest.newBuilder()
            .setMachine(calls.machine(i))
            .setRevision(revisions[i])
            .setEtag(etags[i])
            .setWaitMs(waitMs)
            .build();
    calls.replica(
        replica,
        i,
        MachineApiGrpc.getPullMethod(),
        "machine/" + calls.machine(i),
        request,
        end -> {
          boolean waited = end.status().isOk() && end.answer().getNotModified() && waitMs > 0;
          long after = waited ? end.answer().getPullAfterMs() : 0;
          PULLS.count(end, waited && after == 0 ? waitMs * 1_000_000L : 0);
          if (end.status().isOk()) {
            revisions[i] = Math.max(revisions[i], end.answer().getRevision());
            etags[i] = end.answer().getEtag();
            long passed = (System.nanoTime() - asked) / 1_000_000;
            long next = waitMs > 0 ? after : PULL_MS - passed;
            later(Math.max(0, next), () -> pull(i, replica));
          } else if (end.isShed()) {
            later(end.pause(), () -> pull(i, (replica + 1) % calls.replicas()));
          } else {
            later(1_000 + random(1_000), () -> pull(i, (replica + 1) % calls.replicas()));
          }
        });
  }

  private void report(int i) {
    long asked = System.nanoTime();
    long number = sequence.incrementAndGet();
    ReportRequest request =
        ReportRequest.newBuilder()
            .setMachine(calls.machine(i))
            .setBootId("disk")
            .setSequence(number)
            .setObserved(AgentsFleet.observed(i))
            .addVerdicts(
                VerdictReportItem.newBuilder()
                    .setWatchdog("alive")
                    .setKind(VerdictKind.OK)
                    .setText("OK")
                    .setSequence(number))
            .build();
    calls.leader(
        i,
        MachineApiGrpc.getReportMethod(),
        "machine/" + calls.machine(i),
        request,
        end -> {
          REPORTS.count(end, 0);
          long passed = (System.nanoTime() - asked) / 1_000_000;
          long next =
              end.status().isOk()
                  ? REPORT_MS - passed
                  : end.isShed()
                      ? end.pause()
                      : 1_000 + random(1_000);
          later(Math.max(0, next), () -> report(i));
        });
  }

  private void look() {
    calls.leader(
        0,
        OperatorGrpc.getGetStatusMethod(),
        "operator/bench",
        GetStatusRequest.getDefaultInstance(),
        end -> {
          LOOKS.count(end, 0);
          later(STATUS_MS, this::look);
        });
  }

  private static long random(int millis) {
    return ThreadLocalRandom.current().nextLong(millis);
  }

  private void later(long millis, Runnable then) {
    time.schedule(then, millis, TimeUnit.MILLISECONDS);
  }

  // --- what it costs

  /** Seconds of processor time of each process so far. */
  private static double[] cpu(List<Long> pids) {
    return pids.stream()
        .mapToDouble(
            pid ->
                ProcessHandle.of(pid)
                    .flatMap(each -> each.info().totalCpuDuration())
                    .orElseThrow(() -> new IllegalStateException("a replica has ended: " + pid))
                    .toMillis()
                    / 1e3)
        .toArray();
  }

  /** MiB resident. */
  private static long memory(long pid) {
    try {
      return Files.readAllLines(Path.of("/proc/" + pid + "/status")).stream()
          .filter(each -> each.startsWith("VmRSS:"))
          .mapToLong(each -> Long.parseLong(each.replaceAll("\\D", "")) / 1024)
          .findFirst()
          .orElseThrow();
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }
}
