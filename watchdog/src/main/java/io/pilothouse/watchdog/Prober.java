package io.pilothouse.watchdog;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.pilothouse.api.v1.DeviceKind;
import io.pilothouse.api.v1.PullTargetsReply;
import io.pilothouse.api.v1.PullTargetsRequest;
import io.pilothouse.api.v1.ReportVerdictsRequest;
import io.pilothouse.api.v1.SatelliteGrpc;
import io.pilothouse.api.v1.SatelliteWriteReply;
import io.pilothouse.api.v1.Target;
import io.pilothouse.api.v1.VerdictKind;
import io.pilothouse.api.v1.VerdictReportItem;
import io.pilothouse.api.v1.WatchdogSpec;
import io.pilothouse.client.DmClient;
import io.pilothouse.client.ServerAddress;
import io.pilothouse.manifests.BuiltInWatchdogs;
import java.io.IOException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;
import javax.net.ssl.SSLSocketFactory;

/**
 * Probes every target by every remote watchdog at its interval, many at once, and reports in
 * batches. A machine is asked for its agent's page; a switch has no agent, and must take a
 * connection at its address. One missed answer may be the network's and is a WARNING: the second in
 * a row is an ERROR with the fault {@value #FAULT}. Who missed the last one has to wait for a place
 * among others like it, so that those who take their full time hold up nobody else's verdict.
 */
final class Prober {
  static final String FAULT = "no-answer";
  private static final Duration WAIT = Duration.ofSeconds(10);
  private static final Duration CALL = Duration.ofSeconds(5);
  private static final Duration SHORTEST = Duration.ofMillis(500);
  private static final int AT_ONCE = 400;
  private static final int BATCH = 500;
  private static final int FAILURES_FOR_ERROR = 2;
  private static final long LAST_SEQUENCE = 1L << 62;

  /** One watchdog's look at one machine. */
  private record Look(String watchdog, String machine) {}

  /** What a look found, and when, by the monotonic clock. */
  private record Seen(VerdictReportItem verdict, long at) {
    Duration age(long now) {
      return Duration.ofNanos(Math.max(0, now - at));
    }
  }

  /** All that one look needs. */
  private record Probe(WatchdogSpec watchdog, Target target) {}

  private final String id;
  private final String domain;
  private final DmClient client;
  private final Optional<SSLSocketFactory> tls;
  private final Counter probes;
  private final Counter failures;
  private final Semaphore answering;
  private final Semaphore missing;
  private final Schedule<Look> schedule = new Schedule<>(System::nanoTime, new SplittableRandom());
  private final Map<Look, Integer> failedInARow = new ConcurrentHashMap<>();
  private final Map<Look, Seen> unreported = new ConcurrentHashMap<>();
  private volatile PullTargetsReply targets = PullTargetsReply.getDefaultInstance();
  private final AtomicLong shed = new AtomicLong();
  private long sequence;

  /**
   * A prober that probes nothing yet.
   *
   * @param domain fault domain that it runs in, such as rack/r7; empty = one of its own
   * @param tls how agents are spoken to; plain without
   */
  Prober(
      String id,
      String domain,
      DmClient client,
      Optional<SSLSocketFactory> tls,
      MeterRegistry meters) {
    this(id, domain, client, tls, meters, AT_ONCE);
  }

  /**
   * As above.
   *
   * @param atOnce looks under way at those that answered last time, and so many at the others
   */
  Prober(
      String id,
      String domain,
      DmClient client,
      Optional<SSLSocketFactory> tls,
      MeterRegistry meters,
      int atOnce) {
    this.answering = new Semaphore(atOnce);
    this.missing = new Semaphore(atOnce);
    this.tls = tls;
    this.id = id;
    this.domain = domain;
    this.client = client;
    this.probes = meters.counter("pilot.probes");
    this.failures = meters.counter("pilot.probes.failed");
    // above what an earlier run used, when the clock is right; else the answer names the floor
    this.sequence = System.currentTimeMillis();
  }

  /** Learns what to probe. */
  void pull() {
    PullTargetsRequest request =
        PullTargetsRequest.newBuilder()
            .setRevision(targets.getRevision())
            .setWaitMs(WAIT.toMillis())
            .build();
    targets =
        client.any(
            WAIT.plus(CALL),
            WAIT.plus(CALL),
            channel -> SatelliteGrpc.newBlockingStub(channel).pullTargets(request));
  }

  /** What there is to look at. */
  PullTargetsReply targets() {
    return targets;
  }

  /** Takes another's verdict for the next report. */
  void say(VerdictReportItem verdict) {
    Look look = new Look(verdict.getWatchdog(), verdict.getMachine());
    unreported.put(look, new Seen(verdict, System.nanoTime()));
  }

  /** Starts the probes that are due. */
  void probe() {
    Map<Look, Probe> all = all(targets);
    failedInARow.keySet().retainAll(all.keySet());
    unreported.keySet().retainAll(all.keySet());
    Map<Look, Duration> jobs = new LinkedHashMap<>();
    all.forEach(
        (look, probe) -> {
          // others are looked at elsewhere, and say it here; where nobody can look nothing is said
          boolean blind = isSwitch(probe.target()) && probe.target().getAddress().isEmpty();
          if (BuiltInWatchdogs.chosen(probe.watchdog()).equals("reachable") && !blind) {
            jobs.put(look, every(probe.watchdog()));
          }
        });
    for (Look look : schedule.take(jobs)) {
      Probe probe = all.get(look);
      Thread.ofVirtual().name("probe-" + look.machine()).start(() -> probe(look, probe));
    }
  }

