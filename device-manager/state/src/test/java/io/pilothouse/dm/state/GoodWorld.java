package io.pilothouse.dm.state;

import io.pilothouse.api.log.v1.AcquireLease;
import io.pilothouse.api.log.v1.ApplyFleet;
import io.pilothouse.api.log.v1.ApplyVerdicts;
import io.pilothouse.api.log.v1.ClaimRepair;
import io.pilothouse.api.log.v1.Command;
import io.pilothouse.api.log.v1.ControlRollout;
import io.pilothouse.api.log.v1.Discover;
import io.pilothouse.api.log.v1.HoldDomain;
import io.pilothouse.api.log.v1.MachineReplaced;
import io.pilothouse.api.log.v1.NoticeSilence;
import io.pilothouse.api.log.v1.ObserveMachine;
import io.pilothouse.api.log.v1.ObserveReplica;
import io.pilothouse.api.log.v1.RegisterMachine;
import io.pilothouse.api.log.v1.RegisterManifest;
import io.pilothouse.api.log.v1.ReportProvisioning;
import io.pilothouse.api.log.v1.ReportRepair;
import io.pilothouse.api.log.v1.RetryProvisioning;
import io.pilothouse.api.log.v1.SetFreeze;
import io.pilothouse.api.log.v1.UndrainMachine;
import io.pilothouse.api.log.v1.UnholdMachine;
import io.pilothouse.api.log.v1.VerdictReport;
import io.pilothouse.api.v1.DeploymentReplica;
import io.pilothouse.api.v1.DomainHold;
import io.pilothouse.api.v1.Lifecycle;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.Manifest;
import io.pilothouse.api.v1.Observation;
import io.pilothouse.api.v1.Observed;
import io.pilothouse.api.v1.Provisioning;
import io.pilothouse.api.v1.Repair;
import io.pilothouse.api.v1.Rollout;
import io.pilothouse.api.v1.Ticket;
import io.pilothouse.api.v1.Verdict;
import io.pilothouse.api.v1.VerdictKind;
import io.pilothouse.api.v1.VersionRef;
import io.pilothouse.api.v1.WantedState;
import io.pilothouse.api.v1.WatchdogSpec;
import java.util.ArrayList;
import java.util.List;

/** Agents, satellites and operators that do at once, and rightly, whatever the state asks for. */
final class GoodWorld {
  private final State state;
  private int boots;

  GoodWorld(State state) {
    this.state = state;
  }

  /** Both leases, taken or renewed. */
  List<Command.Builder> leases() {
    List<Command.Builder> leases = new ArrayList<>();
    for (String role : List.of("repair", "provisioning")) {
      String holder = state.lease(role).map(each -> each.getHolder()).orElse("");
      leases.add(
          Command.newBuilder()
              .setAcquireLease(
                  AcquireLease.newBuilder()
                      .setRole(role)
                      .setHolder(holder.isEmpty() ? "good" : holder)
                      .setTtlMs(60_000)));
    }
    return leases;
  }

