package io.pilothouse.dm.server;

import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import io.pilothouse.api.log.v1.Command;
import io.pilothouse.api.log.v1.RegisterMachine;
import io.pilothouse.api.log.v1.Reply;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.MachineApiGrpc;
import io.pilothouse.api.v1.PullReply;
import io.pilothouse.api.v1.PullRequest;
import io.pilothouse.api.v1.RegisterReply;
import io.pilothouse.api.v1.RegisterRequest;
import io.pilothouse.api.v1.ReportReply;
import io.pilothouse.api.v1.ReportRequest;
import io.pilothouse.api.v1.WantedState;
import io.pilothouse.dm.state.WantedStates;
import java.util.Optional;
import java.util.Set;

/** What agents ask. */
final class MachineService extends MachineApiGrpc.MachineApiImplBase {

  private record View(Machine machine, WantedState wanted) {}

  /** What a machine is to be told, and its entity tag. */
  private record Told(Machine machine, WantedState wanted, long revision, String etag) {

    boolean isNews(PullRequest request) {
      return !etag.equals(request.getEtag());
    }

    PullReply reply(PullRequest request) {
      PullReply.Builder reply = PullReply.newBuilder().setRevision(revision).setEtag(etag);
      return isNews(request) ? reply.setWanted(wanted).build() : reply.setNotModified(true).build();
    }
  }

  private final Ledger ledger;
  private final Writes writes;
  private final Pulls pulls;
  private final Waiters waiters;
  private final ReportIntake intake;
  private final AgentReports reports;

  MachineService(
      Ledger ledger,
      Writes writes,
      Pulls pulls,
      Waiters waiters,
      ReportIntake intake,
      AgentReports reports) {
    this.ledger = ledger;
    this.writes = writes;
    this.pulls = pulls;
    this.waiters = waiters;
    this.intake = intake;
    this.reports = reports;
  }

  @Override
  public void register(RegisterRequest request, StreamObserver<RegisterReply> call) {
    Answers.unary(call, () -> register(request));
  }

  private RegisterReply register(RegisterRequest request) {
    MachineIdentity.requireOwn(request.getMachine());
    String key = MachineIdentity.requireKey();
    writes.linearize();
    ledger
        .<Optional<Machine>>read(state -> state.machine(request.getMachine()))
        .ifPresent(known -> requireMayRegister(known, key, request.getBootId()));
    RegisterMachine command =
        RegisterMachine.newBuilder()
            .setMachine(request.getMachine())
            .setKeySha256(key)
            .setBootId(request.getBootId())
            .setObserved(request.getObserved())
            .build();
    Reply reply = writes.decide(Command.newBuilder().setRegisterMachine(command).build());
    // steady reports raised the sequence here without a trace in the log
    long soft = intake.reporter(Caller.current().principal().toString()).highest();
    return RegisterReply.newBuilder()
        .setRevision(reply.getRevision())
        .setSequenceFloor(Math.max(reply.getSequenceFloor(), soft))
        .build();
  }

  /**
   * A machine about to be installed has lost its key. The agent that still runs from before must
   * not set it again: the installer, with a key of its own, would be refused.
   */
  private static void requireMayRegister(Machine machine, String key, String bootId) {
    MachineIdentity.requireMatch(machine, key);
    boolean revoked =
        machine.getKeySha256().isEmpty()
            && machine.hasProvisioning()
            && machine.getObserved().getBootId().equals(bootId);
    if (revoked) {
      throw Refusals.of(
          Status.Code.FAILED_PRECONDITION,
          "%s is about to be installed; boot %s ends with that"
              .formatted(machine.getName(), bootId),
          "wait: the next boot registers");
    }
  }

  @Override
  public void pull(PullRequest request, StreamObserver<PullReply> call) {
    Answers.unary(call, () -> pull(request));
  }

  private PullReply pull(PullRequest request) {
    MachineIdentity.requireOwn(request.getMachine());
    String key = MachineIdentity.requireKey();
    pulls.catchUp(request.getRevision());
    Patience patience = new Patience(request.getWaitMs());
    Told first = told(request.getMachine(), key);
    if (patience.isOver() || first.isNews(request)) {
      return first.reply(request);
    }
    Set<Topic> topics = Topic.ofMachine(request.getMachine(), first.machine().getType());
    Optional<Waiters.Waiter> place = waiters.openForMachine(topics);
    if (place.isEmpty()) {
      return first.reply(request).toBuilder().setPullAfterMs(patience.left().toMillis()).build();
    }
    try (Waiters.Waiter waiter = place.get()) {
      // nothing was applied since the first look: there is nothing to look at again
      boolean isSame = ledger.appliedIndex() == first.revision();
      Told now = isSame ? first : told(request.getMachine(), key);
      while (!patience.isOver() && !now.isNews(request)) {
        if (waiter.await(patience.left())) {
          now = told(request.getMachine(), key);
        }
      }
      return now.reply(request);
    }
  }

  private Told told(String name, String key) {
    Pulls.Answer<Optional<View>> found =
        pulls.read(
            state ->
                state
                    .machine(name)
                    .map(machine -> new View(machine, WantedStates.of(state, machine))));
    View view = found.message().orElseThrow(() -> unknown(name, "is not known here"));
    MachineIdentity.requireMatch(view.machine(), key);
    if (view.machine().getKeySha256().isEmpty()) {
      throw unknown(name, "has not registered since its key was cleared");
    }
    return new Told(view.machine(), view.wanted(), found.revision(), Pulls.digest(view.wanted()));
  }

  private static RuntimeException unknown(String name, String why) {
    return Refusals.of(
        Status.Code.FAILED_PRECONDITION, "machine '" + name + "' " + why, "register first");
  }

  @Override
  public void report(ReportRequest request, StreamObserver<ReportReply> call) {
    Answers.unary(call, () -> reports.take(request));
  }
}