  private static Map<Look, Probe> all(PullTargetsReply targets) {
    Map<Look, Probe> all = new LinkedHashMap<>();
    for (WatchdogSpec watchdog : targets.getWatchdogsList()) {
      List<String> types = watchdog.getTypesList();
      for (Target target : targets.getTargetsList()) {
        if (types.isEmpty() || types.contains(target.getType())) {
          all.put(new Look(watchdog.getName(), target.getMachine()), new Probe(watchdog, target));
        }
      }
    }
    return all;
  }

  private static Duration every(WatchdogSpec watchdog) {
    Duration every = Duration.ofMillis(watchdog.getEveryMs());
    return every.compareTo(SHORTEST) < 0 ? SHORTEST : every;
  }

  private static Duration validFor(WatchdogSpec watchdog) {
    return watchdog.getValidForMs() == 0
        ? every(watchdog).multipliedBy(3)
        : Duration.ofMillis(watchdog.getValidForMs());
  }

  private void probe(Look look, Probe probe) {
    Semaphore places = failedInARow.containsKey(look) ? missing : answering;
    try {
      places.acquire();
      try {
        VerdictReportItem verdict = verdict(look, probe);
        unreported.put(look, new Seen(verdict, System.nanoTime()));
      } finally {
        places.release();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // the program ends
    } finally {
      schedule.done(look);
    }
  }

  private VerdictReportItem verdict(Look look, Probe probe) {
    Optional<String> problem = problem(probe);
    probes.increment();
    VerdictReportItem.Builder verdict =
        VerdictReportItem.newBuilder()
            .setMachine(look.machine())
            .setWatchdog(look.watchdog())
            .setValidForMs(validFor(probe.watchdog()).toMillis());
    if (problem.isEmpty()) {
      failedInARow.remove(look);
      return verdict.setKind(VerdictKind.OK).setText(where(probe.target()) + " answers").build();
    }
    failures.increment();
    boolean certain = failedInARow.merge(look, 1, Integer::sum) >= FAILURES_FOR_ERROR;
    return verdict
        .setKind(certain ? VerdictKind.ERROR : VerdictKind.WARNING)
        .setFault(certain ? FAULT : "")
        .setText(problem.get())
        .build();
  }

  private static boolean isSwitch(Target target) {
    return target.getKind() == DeviceKind.DEVICE_SWITCH;
  }

  private static String where(Target target) {
    return isSwitch(target) ? target.getAddress() : target.getAgentAddress();
  }

  /** What is wrong, or empty. */
  private Optional<String> problem(Probe probe) {
    String given = where(probe.target());
    if (given.isEmpty()) {
      return Optional.of("its agent's address is not known yet");
    }
    long millis = probe.watchdog().getTimeoutMs();
    Duration timeout = Duration.ofMillis(millis == 0 ? 2000 : millis);
    try {
      ServerAddress address = ServerAddress.parse(given);
      if (isSwitch(probe.target())) {
        HttpProbe.connect(address.host(), address.port(), timeout);
      } else {
        // any answer is a sign of life; what it says is the other watchdogs' business
        HttpProbe.get(address.host(), address.port(), "/health", timeout, tls);
      }
      return Optional.empty();
    } catch (IOException | IllegalArgumentException e) {
      return Optional.of("%s does not answer: %s".formatted(given, e.getMessage()));
    }
  }

  /**
   * Reports the verdicts that came in since the last report; those that went stale are not sent.
   */
  synchronized void report() {
    long now = System.nanoTime();
    unreported.values().removeIf(each -> isStale(each, now));
    List<Map.Entry<Look, Seen>> news = List.copyOf(unreported.entrySet());
    for (int from = 0; from < news.size(); from += BATCH) {
      List<Map.Entry<Look, Seen>> batch = news.subList(from, Math.min(from + BATCH, news.size()));
      report(batch.stream().map(Map.Entry::getValue).toList());
      // one that came in meanwhile stays for the next report
      batch.forEach(each -> unreported.remove(each.getKey(), each.getValue()));
    }
  }

  private static boolean isStale(Seen seen, long now) {
    long validFor = seen.verdict().getValidForMs();
    return validFor > 0 && seen.age(now).toMillis() > validFor;
  }

  private void report(List<Seen> seen) {
    SatelliteWriteReply reply = send(seen);
    if (reply.getSequenceFloor() >= sequence) {
      // an earlier run counted further: its last reports are older than these all the same
      sequence = reply.getSequenceFloor();
      reply = send(seen);
    }
    shed.addAndGet(reply.getShed());
  }

  private SatelliteWriteReply send(List<Seen> seen) {
    // at the end of the numbers the Device Manager numbers them as they arrive
    sequence = sequence >= LAST_SEQUENCE ? LAST_SEQUENCE : sequence + 1;
    long number = sequence == LAST_SEQUENCE ? 0 : sequence;
    long now = System.nanoTime();
    ReportVerdictsRequest.Builder request =
        ReportVerdictsRequest.newBuilder().setReporter(id).setDomain(domain);
    for (Seen each : seen) {
      request.addVerdicts(
          each.verdict().toBuilder().setSequence(number).setAgeMs(each.age(now).toMillis()));
    }
    ReportVerdictsRequest sent = request.build();
    return client.leader(
        CALL, channel -> SatelliteGrpc.newBlockingStub(channel).reportVerdicts(sent));
  }

  Map<String, Object> status() {
    Map<String, Object> status = new LinkedHashMap<>();
    status.put("program", "watchdog");
    status.put("id", id);
    status.put("revision", targets.getRevision());
    status.put("domain", domain);
    status.put("refused_for_quota", shed.get());
    status.put("targets", targets.getTargetsCount());
    status.put(
        "not_answering", failedInARow.keySet().stream().map(Look::machine).sorted().toList());
    return status;
  }
}
