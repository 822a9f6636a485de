package io.pilothouse.dm.server;

import io.grpc.Status;
import io.pilothouse.api.log.v1.ApplyVerdicts;
import io.pilothouse.api.log.v1.Command;
import io.pilothouse.api.log.v1.Reply;
import io.pilothouse.api.log.v1.VerdictReport;
import io.pilothouse.api.v1.WatchdogSpec;
import io.pilothouse.dm.state.Policies;
import io.pilothouse.dm.state.ReportMeaning;
import io.pilothouse.dm.state.State;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * Takes reports on the leader: what the state knows already refreshes {@link LastHeard}, what
 * differs is proposed, and reports that were overtaken do nothing. The reports of one reporter are
 * taken one after the other, so that each is compared with what the one before has led to.
 */
final class ReportIntake {

  private static final Duration QUEUE = Duration.ofSeconds(2);

  /** What became of a report. */
  enum Outcome {
    /** It counts, or is moot. */
    TAKEN,
    /** Not above one that was taken. */
    OLDER,
    /** Observed too long ago. */
    STALE,
    /** Beyond the quota. */
    SHED
  }

  /**
   * What became of some reports.
   *
   * @param outcomes of each, in their order
   * @param floor above which to number, when some were older; else 0
   * @param waitSeconds until one that was shed would be taken
   */
  record Taken(List<Outcome> outcomes, long revision, long floor, long waitSeconds) {
    int count(Outcome outcome) {
      return (int) outcomes.stream().filter(outcome::equals).count();
    }
  }

  /** Who reports, and from where. */
  record Source(String reporter, String domain, boolean agent) {}

  private final Ledger ledger;
  private final Writes writes;
  private final Term term;
  private final Clocks clocks;
  private final ReportQuotas quotas = new ReportQuotas();

  ReportIntake(Ledger ledger, Writes writes, Term term, Clocks clocks) {
    this.ledger = ledger;
    this.writes = writes;
    this.term = term;
    this.clocks = clocks;
  }

  /** What is known of a reporter in this term. */
  Reporter reporter(String name) {
    return term.lastHeard().reporter(name, clocks.nanos().getAsLong());
  }

  /** One batch while it is taken. */
  private final class Batch {
    private final LastHeard heard = term.lastHeard();
    private final Source source;
    private final Reporter reporter;
    private final long now = clocks.nanos().getAsLong();
    private final List<VerdictReport> changed = new ArrayList<>();
    private final List<VerdictReport> alive = new ArrayList<>();
    private final Map<String, Long> shed = new HashMap<>();
    private long floor;
    private long waitSeconds;

    Batch(Source source, Reporter reporter) {
      this.source = source;
      this.reporter = reporter;
    }

    List<Outcome> sort(State state, List<VerdictReport> reports) {
      Instant at = Clocks.later(clocks.now(), state.now());
      Map<String, Integer> newest = newest(reports);
      List<Outcome> outcomes = new ArrayList<>();
      for (int i = 0; i < reports.size(); i++) {
        VerdictReport report = reports.get(i);
        Optional<WatchdogSpec> spec = Policies.watchdog(state, report.getWatchdog());
        if (spec.isEmpty()) {
          outcomes.add(Outcome.TAKEN);
        } else if (!isWithinQuota(state, spec.get())) {
          outcomes.add(Outcome.SHED);
        } else {
          boolean overtaken = newest.getOrDefault(subject(report), i) != i;
          outcomes.add(overtaken ? Outcome.TAKEN : sort(state, report, at));
        }
      }
      return outcomes;
    }

    /** Of several on one subject only the newest can mean anything. */
    private static Map<String, Integer> newest(List<VerdictReport> reports) {
      Map<String, Integer> newest = new HashMap<>();
      for (int i = 0; i < reports.size(); i++) {
        int at = i;
        newest.merge(
            subject(reports.get(i)),
            at,
            (a, b) -> reports.get(a).getSequence() > reports.get(b).getSequence() ? a : b);
      }
      return newest;
    }

    private boolean isWithinQuota(State state, WatchdogSpec spec) {
      ReportQuotas.Quota quota =
          source.agent() ? quotas.ofAgent(state, spec) : quotas.ofObserver(state, spec, now);
      TokenBucket bucket = reporter.bucket(spec.getName(), quota, now);
      if (bucket.take()) {
        return true;
      }
      shed.merge(spec.getName(), 1L, Long::sum);
      waitSeconds = Math.max(waitSeconds, bucket.secondsToWait());
      return false;
    }

