package io.pilothouse.dm.server;

import io.grpc.Status;
import io.pilothouse.api.log.v1.ApplyVerdicts;
import io.pilothouse.api.log.v1.Command;
import io.pilothouse.api.log.v1.ObserveMachine;
import io.pilothouse.api.log.v1.Reply;
import io.pilothouse.api.log.v1.VerdictReport;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.Observed;
import io.pilothouse.api.v1.Provisioning;
import io.pilothouse.api.v1.ReportReply;
import io.pilothouse.api.v1.ReportRequest;
import io.pilothouse.api.v1.ReportVerdictsRequest;
import io.pilothouse.api.v1.SatelliteWriteReply;
import io.pilothouse.api.v1.VerdictReportItem;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
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

  /** What became of a report: what to propose, and what was a sign of life. */
  private record Sorted(List<VerdictReport> changed, List<VerdictReport> alive) {}

  private final Ledger ledger;
  private final Writes writes;
  private final Term term;
  private final Clocks clocks;

  ReportIntake(Ledger ledger, Writes writes, Term term, Clocks clocks) {
    this.ledger = ledger;
    this.writes = writes;
    this.term = term;
    this.clocks = clocks;
  }

  /** An agent's report. */
  ReportReply machine(ReportRequest request) {
    MachineIdentity.requireOwn(request.getMachine());
    for (VerdictReportItem item : request.getVerdictsList()) {
      if (!item.getMachine().isEmpty()) {
        MachineIdentity.requireOwn(item.getMachine());
      }
    }
    String key = MachineIdentity.requireKey();
    writes.requireLeader();
    LastHeard heard = term.lastHeard();
    LastHeard.Reporter reporter = heard.reporter(Caller.current().principal().toString());
    return oneAtATime(reporter, () -> machine(request, key, heard, reporter));
  }

  private ReportReply machine(
      ReportRequest request, String key, LastHeard heard, LastHeard.Reporter reporter) {
    Optional<Machine> found = ledger.read(state -> state.machine(request.getMachine()));
    found.ifPresent(machine -> MachineIdentity.requireMatch(machine, key));
    boolean known =
        found
            .filter(machine -> !machine.getKeySha256().isEmpty())
            .filter(machine -> machine.getObserved().getBootId().equals(request.getBootId()))
            .isPresent();
    if (!known) {
      return ReportReply.newBuilder()
          .setRevision(ledger.appliedIndex())
          .setRegisterAgain(true)
          .build();
    }
    if (request.getSequence() <= reporter.highest()) {
      return ReportReply.newBuilder().setRevision(ledger.appliedIndex()).build();
    }
    String name = Caller.current().principal().toString();
    List<VerdictReport> verdicts =
        request.getVerdictsList().stream().map(item -> ofMachine(item, request)).toList();
    Sorted sorted = sort(name, verdicts);
    List<CompletableFuture<Reply>> submitted = new ArrayList<>();
    observation(found.orElseThrow(), request).ifPresent(each -> submitted.add(submit(each)));
    submitted.addAll(propose(name, sorted.changed()));
    long revision = await(submitted);
    reporter.took(request.getSequence());
    hear(heard, sorted);
    return ReportReply.newBuilder().setRevision(revision).build();
  }

  private static VerdictReport ofMachine(VerdictReportItem item, ReportRequest request) {
    long sequence = item.getSequence() == 0 ? request.getSequence() : item.getSequence();
    return report(item, request.getMachine(), sequence).setBootId(request.getBootId()).build();
  }

  /** What a remote watchdog saw from outside. */
  SatelliteWriteReply satellite(ReportVerdictsRequest request) {
    writes.requireLeader();
    LastHeard heard = term.lastHeard();
    String name =
        request.getReporter().isEmpty()
            ? Caller.current().principal().toString()
            : request.getReporter();
    LastHeard.Reporter reporter = heard.reporter(name);
    return oneAtATime(
        reporter,
        () -> {
          List<VerdictReport> fresh =
              request.getVerdictsList().stream()
                  .map(item -> report(item, item.getMachine(), item.getSequence()).build())
                  .filter(each -> each.getSequence() > reporter.highest(subject(each)))
                  .toList();
          Sorted sorted = sort(name, fresh);
          long revision = await(propose(name, sorted.changed()));
          fresh.forEach(each -> reporter.took(subject(each), each.getSequence()));
          hear(heard, sorted);
          return SatelliteWriteReply.newBuilder().setRevision(revision).build();
        });
  }

  private static VerdictReport.Builder report(
      VerdictReportItem item, String machine, long sequence) {
    return VerdictReport.newBuilder()
        .setMachine(machine)
        .setWatchdog(item.getWatchdog())
        .setKind(item.getKind())
        .setFault(item.getFault())
        .setSeverity(item.getSeverity())
        .setText(item.getText())
        .setSequence(sequence);
  }

  private static String subject(VerdictReport report) {
    return report.getMachine() + "/" + report.getWatchdog();
  }

  private Sorted sort(String reporter, List<VerdictReport> reports) {
    return ledger.read(
        state -> {
          Sorted sorted = new Sorted(new ArrayList<>(), new ArrayList<>());
          for (VerdictReport report : reports) {
            switch (VerdictFilter.of(state, reporter, report)) {
              case CHANGED -> {
                sorted.changed().add(report);
                sorted.alive().add(report);
              }
              case STEADY -> sorted.alive().add(report);
              case MOOT -> {}
            }
          }
          return sorted;
        });
  }

  private List<CompletableFuture<Reply>> propose(String reporter, List<VerdictReport> changed) {
    if (changed.isEmpty()) {
      return List.of();
    }
    ApplyVerdicts verdicts =
        ApplyVerdicts.newBuilder().setReporter(reporter).addAllReports(changed).build();
    return List.of(writes.submit(Command.newBuilder().setApplyVerdicts(verdicts).build()));
  }

  private CompletableFuture<Reply> submit(ObserveMachine observation) {
    return writes.submit(Command.newBuilder().setObserveMachine(observation).build());
  }

  /** What the state must hear of the machine itself, when that is anything. */
  private static Optional<ObserveMachine> observation(Machine machine, ReportRequest request) {
    ObserveMachine.Builder command =
        ObserveMachine.newBuilder().setMachine(request.getMachine()).setBootId(request.getBootId());
    Observed observed = request.getObserved().toBuilder().setBootId(request.getBootId()).build();
    boolean changed = request.hasObserved() && !observed.equals(machine.getObserved());
    if (changed) {
      command.setObserved(observed);
    }
    boolean step = isStep(machine, request);
    if (step) {
      command
          .setProvisioningToken(request.getProvisioningToken())
          .setStepDone(request.getStepDone())
          .setStepFailed(request.getStepFailed());
    }
    return changed || step ? Optional.of(command.build()) : Optional.empty();
  }

  /** Whether the report ends the step that the machine is at; repeats of one that ended do not. */
  private static boolean isStep(Machine machine, ReportRequest request) {
    boolean failed = !request.getStepFailed().isEmpty();
    if (!failed && request.getStepDone() == Provisioning.Step.STEP_UNSPECIFIED) {
      return false;
    }
    Provisioning now = machine.getProvisioning();
    if (now.getToken() != request.getProvisioningToken()) {
      throw Refusals.of(
          Status.Code.ABORTED,
          "%s is assigned under token %d, not %d"
              .formatted(machine.getName(), now.getToken(), request.getProvisioningToken()),
          "pull again; do not touch the machine");
    }
    boolean installs =
        now.getStep() == Provisioning.Step.IMAGING || now.getStep() == Provisioning.Step.BURNING_IN;
    return installs && (failed || request.getStepDone() == now.getStep());
  }

  /** The highest revision of the replies; that of this replica when nothing was proposed. */
  private long await(List<CompletableFuture<Reply>> submitted) {
    return submitted.stream()
        .mapToLong(each -> writes.outcome(each).getRevision())
        .max()
        .orElseGet(ledger::appliedIndex);
  }

  private void hear(LastHeard heard, Sorted sorted) {
    long now = clocks.nanos().getAsLong();
    sorted.alive().forEach(each -> heard.heard(each.getMachine(), each.getWatchdog(), now));
  }

  private static <T> T oneAtATime(LastHeard.Reporter reporter, Supplier<T> work) {
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
