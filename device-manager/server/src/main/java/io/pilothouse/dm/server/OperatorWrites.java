package io.pilothouse.dm.server;

import io.grpc.Status;
import io.pilothouse.api.log.v1.Command;
import io.pilothouse.api.log.v1.ControlRollout;
import io.pilothouse.api.log.v1.DecideOrder;
import io.pilothouse.api.log.v1.DecideRepair;
import io.pilothouse.api.log.v1.DecommissionMachine;
import io.pilothouse.api.log.v1.DrainMachine;
import io.pilothouse.api.log.v1.HoldDomain;
import io.pilothouse.api.log.v1.HoldMachine;
import io.pilothouse.api.log.v1.MachineReplaced;
import io.pilothouse.api.log.v1.OpenEnrolment;
import io.pilothouse.api.log.v1.PromoteWatchdog;
import io.pilothouse.api.log.v1.RegisterManifest;
import io.pilothouse.api.log.v1.RemoveManifest;
import io.pilothouse.api.log.v1.Reply;
import io.pilothouse.api.log.v1.ResolveIncident;
import io.pilothouse.api.log.v1.RetryProvisioning;
import io.pilothouse.api.log.v1.SetFreeze;
import io.pilothouse.api.log.v1.StartRollout;
import io.pilothouse.api.log.v1.UndrainMachine;
import io.pilothouse.api.log.v1.UnholdMachine;
import io.pilothouse.api.v1.ControlMachineRequest;
import io.pilothouse.api.v1.ControlRolloutRequest;
import io.pilothouse.api.v1.DecideOrderRequest;
import io.pilothouse.api.v1.DecideRepairRequest;
import io.pilothouse.api.v1.FleetRequest;
import io.pilothouse.api.v1.HoldDomainRequest;
import io.pilothouse.api.v1.RegisterManifestRequest;
import io.pilothouse.api.v1.RemoveManifestRequest;
import io.pilothouse.api.v1.ResolveIncidentRequest;
import io.pilothouse.api.v1.SetFreezeRequest;
import io.pilothouse.api.v1.SetWatchdogModeRequest;
import io.pilothouse.api.v1.StartRolloutRequest;
import io.pilothouse.api.v1.WriteContext;
import io.pilothouse.api.v1.WriteReply;

/** What operators change: each call is one command in the log. */
final class OperatorWrites {

  private final Writes writes;
  private final FleetWrites fleets;

  OperatorWrites(Writes writes, FleetWrites fleets) {
    this.writes = writes;
    this.fleets = fleets;
  }

  WriteReply applyFleet(FleetRequest request) {
    return reply(fleets.apply(request));
  }

  WriteReply registerManifest(RegisterManifestRequest request) {
    RegisterManifest command =
        RegisterManifest.newBuilder().setManifest(request.getManifest()).build();
    return decide(Command.newBuilder().setRegisterManifest(command), request.getContext());
  }

  WriteReply removeManifest(RemoveManifestRequest request) {
    RemoveManifest command =
        RemoveManifest.newBuilder()
            .setName(request.getName())
            .setVersion(request.getVersion())
            .build();
    return decide(Command.newBuilder().setRemoveManifest(command), request.getContext());
  }

  WriteReply startRollout(StartRolloutRequest request) {
    StartRollout command =
        StartRollout.newBuilder()
            .setType(request.getType())
            .setName(request.getName())
            .setVersion(request.getVersion())
            .setPlanDigest(request.getPlanDigest())
            .addAllFirst(request.getFirstList())
            .setThing(request.getThing())
            .build();
    return decide(Command.newBuilder().setStartRollout(command), request.getContext());
  }

  WriteReply controlRollout(ControlRolloutRequest request) {
    ControlRollout.Verb verb =
        switch (request.getVerb()) {
          case "pause" -> ControlRollout.Verb.PAUSE;
          case "resume" -> ControlRollout.Verb.RESUME;
          case "skip" -> ControlRollout.Verb.SKIP;
          case "abort" -> ControlRollout.Verb.ABORT;
          case "rollback" -> ControlRollout.Verb.ROLL_BACK;
          default -> throw unknownVerb(request.getVerb(), "pause, resume, skip, abort, rollback");
        };
    ControlRollout command =
        ControlRollout.newBuilder()
            .setRollout(request.getRollout())
            .setVerb(verb)
            .setUnit(request.getUnit())
            .build();
    return decide(Command.newBuilder().setControlRollout(command), request.getContext());
  }

