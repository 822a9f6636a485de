package io.pilothouse.dm.server;

import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import io.pilothouse.api.log.v1.VerdictReport;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.RefusedVerdict;
import io.pilothouse.api.v1.VerdictKind;
import io.pilothouse.api.v1.VerdictReportItem;
import io.pilothouse.api.v1.WatchdogApiGrpc;
import io.pilothouse.api.v1.WatchdogReportReply;
import io.pilothouse.api.v1.WatchdogReportRequest;
import io.pilothouse.dm.state.Policies;
import io.pilothouse.dm.state.ReportMeaning;
import io.pilothouse.dm.state.State;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Reports of watchdogs that run anywhere else, in any language. */
final class WatchdogService extends WatchdogApiGrpc.WatchdogApiImplBase {

  private static final int MOST_ITEMS = 10_000;

  private final Ledger ledger;
  private final Writes writes;
  private final ReportIntake intake;

  WatchdogService(Ledger ledger, Writes writes, ReportIntake intake) {
    this.ledger = ledger;
    this.writes = writes;
    this.intake = intake;
  }

  @Override
  public void report(WatchdogReportRequest request, StreamObserver<WatchdogReportReply> call) {
    Answers.unary(call, () -> report(request));
  }

  private WatchdogReportReply report(WatchdogReportRequest request) {
    int items = request.getVerdictsCount();
    if (items == 0 || items > MOST_ITEMS) {
      throw Refusals.of(
          Status.Code.INVALID_ARGUMENT,
          "the request has %d verdicts; expected 1 to %d".formatted(items, MOST_ITEMS),
          "send {\"verdicts\": [{\"watchdog\": …, \"machine\": …, \"kind\": \"OK\"}]}");
    }
    writes.requireLeader();
    Principal principal = Caller.current().principal();
    if (principal.kind() == Principal.Kind.MACHINE) {
      requireKey(principal.name());
    }
    Map<Integer, ReportRights.Objection> refused = new TreeMap<>();
    List<VerdictReport> reports = new ArrayList<>();
    List<Integer> places = new ArrayList<>();
    ledger.<Boolean>read(
        state -> {
          for (int i = 0; i < items; i++) {
            VerdictReportItem item = request.getVerdicts(i);
            Optional<ReportRights.Objection> objection = objection(state, principal, item);
            if (objection.isPresent()) {
              refused.put(i, objection.get());
            } else {
              reports.add(ReportItems.report(item, item.getMachine()).build());
              places.add(i);
            }
          }
          return true;
        });
    if (reports.isEmpty()) {
      throw refused.get(0).asStatus();
    }
    Reporter reporter = intake.reporter(principal.toString());
    ReportIntake.Source source =
        new ReportIntake.Source(principal.toString(), request.getDomain(), false);
    ReportIntake.Taken taken =
        ReportIntake.oneAtATime(reporter, () -> intake.take(source, reporter, reports, List.of()));
    if (taken.count(ReportIntake.Outcome.SHED) == items) {
      throw Refusals.later(
          "%s reports more often than its quota allows".formatted(principal),
          "wait %d s, or raise the watchdog's quota-per-minute".formatted(taken.waitSeconds()),
          taken.waitSeconds());
    }
    for (int i = 0; i < reports.size(); i++) {
      objection(taken, i, reports.get(i)).ifPresent(putting(refused, places.get(i)));
    }
    return reply(taken, refused);
  }

  private static java.util.function.Consumer<ReportRights.Objection> putting(
      Map<Integer, ReportRights.Objection> refused, int place) {
    return objection -> refused.put(place, objection);
  }

  private void requireKey(String name) {
    String key = MachineIdentity.requireKey();
    Optional<Machine> machine = ledger.read(state -> state.machine(name));
    if (machine.filter(each -> !each.getKeySha256().isEmpty()).isEmpty()) {
      throw Refusals.of(
          Status.Code.FAILED_PRECONDITION,
          "machine/%s has not registered".formatted(name),
          "its agent registers when it starts");
    }
    MachineIdentity.requireMatch(machine.get(), key);
  }

  private static Optional<ReportRights.Objection> objection(
      State state, Principal principal, VerdictReportItem item) {
    Optional<ReportRights.Objection> denied =
        ReportRights.of(state, principal, item.getMachine(), item.getWatchdog());
    if (denied.isPresent()) {
      return denied;
    }
    if (item.getKind() == VerdictKind.VERDICT_UNSPECIFIED
        || item.getKind() == VerdictKind.UNRECOGNIZED) {
      return invalid("the verdict has no kind", "use OK, WARNING, ERROR or UNKNOWN");
    }
    if (!ReportItems.isSequence(item.getSequence())) {
      return invalid(
          "sequence %s is beyond the last one, %d"
              .formatted(Long.toUnsignedString(item.getSequence()), ReportMeaning.LAST_SEQUENCE),
          "leave sequence out: reports are then numbered as they arrive");
    }
    if (item.getAgeMs() < 0) {
      return invalid(
          "age_ms is %d: a report of the future".formatted(item.getAgeMs()),
          "age_ms is how long ago it was observed, by a monotonic clock; 0 = now");
    }
    long validFor =
        Policies.watchdog(state, item.getWatchdog()).map(Policies::validForMs).orElse(0L);
    if (item.getAgeMs() > validFor || ReportItems.isExpired(item)) {
      return Optional.of(tooOld(item.getAgeMs(), validFor));
    }
    return Optional.empty();
  }

  private static Optional<ReportRights.Objection> invalid(String message, String remedy) {
    return Optional.of(new ReportRights.Objection(Status.Code.INVALID_ARGUMENT, message, remedy));
  }

  private static ReportRights.Objection tooOld(long ageMs, long validForMs) {
    return new ReportRights.Objection(
        Status.Code.FAILED_PRECONDITION,
        "it was observed %d ms ago and stays fresh for %d ms".formatted(ageMs, validForMs),
        "observe anew and report that");
  }

  private static Optional<ReportRights.Objection> objection(
      ReportIntake.Taken taken, int report, VerdictReport given) {
    return switch (taken.outcomes().get(report)) {
      case TAKEN -> Optional.empty();
      case OLDER ->
          Optional.of(
              new ReportRights.Objection(
                  Status.Code.ABORTED,
                  "sequence %d is not above %d, which was taken before"
                      .formatted(given.getSequence(), taken.floor()),
                  "number above that, or leave sequence out"));
      case STALE -> Optional.of(tooOld(given.getAgeMs(), 0));
      case SHED ->
          Optional.of(
              new ReportRights.Objection(
                  Status.Code.RESOURCE_EXHAUSTED,
                  "beyond the quota of watchdog " + given.getWatchdog(),
                  "wait %d s, or raise its quota-per-minute".formatted(taken.waitSeconds())));
    };
  }

  private static WatchdogReportReply reply(
      ReportIntake.Taken taken, Map<Integer, ReportRights.Objection> refused) {
    WatchdogReportReply.Builder reply =
        WatchdogReportReply.newBuilder()
            .setRevision(taken.revision())
            .setSequenceFloor(taken.floor());
    refused.forEach(
        (item, objection) ->
            reply.addRefused(
                RefusedVerdict.newBuilder()
                    .setItem(item)
                    .setMessage(objection.message())
                    .setRemedy(objection.remedy())));
    return reply.build();
  }
}