  /** What is to do next, if anything. One thing at a time: it may change what is next. */
  List<Command.Builder> next() {
    Command.Builder command = Command.newBuilder();
    if (state.fleet().getBudgets().getUnit().getPercent() != 40) {
      ApplyFleet.Builder apply = ApplyFleet.newBuilder().setFleet(fleet());
      return List.of(command.setApplyFleet(apply));
    }
    if (state.freeze().getFrozen()) {
      return List.of(command.setSetFreeze(SetFreeze.newBuilder().setFrozen(false)));
    }
    if (state.manifest("base", "1.0.0").isEmpty()) {
      Manifest.Builder image = Manifest.newBuilder().setRef(FleetScenario.IMAGE).setImage(true);
      return List.of(command.setRegisterManifest(RegisterManifest.newBuilder().setManifest(image)));
    }
    List<String> all =
        state.manifests().stream().map(each -> each.getRef().getDigest()).sorted().toList();
    boolean served =
        state
            .replica("deployment-0")
            .filter(each -> each.getUp() && each.getHeldList().containsAll(all))
            .isPresent();
    if (!served) {
      DeploymentReplica.Builder up = DeploymentReplica.newBuilder().setId("deployment-0");
      up.setAddress("127.0.0.1:9").setUp(true).addAllHeld(all);
      return List.of(command.setObserveReplica(ObserveReplica.newBuilder().setReplica(up)));
    }
    for (Rollout rollout : state.rollouts()) {
      if (rollout.getState() == Rollout.State.PAUSED) {
        return List.of(
            command.setControlRollout(
                ControlRollout.newBuilder()
                    .setRollout(rollout.getId())
                    .setVerb(ControlRollout.Verb.ROLL_BACK)));
      }
    }
    for (DomainHold hold : state.domainHolds()) {
      return List.of(
          command.setHoldDomain(HoldDomain.newBuilder().setDomain(hold.getDomain()).setEnd(true)));
    }
    for (Repair repair : state.repairs()) {
      if (repair.getState() == Repair.State.READY) {
        return List.of(
            command.setClaimRepair(
                ClaimRepair.newBuilder().setRepair(repair.getId()).setToken(token("repair"))));
      }
      boolean drained = repair.getState() == Repair.State.REPAIR_DRAINING && repair.getDrained();
      if (repair.getState() == Repair.State.CLAIMED || drained) {
        return List.of(
            command.setReportRepair(
                ReportRepair.newBuilder()
                    .setRepair(repair.getId())
                    .setToken(token("repair"))
                    .setState(Repair.State.EXECUTING)
                    .setTicket(Ticket.newBuilder().setId(repair.getId()))));
      }
      if (repair.getState() == Repair.State.EXECUTING
          && state.machine(repair.getMachine()).orElseThrow().getLifecycle()
              == Lifecycle.IN_SERVICE) {
        return List.of(register(state.machine(repair.getMachine()).orElseThrow(), false));
      }
    }
    for (Machine machine : state.machines()) {
      List<Command.Builder> found = next(machine);
      if (!found.isEmpty()) {
        return found;
      }
    }
    return List.of();
  }

  /** As the storm left it, but for budgets that let repairs go on. */
  private io.pilothouse.api.v1.Fleet fleet() {
    var fleet = state.fleet().toBuilder();
    fleet.getBudgetsBuilder().getUnitBuilder().setPercent(40);
    for (Machine machine : state.machines()) {
      if (machine.getInInventory() && machine.getLifecycle() != Lifecycle.DECOMMISSIONED) {
        fleet.addMachines(FleetDiff.inventory(machine));
      }
    }
    return fleet.build();
  }

  private List<Command.Builder> next(Machine machine) {
    String name = machine.getName();
    Command.Builder command = Command.newBuilder();
    if (machine.hasHold()) {
      return List.of(command.setUnholdMachine(UnholdMachine.newBuilder().setMachine(name)));
    }
    return switch (machine.getLifecycle()) {
      case EXPECTED ->
          List.of(
              command.setDiscover(Discover.newBuilder().setName(name).setMac(machine.getMac())));
      case AWAITING_REPLACEMENT ->
          List.of(command.setMachineReplaced(MachineReplaced.newBuilder().setMachine(name)));
      case MAINTENANCE, DRAINING ->
          List.of(command.setUndrainMachine(UndrainMachine.newBuilder().setMachine(name)));
      case PROVISIONING, BURN_IN -> install(machine);
      case IN_SERVICE -> serve(machine);
      case DISCOVERED, DECOMMISSIONED, LIFECYCLE_UNSPECIFIED, UNRECOGNIZED -> List.of();
    };
  }

  private List<Command.Builder> install(Machine machine) {
    Provisioning now = machine.getProvisioning();
    Command.Builder command = Command.newBuilder();
    return switch (now.getStep()) {
      case POWERING ->
          List.of(
              command.setReportProvisioning(
                  ReportProvisioning.newBuilder()
                      .setMachine(machine.getName())
                      .setLeaseToken(token("provisioning"))
                      .setToken(now.getToken())
                      .setStep(Provisioning.Step.POWERING)));
      case BOOTING -> List.of(register(machine, true));
      case IMAGING, BURNING_IN ->
          List.of(
              command.setObserveMachine(
                  ObserveMachine.newBuilder()
                      .setMachine(machine.getName())
                      .setBootId(machine.getObserved().getBootId())
                      .setProvisioningToken(now.getToken())
                      .setStepDone(now.getStep())));
      case VERIFIED -> List.of(register(machine, false));
      case AWAITING_OPERATOR ->
          List.of(
              command.setRetryProvisioning(
                  RetryProvisioning.newBuilder().setMachine(machine.getName())));
      case MATCHED, STEP_UNSPECIFIED, UNRECOGNIZED -> List.of();
    };
  }

