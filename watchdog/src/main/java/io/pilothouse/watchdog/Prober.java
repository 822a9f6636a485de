package io.pilothouse.watchdog;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.pilothouse.api.v1.PullTargetsReply;
import io.pilothouse.api.v1.PullTargetsRequest;
import io.pilothouse.api.v1.ReportVerdictsRequest;
import io.pilothouse.api.v1.SatelliteGrpc;
import io.pilothouse.api.v1.Target;
import io.pilothouse.api.v1.VerdictKind;
import io.pilothouse.api.v1.VerdictReportItem;
import io.pilothouse.api.v1.WatchdogSpec;
import io.pilothouse.client.DmClient;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;

/**
 * Probes every target by every remote watchdog at its interval, many at once, and reports in
 * batches. One missed answer may be the network's: only the second in a row is an ERROR.
 */
final class Prober {
  static final String FAULT = "no-answer";
  private static final Duration WAIT = Duration.ofSeconds(10);
  private static final Duration CALL = Duration.ofSeconds(5);
  private static final int AT_ONCE = 200;
  private static final int FAILURES_FOR_ERROR = 2;

  private final String id;
  private final DmClient client;
  private final HttpProbe probe;
  private final Counter probes;
  private final Counter failures;
  private final Semaphore atOnce = new Semaphore(AT_ONCE);
  private final Map<String, Integer> failedInARow = new ConcurrentHashMap<>();
  private final Map<String, Long> lastProbe = new ConcurrentHashMap<>();
  private volatile PullTargetsReply targets = PullTargetsReply.getDefaultInstance();
  private long sequence;

  Prober(String id, DmClient client, HttpProbe probe, MeterRegistry meters) {
    this.id = id;
    this.client = client;
    this.probe = probe;
    this.probes = meters.counter("pilot.probes");
    this.failures = meters.counter("pilot.probes.failed");
    // above what an earlier run of this program used: a second of it sends fewer than a thousand
    this.sequence = System.currentTimeMillis();
  }

  /** Learns what to probe. */
  void pull() {
    PullTargetsRequest request =
        PullTargetsRequest.newBuilder()
            .setRevision(targets.getRevision())
            .setWaitMs(WAIT.toMillis())
            .build();
    PullTargetsReply reply =
        client.any(
            WAIT.plus(CALL),
            WAIT.plus(CALL),
            channel -> SatelliteGrpc.newBlockingStub(channel).pullTargets(request));
    targets = reply;
    List<String> names = reply.getTargetsList().stream().map(Target::getMachine).toList();
    failedInARow.keySet().removeIf(each -> !names.contains(each.substring(each.indexOf('/') + 1)));
    lastProbe.keySet().removeIf(each -> !names.contains(each.substring(each.indexOf('/') + 1)));
  }

  /** One round: probes what is due and reports the verdicts. */
  void probe() throws InterruptedException {
    long now = System.nanoTime();
    List<VerdictReportItem> verdicts = new ArrayList<>();
    List<Future<VerdictReportItem>> running = new ArrayList<>();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (WatchdogSpec watchdog : targets.getWatchdogsList()) {
        for (Target target : targets.getTargetsList()) {
          if (isDue(watchdog, target, now)) {
            running.add(threads.submit(() -> probe(watchdog, target)));
          }
        }
      }
      for (Future<VerdictReportItem> each : running) {
        verdicts.add(each.get());
      }
    } catch (ExecutionException e) {
      throw new IllegalStateException("a probe ended by a fault", e.getCause());
    }
    if (!verdicts.isEmpty()) {
      report(verdicts);
    }
  }

  private boolean isDue(WatchdogSpec watchdog, Target target, long now) {
    boolean concerned =
        watchdog.getTypesList().isEmpty() || watchdog.getTypesList().contains(target.getType());
    String key = watchdog.getName() + "/" + target.getMachine();
    long every = Duration.ofMillis(Math.max(500, watchdog.getEveryMs())).toNanos();
    Long last = lastProbe.get(key);
    // a round is a little late now and then; half a round early is on time
    if (!concerned || (last != null && now - last < every - Duration.ofMillis(250).toNanos())) {
      return false;
    }
    lastProbe.put(key, now);
    return true;
  }

  private VerdictReportItem probe(WatchdogSpec watchdog, Target target)
      throws InterruptedException {
    Duration timeout =
        Duration.ofMillis(watchdog.getTimeoutMs() == 0 ? 2000 : watchdog.getTimeoutMs());
    Optional<String> problem;
    atOnce.acquire();
    try {
      problem = probe.problem(target.getAgentAddress(), timeout);
    } finally {
      atOnce.release();
    }
    probes.increment();
    String key = watchdog.getName() + "/" + target.getMachine();
    int failed = problem.isEmpty() ? 0 : failedInARow.merge(key, 1, Integer::sum);
    if (problem.isEmpty()) {
      failedInARow.remove(key);
    } else {
      failures.increment();
    }
    VerdictReportItem.Builder verdict =
        VerdictReportItem.newBuilder()
            .setMachine(target.getMachine())
            .setWatchdog(watchdog.getName())
            .setValidForMs(watchdog.getValidForMs());
    if (problem.isEmpty()) {
      return verdict.setKind(VerdictKind.OK).setText(target.getAgentAddress() + " answers").build();
    }
    boolean certain = failed >= FAILURES_FOR_ERROR;
    return verdict
        .setKind(certain ? VerdictKind.ERROR : VerdictKind.WARNING)
        .setFault(certain ? FAULT : "")
        .setText(problem.get())
        .build();
  }

  private void report(List<VerdictReportItem> verdicts) {
    long next = Math.max(sequence + 1, System.currentTimeMillis());
    sequence = next;
    ReportVerdictsRequest.Builder request = ReportVerdictsRequest.newBuilder().setReporter(id);
    verdicts.forEach(each -> request.addVerdicts(each.toBuilder().setSequence(next)));
    client.leader(
        CALL, channel -> SatelliteGrpc.newBlockingStub(channel).reportVerdicts(request.build()));
  }

  Map<String, Object> status() {
    Map<String, Object> status = new LinkedHashMap<>();
    status.put("program", "watchdog");
    status.put("id", id);
    status.put("revision", targets.getRevision());
    status.put("targets", targets.getTargetsCount());
    status.put("not_answering", failedInARow.keySet().stream().sorted().toList());
    return status;
  }
}