    private Outcome sort(State state, VerdictReport given, Instant at) {
      long known = known(state, given);
      VerdictReport report =
          given.getSequence() == 0 ? given.toBuilder().setSequence(known + 1).build() : given;
      if (report.getSequence() <= known && !source.agent()) {
        floor = Math.max(floor, known);
        return Outcome.OLDER;
      }
      FlapDamper.Held word = new FlapDamper.Held(source.reporter(), source.domain(), report);
      switch (ReportMeaning.of(state, source.reporter(), source.domain(), report, at)) {
        case CHANGED -> {
          alive.add(report);
          if (heard
              .damper()
              .mayPropose(word, ReportMeaning.isAwaited(state, source.reporter(), report), now)) {
            changed.add(report);
          }
        }
        case STEADY -> {
          alive.add(report);
          heard.damper().steady(word);
        }
        case BEFORE -> alive.add(report);
        case CROWDED -> heard.heard(report.getMachine(), report.getWatchdog(), now);
        case OLDER -> {
          floor = Math.max(floor, known);
          return Outcome.OLDER;
        }
        case STALE -> {
          return Outcome.STALE;
        }
        case MOOT -> {}
      }
      return Outcome.TAKEN;
    }

    /** The highest sequence on this subject, taken, applied or held back. */
    private long known(State state, VerdictReport report) {
      long applied =
          ReportMeaning.floor(state, source.reporter(), report.getMachine(), report.getWatchdog());
      long held =
          heard.damper().heldSequence(report.getMachine(), report.getWatchdog(), source.reporter());
      return Math.max(Math.max(applied, held), reporter.highest(subject(report)));
    }

    void took() {
      for (VerdictReport each : alive) {
        reporter.took(subject(each), each.getSequence());
        heard.heard(each.getMachine(), each.getWatchdog(), now);
        if (!source.agent()) {
          heard.heard(each.getMachine(), each.getWatchdog(), source.reporter(), now);
        }
      }
    }

    void countShed() {
      shed.forEach(
          (watchdog, count) -> heard.floods().shed(watchdog, source.reporter(), count, now));
    }
  }

  /** Takes reports under {@link #oneAtATime}; {@code first} is in the log before them. */
  Taken take(
      Source source,
      Reporter reporter,
      List<VerdictReport> reports,
      List<CompletableFuture<Reply>> first) {
    Batch batch = new Batch(source, reporter);
    List<Outcome> outcomes = ledger.read(state -> batch.sort(state, reports));
    List<CompletableFuture<Reply>> submitted = new ArrayList<>(first);
    batch.countShed();
    if (!batch.changed.isEmpty()) {
      submitted.add(writes.submit(command(source, batch.changed)));
    }
    long revision = await(submitted);
    batch.took();
    return new Taken(outcomes, revision, batch.floor, batch.waitSeconds);
  }

  private static Command command(Source source, List<VerdictReport> changed) {
    return Command.newBuilder()
        .setApplyVerdicts(verdicts(source.reporter(), source.domain(), changed))
        .build();
  }

  private static ApplyVerdicts verdicts(
      String reporter, String domain, List<VerdictReport> reports) {
    return ApplyVerdicts.newBuilder()
        .setReporter(reporter)
        .setDomain(domain)
        .addAllReports(reports)
        .build();
  }

  /** A word that was held back, as it is proposed. */
  static Command command(FlapDamper.Held held) {
    return Command.newBuilder()
        .setApplyVerdicts(verdicts(held.reporter(), held.domain(), List.of(held.report())))
        .build();
  }

  private static String subject(VerdictReport report) {
    return report.getMachine() + "/" + report.getWatchdog();
  }

  /** The highest revision of the replies; that of this replica when nothing was proposed. */
  private long await(List<CompletableFuture<Reply>> submitted) {
    return submitted.stream()
        .mapToLong(each -> writes.outcome(each).getRevision())
        .max()
        .orElseGet(ledger::appliedIndex);
  }

  static <T> T oneAtATime(Reporter reporter, Supplier<T> work) {
    boolean locked;
    try {
      locked = reporter.lock.tryLock(QUEUE.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      locked = false;
    }
    if (!locked) {
      throw Refusals.of(
          Status.Code.UNAVAILABLE,
          "a report of the same reporter is still being decided",
          "report again with what is so by then");
    }
    try {
      return work.get();
    } finally {
      reporter.lock.unlock();
    }
  }
}
