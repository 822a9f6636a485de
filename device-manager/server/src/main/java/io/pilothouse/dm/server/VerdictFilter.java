package io.pilothouse.dm.server;

import io.pilothouse.api.log.v1.VerdictReport;
import io.pilothouse.api.v1.Severity;
import io.pilothouse.api.v1.Verdict;
import io.pilothouse.api.v1.VerdictKind;
import io.pilothouse.api.v1.WatchdogSpec;
import io.pilothouse.dm.state.Entities;
import io.pilothouse.dm.state.Policies;
import java.util.Optional;

/** Tells a report that the state must hear of from one that says what the state says already. */
final class VerdictFilter {

  /** What a report is to the state as it stands. */
  enum Meaning {
    /** Of a watchdog that is gone, of a machine that is gone, or older than one applied. */
    MOOT,
    /** A sign of life, no more. */
    STEADY,
    CHANGED
  }

  private VerdictFilter() {}

  static Meaning of(Entities state, String reporter, VerdictReport report) {
    Optional<WatchdogSpec> spec = Policies.watchdog(state, report.getWatchdog());
    if (spec.isEmpty()
        || state.machine(report.getMachine()).isEmpty()
        || report.getKind() == VerdictKind.VERDICT_UNSPECIFIED) {
      return Meaning.MOOT;
    }
    Optional<Verdict> found = state.verdict(report.getMachine(), report.getWatchdog());
    if (found.isEmpty()) {
      return Meaning.CHANGED;
    }
    Verdict known = found.get();
    if (known.getReporter().equals(reporter) && report.getSequence() <= known.getSequence()) {
      return Meaning.MOOT;
    }
    boolean same =
        !known.getSilent()
            && !known.getAwaiting()
            && known.getKind() == report.getKind()
            && known.getFault().equals(report.getFault())
            && known.getSeverity() == severity(report, spec.get());
    return same ? Meaning.STEADY : Meaning.CHANGED;
  }

  /** As the state stores it. */
  private static Severity severity(VerdictReport report, WatchdogSpec spec) {
    if (report.getKind() != VerdictKind.ERROR) {
      return Severity.SEVERITY_UNSPECIFIED;
    }
    return report.getSeverity() == Severity.SEVERITY_UNSPECIFIED
        ? spec.getSeverity()
        : report.getSeverity();
  }
}
