package io.pilothouse.dm.server;

import io.pilothouse.api.log.v1.VerdictReport;
import io.pilothouse.api.v1.VerdictReportItem;
import io.pilothouse.dm.state.Policies;
import io.pilothouse.dm.state.ReportMeaning;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reports as they come in, and as the log has them. */
final class ReportItems {

  private static final Logger log = LoggerFactory.getLogger(ReportItems.class);

  private ReportItems() {}

  /** No age is below zero: a report is never of the future. */
  static VerdictReport.Builder report(VerdictReportItem item, String machine) {
    return VerdictReport.newBuilder()
        .setMachine(machine)
        .setWatchdog(item.getWatchdog())
        .setKind(item.getKind())
        .setFault(item.getFault())
        .setSeverity(item.getSeverity())
        .setText(item.getText())
        .setSequence(item.getSequence())
        .setAgeMs(Math.max(0, item.getAgeMs()));
  }

  /** Whether it is older than its reporter lets it stay fresh; it cannot lengthen that. */
  static boolean isExpired(VerdictReportItem item) {
    return item.getValidForMs() > 0 && item.getAgeMs() > item.getValidForMs();
  }

  /**
   * A sequence beyond the last one counts as the last: what comes after it is numbered on arrival.
   */
  static long bounded(long sequence) {
    return isSequence(sequence) ? sequence : ReportMeaning.LAST_SEQUENCE;
  }

  static boolean isSequence(long sequence) {
    return sequence >= 0 && sequence <= ReportMeaning.LAST_SEQUENCE;
  }

  /**
   * Those reports that the principal may make. Some others may be among them for a moment, when a
   * watchdog was just defined anew; when all are others, that is refused.
   */
  static List<VerdictReport> allowed(
      Ledger ledger, Principal principal, List<VerdictReport> reports) {
    List<ReportRights.Objection> objections = new ArrayList<>();
    List<VerdictReport> allowed =
        ledger.read(
            state -> {
              List<VerdictReport> kept = new ArrayList<>();
              for (VerdictReport report : reports) {
                Optional<ReportRights.Objection> objection =
                    Policies.watchdog(state, report.getWatchdog())
                        .flatMap(
                            spec -> ReportRights.ofWatchdog(principal, report.getMachine(), spec));
                if (objection.isPresent()) {
                  objections.add(objection.get());
                } else {
                  kept.add(report);
                }
              }
              return kept;
            });
    if (!objections.isEmpty()) {
      log.warn("Denied to {}: {}", principal, objections.get(0).message());
      if (allowed.isEmpty()) {
        throw objections.get(0).asStatus();
      }
    }
    return allowed;
  }
}
