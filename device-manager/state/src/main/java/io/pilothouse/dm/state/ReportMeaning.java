package io.pilothouse.dm.state;

import io.pilothouse.api.log.v1.VerdictReport;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.Observation;
import io.pilothouse.api.v1.Severity;
import io.pilothouse.api.v1.Verdict;
import io.pilothouse.api.v1.VerdictKind;
import io.pilothouse.api.v1.WatchdogSpec;
import java.time.Instant;
import java.util.Optional;

/**
 * What a report is to the state as it stands. The edge asks before it proposes, and the rules ask
 * again when they apply, so that both mean the same by "older" and by "nothing new".
 */
public enum ReportMeaning {
  /** Of a watchdog or machine that is gone or that it is not for, or of an earlier boot. */
  MOOT,
  /** It was observed longer ago than its verdict stays fresh. */
  STALE,
  /** Observed before its watchdog was last asked to look anew: a sign of life, no more. */
  BEFORE,
  /** Not above the sequence of one that was applied, of the same reporter. */
  OLDER,
  /** A sign of life of one observer more than are kept: the others' word stands. */
  CROWDED,
  /** A sign of life, no more. */
  STEADY,
  CHANGED;

  /** The last sequence that a reporter may number; above are those numbered on arrival. */
  public static final long LAST_SEQUENCE = 1L << 62;

  /**
   * Judges a report.
   *
   * @param domain fault domain that the reporter observes from; empty = one of its own
   * @param now log time, from which the report's age counts back
   */
  public static ReportMeaning of(
      Entities state, String reporter, String domain, VerdictReport report, Instant now) {
    Optional<Machine> machine = state.machine(report.getMachine());
    Optional<WatchdogSpec> found = Policies.watchdog(state, report.getWatchdog());
    if (machine.isEmpty()
        || found.isEmpty()
        || !isVerdict(report.getKind())
        || report.getSequence() < 0
        || !Policies.concerns(state, machine.get(), found.get())
        || !isOfThisBoot(machine.get(), report)) {
      return MOOT;
    }
    WatchdogSpec spec = found.get();
    if (report.getAgeMs() > Policies.validForMs(spec)) {
      return STALE;
    }
    Optional<Verdict> known = state.verdict(report.getMachine(), report.getWatchdog());
    if (known.isPresent() && report.getSequence() <= sequence(known.get(), reporter)) {
      return OLDER;
    }
    if (now.toEpochMilli() - report.getAgeMs() < machine.get().getAskedAt()) {
      return BEFORE;
    }
    if (known.isEmpty()) {
      return CHANGED;
    }
    return Observers.has(spec)
        ? observed(spec, known.get(), reporter, domain, report)
        : said(spec, known.get(), report);
  }

  /** The highest sequence applied of a reporter's reports on a machine; 0 = none. */
  public static long floor(Entities state, String reporter, String machine, String watchdog) {
    return state.verdict(machine, watchdog).map(each -> sequence(each, reporter)).orElse(0L);
  }

  /** Whether the state waits for this reporter's word, or has none of it. */
  public static boolean isAwaited(Entities state, String reporter, VerdictReport report) {
    Optional<Verdict> known = state.verdict(report.getMachine(), report.getWatchdog());
    return known
        .flatMap(each -> Observers.of(each, reporter))
        .map(Observation::getAwaiting)
        .orElseGet(() -> known.map(Verdict::getAwaiting).orElse(true));
  }

  private static long sequence(Verdict known, String reporter) {
    return Observers.of(known, reporter)
        .map(Observation::getSequence)
        .orElse(known.getReporter().equals(reporter) ? known.getSequence() : -1L);
  }

  private static boolean isVerdict(VerdictKind kind) {
    return switch (kind) {
      case OK, WARNING, ERROR, UNKNOWN -> true;
      case VERDICT_UNSPECIFIED, UNRECOGNIZED -> false;
    };
  }

  /** A machine may have rebooted since the report was sent. */
  private static boolean isOfThisBoot(Machine machine, VerdictReport report) {
    return report.getBootId().isEmpty()
        || report.getBootId().equals(machine.getObserved().getBootId());
  }

  private static ReportMeaning said(WatchdogSpec spec, Verdict known, VerdictReport report) {
    boolean same =
        !known.getSilent()
            && !known.getAwaiting()
            && known.getKind() == report.getKind()
            && known.getFault().equals(report.getFault())
            && known.getSeverity() == severity(spec, report);
    return same ? STEADY : CHANGED;
  }

  private static ReportMeaning observed(
      WatchdogSpec spec, Verdict known, String reporter, String domain, VerdictReport report) {
    Optional<Observation> before = Observers.of(known, reporter);
    if (before.isEmpty()) {
      return Observers.isFull(known) ? CROWDED : CHANGED;
    }
    Observation said = before.get();
    boolean same =
        !known.getSilent()
            && !said.getAwaiting()
            && said.getKind() == report.getKind()
            && said.getFault().equals(report.getFault())
            && said.getDomain().equals(domain)
            && said.getSeverity() == severity(spec, report);
    return same ? STEADY : CHANGED;
  }

  /** As the state stores it; one that this build does not know is the watchdog's own. */
  static Severity severity(WatchdogSpec spec, VerdictReport report) {
    if (report.getKind() != VerdictKind.ERROR) {
      return Severity.SEVERITY_UNSPECIFIED;
    }
    return switch (report.getSeverity()) {
      case NORMAL, FATAL -> report.getSeverity();
      case SEVERITY_UNSPECIFIED, UNRECOGNIZED -> spec.getSeverity();
    };
  }
}