  private List<Command.Builder> serve(Machine machine) {
    WantedState wanted = WantedStates.of(state, machine);
    Observed observed =
        machine.getObserved().toBuilder()
            .clearStaged()
            .addAllStaged(wanted.getStagedList())
            .setActive(
                wanted.getRunProcesses() ? wanted.getActive() : VersionRef.getDefaultInstance())
            .setWatchdogSet(wanted.getWatchdogSet())
            .setAgent(wanted.getAgent())
            // what was installed last, whatever someone in the storm said
            .setImage(
                machine.getWantedImage().getName().isEmpty()
                    ? machine.getObserved().getImage()
                    : machine.getWantedImage())
            .build();
    if (!observed.equals(
        machine.getObserved().toBuilder()
            .setActive(machine.getObserved().getActive())
            .setWatchdogSet(machine.getObserved().getWatchdogSet())
            .setAgent(machine.getObserved().getAgent())
            .setImage(machine.getObserved().getImage())
            .build())) {
      return List.of(
          Command.newBuilder()
              .setObserveMachine(
                  ObserveMachine.newBuilder()
                      .setMachine(machine.getName())
                      .setBootId(observed.getBootId())
                      .setObserved(observed)));
    }
    ApplyVerdicts.Builder verdicts = ApplyVerdicts.newBuilder().setReporter("good");
    NoticeSilence.Builder gone = NoticeSilence.newBuilder();
    for (WatchdogSpec spec : Policies.requiredLive(state, machine)) {
      Verdict verdict =
          state.verdict(machine.getName(), spec.getName()).orElse(Verdict.getDefaultInstance());
      if (verdict.getKind() != VerdictKind.OK || verdict.getAwaiting() || verdict.getSilent()) {
        verdicts.addReports(
            VerdictReport.newBuilder()
                .setMachine(machine.getName())
                .setWatchdog(spec.getName())
                .setKind(VerdictKind.OK)
                .setSequence(
                    1
                        + Math.max(
                            verdict.getSequence(),
                            ReportMeaning.floor(
                                state, "good", machine.getName(), spec.getName()))));
      }
      // nobody else looks any more, and the leader notices
      for (Observation each : verdict.getObservationsList()) {
        if (!each.getReporter().equals("good")) {
          gone.addSilent(
              NoticeSilence.Silent.newBuilder()
                  .setMachine(machine.getName())
                  .setWatchdog(spec.getName())
                  .setReporter(each.getReporter()));
        }
      }
    }
    List<Command.Builder> commands = new ArrayList<>();
    if (gone.getSilentCount() > 0) {
      commands.add(Command.newBuilder().setNoticeSilence(gone));
    }
    if (verdicts.getReportsCount() > 0) {
      commands.add(Command.newBuilder().setApplyVerdicts(verdicts));
    }
    return commands;
  }

  private Command.Builder register(Machine machine, boolean installer) {
    Observed.Builder observed =
        installer ? Observed.newBuilder() : machine.getObserved().toBuilder();
    if (machine.getProvisioning().getStep() == Provisioning.Step.VERIFIED) {
      observed.clear().setImage(machine.getProvisioning().getImage());
    }
    return Command.newBuilder()
        .setRegisterMachine(
            RegisterMachine.newBuilder()
                .setMachine(machine.getName())
                .setBootId("good-" + boots++)
                .setKeySha256(machine.getKeySha256().isEmpty() ? "key" : machine.getKeySha256())
                .setObserved(observed));
  }

  private long token(String role) {
    return state.lease(role).orElseThrow().getToken();
  }
}
