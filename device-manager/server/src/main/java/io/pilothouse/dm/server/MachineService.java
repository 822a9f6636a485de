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

/** What agents ask. */
final class MachineService extends MachineApiGrpc.MachineApiImplBase {

  private record View(Machine machine, WantedState wanted) {}

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
    Pulls.Answer<View> first = view(request.getMachine(), key);
    if (patience.isOver() || isNews(first, request)) {
      return reply(first, request);
    }
    String type = first.message().machine().getType();
    try (Waiters.Waiter waiter = waiters.open(Topic.ofMachine(request.getMachine(), type))) {
      while (true) {
        Pulls.Answer<View> now = view(request.getMachine(), key);
        if (patience.isOver() || isNews(now, request)) {
          return reply(now, request);
        }
        waiter.await(patience.left());
      }
    }
  }

  private Pulls.Answer<View> view(String name, String key) {
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
    return new Pulls.Answer<>(view, found.revision());
  }

  private static RuntimeException unknown(String name, String why) {
    return Refusals.of(
        Status.Code.FAILED_PRECONDITION, "machine '" + name + "' " + why, "register first");
  }

  private static boolean isNews(Pulls.Answer<View> answer, PullRequest request) {
    return !Pulls.digest(answer.message().wanted()).equals(request.getEtag());
  }

  private static PullReply reply(Pulls.Answer<View> answer, PullRequest request) {
    PullReply.Builder reply =
        PullReply.newBuilder()
            .setRevision(answer.revision())
            .setEtag(Pulls.digest(answer.message().wanted()));
    return reply.getEtag().equals(request.getEtag())
        ? reply.setNotModified(true).build()
        : reply.setWanted(answer.message().wanted()).build();
  }

  @Override
  public void report(ReportRequest request, StreamObserver<ReportReply> call) {
    Answers.unary(call, () -> reports.take(request));
  }
}
