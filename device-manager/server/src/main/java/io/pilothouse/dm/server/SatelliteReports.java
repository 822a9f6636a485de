package io.pilothouse.dm.server;

import io.grpc.Status;
import io.pilothouse.api.log.v1.VerdictReport;
import io.pilothouse.api.v1.ReportVerdictsRequest;
import io.pilothouse.api.v1.SatelliteWriteReply;
import java.util.List;

/** What satellites saw of machines from outside. */
final class SatelliteReports {

  private final Ledger ledger;
  private final Writes writes;
  private final ReportIntake intake;

  SatelliteReports(Ledger ledger, Writes writes, ReportIntake intake) {
    this.ledger = ledger;
    this.writes = writes;
    this.intake = intake;
  }

  SatelliteWriteReply take(ReportVerdictsRequest request) {
    writes.requireLeader();
    Principal principal = Caller.current().principal();
    requireOwn(principal, request.getReporter());
    String name = principal.toString();
    List<VerdictReport> reports =
        ReportItems.allowed(
            ledger,
            principal,
            request.getVerdictsList().stream()
                .filter(item -> !ReportItems.isExpired(item))
                .map(
                    item ->
                        ReportItems.report(item, item.getMachine())
                            .setSequence(ReportItems.bounded(item.getSequence()))
                            .build())
                .toList());
    Reporter reporter = intake.reporter(name);
    ReportIntake.Source source = new ReportIntake.Source(name, request.getDomain(), false);
    return ReportIntake.oneAtATime(
        reporter,
        () -> {
          ReportIntake.Taken taken = intake.take(source, reporter, reports, List.of());
          return SatelliteWriteReply.newBuilder()
              .setRevision(taken.revision())
              .setSequenceFloor(taken.floor())
              .setShed(taken.count(ReportIntake.Outcome.SHED))
              .build();
        });
  }

  /**
   * A satellite reports under its own name: another's word is not its to take back. However it says
   * it, it is one observer.
   */
  private static void requireOwn(Principal principal, String reporter) {
    if (!reporter.isEmpty()
        && !reporter.equals(principal.name())
        && !reporter.equals(principal.toString())) {
      throw Refusals.of(
          Status.Code.PERMISSION_DENIED,
          "%s may not report as '%s'".formatted(principal, reporter),
          "a satellite reports as '%s'".formatted(principal.name()));
    }
  }
}
