package io.pilothouse.dm.server;

import io.grpc.Status;
import io.pilothouse.api.log.v1.Command;
import io.pilothouse.api.log.v1.ObserveMachine;
import io.pilothouse.api.log.v1.Reply;
import io.pilothouse.api.log.v1.VerdictReport;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.Observed;
import io.pilothouse.api.v1.Provisioning;
import io.pilothouse.api.v1.ReportReply;
import io.pilothouse.api.v1.ReportRequest;
import io.pilothouse.api.v1.VerdictReportItem;
import io.pilothouse.dm.state.ReportMeaning;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** What agents report: that they live, what their machine holds, and what its watchdogs say. */
final class AgentReports {

  private final Ledger ledger;
  private final Writes writes;
  private final ReportIntake intake;

  AgentReports(Ledger ledger, Writes writes, ReportIntake intake) {
    this.ledger = ledger;
    this.writes = writes;
    this.intake = intake;
  }

  ReportReply take(ReportRequest request) {
    MachineIdentity.requireOwn(request.getMachine());
    for (VerdictReportItem item : request.getVerdictsList()) {
      if (!item.getMachine().isEmpty()) {
        MachineIdentity.requireOwn(item.getMachine());
      }
    }
    String key = MachineIdentity.requireKey();
    writes.requireLeader();
    Optional<Machine> found = ledger.read(state -> state.machine(request.getMachine()));
    found.ifPresent(machine -> MachineIdentity.requireMatch(machine, key));
    if (found.filter(machine -> isKnown(machine, request)).isEmpty()) {
      return ReportReply.newBuilder()
          .setRevision(ledger.appliedIndex())
          .setRegisterAgain(true)
          .build();
    }
    List<VerdictReport> verdicts =
        ReportItems.allowed(
            ledger,
            Caller.current().principal(),
            request.getVerdictsList().stream().map(item -> verdict(item, request)).toList());
    String name = Caller.current().principal().toString();
    Reporter reporter = intake.reporter(name);
    return ReportIntake.oneAtATime(
        reporter,
        () ->
            take(
                request,
                new ReportIntake.Source(name, "", true),
                reporter,
                found.orElseThrow(),
                verdicts));
  }

  private static boolean isKnown(Machine machine, ReportRequest request) {
    return !machine.getKeySha256().isEmpty()
        && machine.getObserved().getBootId().equals(request.getBootId());
  }

  private ReportReply take(
      ReportRequest request,
      ReportIntake.Source source,
      Reporter reporter,
      Machine machine,
      List<VerdictReport> verdicts) {
    if (request.getSequence() <= reporter.highest()) {
      return ReportReply.newBuilder()
          .setRevision(ledger.appliedIndex())
          .setSequenceFloor(reporter.highest())
          .build();
    }
    List<CompletableFuture<Reply>> first =
        observation(machine, request).stream()
            .map(each -> writes.submit(Command.newBuilder().setObserveMachine(each).build()))
            .toList();
    ReportIntake.Taken taken = intake.take(source, reporter, verdicts, new ArrayList<>(first));
    reporter.took(ReportItems.bounded(request.getSequence()));
    return ReportReply.newBuilder()
        .setRevision(taken.revision())
        .setSequenceFloor(taken.floor())
        .build();
  }

  private static VerdictReport verdict(VerdictReportItem item, ReportRequest request) {
    long sequence = item.getSequence() == 0 ? request.getSequence() : item.getSequence();
    return ReportItems.report(item, request.getMachine())
        // at the end of the numbers they are numbered as they arrive
        .setSequence(ReportItems.bounded(sequence) == ReportMeaning.LAST_SEQUENCE ? 0 : sequence)
        .setBootId(request.getBootId())
        .build();
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
}