  WriteReply controlMachine(ControlMachineRequest request) {
    String machine = request.getMachine();
    Command.Builder command = Command.newBuilder();
    switch (request.getVerb()) {
      case "hold" ->
          command.setHoldMachine(
              HoldMachine.newBuilder().setMachine(machine).setForMs(request.getForMs()));
      case "unhold" -> command.setUnholdMachine(UnholdMachine.newBuilder().setMachine(machine));
      case "replaced" ->
          command.setMachineReplaced(MachineReplaced.newBuilder().setMachine(machine));
      case "drain" -> command.setDrainMachine(DrainMachine.newBuilder().setMachine(machine));
      case "undrain" -> command.setUndrainMachine(UndrainMachine.newBuilder().setMachine(machine));
      case "decommission" ->
          command.setDecommissionMachine(DecommissionMachine.newBuilder().setMachine(machine));
      case "retry-provisioning" ->
          command.setRetryProvisioning(RetryProvisioning.newBuilder().setMachine(machine));
      case "enrol" ->
          command.setOpenEnrolment(
              OpenEnrolment.newBuilder()
                  .setMachine(machine)
                  .setTokenSha256(request.getTokenSha256())
                  .setValidMs(request.getForMs()));
      default ->
          throw unknownVerb(
              request.getVerb(),
              "hold, unhold, replaced, drain, undrain, decommission, retry-provisioning, enrol");
    }
    return decide(command, request.getContext());
  }

  WriteReply setFreeze(SetFreezeRequest request) {
    SetFreeze command = SetFreeze.newBuilder().setFrozen(request.getFrozen()).build();
    return decide(Command.newBuilder().setSetFreeze(command), request.getContext());
  }

  WriteReply setWatchdogMode(SetWatchdogModeRequest request) {
    PromoteWatchdog command =
        PromoteWatchdog.newBuilder()
            .setWatchdog(request.getWatchdog())
            .setMode(request.getMode())
            .build();
    return decide(Command.newBuilder().setPromoteWatchdog(command), request.getContext());
  }

  WriteReply resolveIncident(ResolveIncidentRequest request) {
    ResolveIncident command =
        ResolveIncident.newBuilder().setIncident(request.getIncident()).build();
    return decide(Command.newBuilder().setResolveIncident(command), request.getContext());
  }

  WriteReply decideRepair(DecideRepairRequest request) {
    DecideRepair command =
        DecideRepair.newBuilder()
            .setRepair(request.getRepair())
            .setDeny(request.getDeny())
            .setAction(request.getAction())
            .build();
    return decide(Command.newBuilder().setDecideRepair(command), request.getContext());
  }

  WriteReply holdDomain(HoldDomainRequest request) {
    HoldDomain command =
        HoldDomain.newBuilder()
            .setDomain(request.getDomain())
            .setForMs(request.getForMs())
            .setEnd(request.getEnd())
            .build();
    return decide(Command.newBuilder().setHoldDomain(command), request.getContext());
  }

  WriteReply decideOrder(DecideOrderRequest request) {
    DecideOrder command =
        DecideOrder.newBuilder().setOrder(request.getOrder()).setDeny(request.getDeny()).build();
    return decide(Command.newBuilder().setDecideOrder(command), request.getContext());
  }

  private WriteReply decide(Command.Builder command, WriteContext context) {
    return reply(writes.decide(command.build(), context));
  }

  private static WriteReply reply(Reply reply) {
    return WriteReply.newBuilder()
        .setRevision(reply.getRevision())
        .setId(reply.getId())
        .setOrder(reply.getOrder())
        .addAllLines(reply.getLinesList())
        .build();
  }

  private static RuntimeException unknownVerb(String verb, String known) {
    return Refusals.of(
        Status.Code.INVALID_ARGUMENT,
        "verb '%s' is not known; expected one of %s".formatted(verb, known),
        "correct the verb");
  }
}
