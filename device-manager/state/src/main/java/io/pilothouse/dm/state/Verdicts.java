package io.pilothouse.dm.state;

import io.pilothouse.api.log.v1.ApplyVerdicts;
import io.pilothouse.api.log.v1.VerdictReport;
import io.pilothouse.api.v1.AuditRecord;
import io.pilothouse.api.v1.Observation;
import io.pilothouse.api.v1.Verdict;
import io.pilothouse.api.v1.VerdictKind;
import io.pilothouse.api.v1.WatchdogSpec;

/** What watchdogs say of machines, as far as it changes something. */
final class Verdicts {
  private static final int LONGEST_TEXT = 4096;

  private Verdicts() {}

  /** Verdicts that differ from what is known. */
  static void apply(Draft draft, ApplyVerdicts command) {
    String reporter = command.getReporter();
    String domain = command.getDomain();
    for (VerdictReport report : command.getReportsList()) {
      // a machine or watchdog may be gone, or rebooted, since the edge looked
      if (ReportMeaning.of(draft, reporter, domain, report, draft.now()) == ReportMeaning.CHANGED) {
        WatchdogSpec spec = Policies.watchdog(draft, report.getWatchdog()).orElseThrow();
        Verdict before = known(draft, report.getMachine(), report.getWatchdog());
        Verdict after =
            Observers.has(spec)
                ? observed(draft, spec, before, reporter, domain, report)
                : said(spec, before, reporter, report);
        change(draft, before, reported(draft, after, report));
      }
    }
  }

  /** What is known, or that nothing is. */
  static Verdict known(Entities state, String machine, String watchdog) {
    return state
        .verdict(machine, watchdog)
        .orElseGet(
            () ->
                Verdict.newBuilder()
                    .setMachine(machine)
                    .setWatchdog(watchdog)
                    .setAwaiting(true)
                    .build());
  }

  private static Verdict said(
      WatchdogSpec spec, Verdict before, String reporter, VerdictReport report) {
    return before.toBuilder()
        .setReporter(reporter)
        .setKind(report.getKind())
        .setFault(report.getFault())
        .setSeverity(ReportMeaning.severity(spec, report))
        .setText(bounded(report.getText()))
        .setSequence(report.getSequence())
        .setSilent(false)
        .setAwaiting(false)
        .build();
  }

  private static Verdict observed(
      Draft draft,
      WatchdogSpec spec,
      Verdict before,
      String reporter,
      String domain,
      VerdictReport report) {
    Observation.Builder said =
        Observation.newBuilder()
            .setReporter(reporter)
            .setDomain(domain)
            .setKind(report.getKind())
            .setFault(report.getFault())
            .setSeverity(ReportMeaning.severity(spec, report))
            .setText(bounded(report.getText()))
            .setSequence(report.getSequence())
            .setReportedAt(draft.nowMillis());
    long since =
        Observers.of(before, reporter)
            .filter(
                each ->
                    each.getKind() == report.getKind() && each.getFault().equals(report.getFault()))
            .map(Observation::getSince)
            .orElse(draft.nowMillis());
    return Observers.with(spec, before, said.setSince(since).build());
  }

  private static Verdict reported(Draft draft, Verdict verdict, VerdictReport report) {
    long age = Math.max(0, report.getAgeMs());
    return verdict.toBuilder()
        .setReportedAt(draft.nowMillis())
        .setObservedAt(draft.nowMillis() - age)
        .build();
  }

  /** Stores a verdict; what it means for people and for the scorecard follows when it differs. */
  static void change(Draft draft, Verdict before, Verdict after) {
    boolean changed =
        before.getSilent() != after.getSilent()
            || before.getKind() != after.getKind()
            || !before.getFault().equals(after.getFault())
            || before.getSeverity() != after.getSeverity();
    // how long nothing is known matters, whatever the reason given for it
    boolean stillUnknown =
        before.getKind() == VerdictKind.UNKNOWN
            && after.getKind() == VerdictKind.UNKNOWN
            && before.getSilent() == after.getSilent();
    long since =
        (changed && !stillUnknown) || before.getSince() == 0
            ? draft.nowMillis()
            : before.getSince();
    Verdict stored = after.toBuilder().setSince(since).build();
    draft.put(stored);
    if (changed) {
      audit(draft, before, stored);
      Scorecard.changed(draft, before, stored);
    }
  }

  private static String bounded(String text) {
    return text.length() > LONGEST_TEXT ? text.substring(0, LONGEST_TEXT) : text;
  }

  private static void audit(Draft draft, Verdict before, Verdict after) {
    draft.audit(
        AuditRecord.newBuilder()
            .setKind("VERDICT")
            .setSubject("watchdog/" + after.getWatchdog())
            .setMachine(after.getMachine())
            .setFrom(kind(before))
            .setTo(kind(after))
            .setText(
                "%s: %s"
                    .formatted(
                        after.getWatchdog(),
                        after.getSilent() ? "no report in time" : after.getText())));
  }

  private static String kind(Verdict verdict) {
    if (verdict.getSilent()) {
      return "SILENT";
    }
    return verdict.getKind() == VerdictKind.VERDICT_UNSPECIFIED ? "" : verdict.getKind().name();
  }
}
