package io.pilothouse.testing.simulation;

import io.pilothouse.api.log.v1.ApplyFleet;
import io.pilothouse.api.log.v1.Command;
import io.pilothouse.api.log.v1.ControlRollout;
import io.pilothouse.api.log.v1.DecommissionMachine;
import io.pilothouse.api.log.v1.DrainMachine;
import io.pilothouse.api.log.v1.HoldMachine;
import io.pilothouse.api.log.v1.MachineReplaced;
import io.pilothouse.api.log.v1.ObserveReplica;
import io.pilothouse.api.log.v1.PromoteWatchdog;
import io.pilothouse.api.log.v1.RegisterManifest;
import io.pilothouse.api.log.v1.RemoveManifest;
import io.pilothouse.api.log.v1.Request;
import io.pilothouse.api.log.v1.ResolveIncident;
import io.pilothouse.api.log.v1.RetryProvisioning;
import io.pilothouse.api.log.v1.SetFreeze;
import io.pilothouse.api.log.v1.StartRollout;
import io.pilothouse.api.log.v1.UndrainMachine;
import io.pilothouse.api.log.v1.UnholdMachine;
import io.pilothouse.api.v1.Action;
import io.pilothouse.api.v1.DeploymentReplica;
import io.pilothouse.api.v1.Fleet;
import io.pilothouse.api.v1.Incident;
import io.pilothouse.api.v1.Lifecycle;
import io.pilothouse.api.v1.Limit;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.Manifest;
import io.pilothouse.api.v1.Provisioning;
import io.pilothouse.api.v1.Repair;
import io.pilothouse.api.v1.Rollout;
import io.pilothouse.api.v1.Thing;
import io.pilothouse.api.v1.VersionRef;
import io.pilothouse.api.v1.WatchdogState;
import io.pilothouse.dm.state.State;
import java.util.List;
import java.util.Map;

/** People: an operator who acts now and then, and a technician who answers tickets. */
final class FakeOperator {
  private final World world;
  private final State state;
  private final Fleet fleet;
  private final long every;
  private long sequence;

  FakeOperator(World world, Fleet fleet, long every) {
    this.world = world;
    this.state = world.dm.state;
    this.fleet = fleet;
    this.every = every;
  }

  /** Applies the fleet, registers its versions, then acts now and then. */
  void start() {
    world.agenda.after(0, () -> send(Command.newBuilder().setApplyFleet(apply(fleet))));
    world.agenda.after(1_000, this::prepare);
    world.agenda.after(1_000, this::technician);
    world.agenda.after(15 * 60_000, this::act);
  }

  private static ApplyFleet.Builder apply(Fleet fleet) {
    return ApplyFleet.newBuilder().setFleet(fleet);
  }

  /** Repeats until the Device Manager has it all: a message may be lost. */
  private void prepare() {
    boolean again = state.machines().isEmpty();
    if (again) {
      send(Command.newBuilder().setApplyFleet(apply(fleet)));
    }
    for (Map.Entry<Thing, List<VersionRef>> each : SimFleet.CONTENTS.entrySet()) {
      for (VersionRef version : each.getValue()) {
        again |= register(version, each.getKey());
      }
    }
    if (again) {
      world.agenda.after(20_000, this::prepare);
    }
  }

  private boolean register(VersionRef ref, Thing thing) {
    boolean missing = state.manifest(ref.getName(), ref.getVersion()).isEmpty();
    if (missing) {
      Manifest.Builder manifest = Manifest.newBuilder().setRef(ref).setThing(thing);
      send(
          Command.newBuilder()
              .setRegisterManifest(RegisterManifest.newBuilder().setManifest(manifest)));
    }
    return missing;
  }

  /** A deployment replica came up or went down, and the Device Manager hears of it. */
  void deployment(String id, boolean up) {
    world.deploymentsUp += up ? 1 : -1;
    hears(id, up);
  }

  /** The same once more, if the Device Manager does not know it: a message may be lost. */
  void repeats(String id, boolean up) {
    if (state.replica(id).filter(each -> each.getUp() == up).isEmpty()) {
      hears(id, up);
    }
  }

  private void hears(String id, boolean up) {
    DeploymentReplica.Builder replica =
        DeploymentReplica.newBuilder().setId(id).setAddress("127.0.0.1:1").setUp(up);
    // what was uploaded once stays for longer than any run takes, registered or not
    SimFleet.CONTENTS
        .values()
        .forEach(versions -> versions.forEach(each -> replica.addHeld(each.getDigest())));
    send(Command.newBuilder().setObserveReplica(ObserveReplica.newBuilder().setReplica(replica)));
  }

  private void send(Command.Builder command) {
    Request request =
        world
            .wire
            .request("operator/alice", command)
            .setClientId("alice")
            .setSequence(++sequence)
            .build();
    world.wire.call(request, reply -> {});
  }

  private void act() {
    if (!world.storm) {
      return;
    }
    Command.Builder command = Command.newBuilder();
    String name = world.pick(List.copyOf(world.machines.keySet()));
    switch (world.random.nextInt(14)) {
      case 0, 1, 2, 3 -> command.setStartRollout(rollout());
      case 4, 5 -> control(command);
      case 6 -> hold(command, name);
      case 7 -> drain(command, name);
      case 8 -> command.setSetFreeze(SetFreeze.newBuilder().setFrozen(!state.freeze().getFrozen()));
      case 9 -> retry(command);
      case 10 -> rare(command, name);
      case 11 -> resolve();
      case 12 -> versions(command);
      default -> command.setApplyFleet(apply(changed()));
    }
    if (command.getKindCase() != Command.KindCase.KIND_NOT_SET) {
      send(command);
    }
    world.agenda.after(world.between(every / 2, every * 3 / 2), this::act);
  }

  /** Registers again what was removed, or removes some version, whoever needs it. */
  private void versions(Command.Builder command) {
    for (Map.Entry<Thing, List<VersionRef>> each : SimFleet.CONTENTS.entrySet()) {
      for (VersionRef version : each.getValue()) {
        if (register(version, each.getKey())) {
          return;
        }
      }
    }
    VersionRef any = world.pick(world.pick(List.copyOf(SimFleet.CONTENTS.values())));
    command.setRemoveManifest(
        RemoveManifest.newBuilder().setName(any.getName()).setVersion(any.getVersion()));
  }

  /** Rolls a version out, whatever the dice say. */
  void starts(VersionRef to) {
    send(Command.newBuilder().setStartRollout(start(to)));
  }

  private static StartRollout.Builder start(VersionRef to) {
    return StartRollout.newBuilder()
        .setType(SimFleet.TYPE)
        .setName(to.getName())
        .setVersion(to.getVersion());
  }

  private StartRollout.Builder rollout() {
    boolean manifest = world.oneIn(2);
    Thing thing =
        manifest ? Thing.THING_MANIFEST : world.pick(List.copyOf(SimFleet.CONTENTS.keySet()));
    VersionRef to = world.pick(SimFleet.CONTENTS.getOrDefault(thing, SimFleet.VERSIONS));
    return start(to);
  }

  private void control(Command.Builder command) {
    List<Rollout> open = state.rollouts().stream().filter(each -> isOpen(each.getState())).toList();
    if (!open.isEmpty()) {
      Rollout rollout = world.pick(open);
      List<ControlRollout.Verb> verbs = List.of(ControlRollout.Verb.values()).subList(1, 6);
      boolean paused = rollout.getState() == Rollout.State.PAUSED;
      command.setControlRollout(
          ControlRollout.newBuilder()
              .setRollout(rollout.getId())
              .setVerb(paused && world.oneIn(2) ? ControlRollout.Verb.RESUME : world.pick(verbs))
              .setUnit(rollout.getUnits(rollout.getCurrent()).getName()));
    }
  }

  static boolean isOpen(Rollout.State rollout) {
    return switch (rollout) {
      case COMPLETED, ROLLED_BACK, ABORTED -> false;
      default -> true;
    };
  }

  private void hold(Command.Builder command, String name) {
    boolean held = state.machine(name).map(Machine::hasHold).orElse(false);
    if (held) {
      command.setUnholdMachine(UnholdMachine.newBuilder().setMachine(name));
    } else {
      long span = world.oneIn(5) ? 0 : world.between(60_000, 3_600_000);
      command.setHoldMachine(HoldMachine.newBuilder().setMachine(name).setForMs(span));
    }
  }

  /** Two persons end an incident; the second one's word counts only where it is needed. */
  private void resolve() {
    for (Incident incident : List.copyOf(state.incidents())) {
      if (incident.getState() == Incident.State.OPEN && world.oneIn(2)) {
        for (String person : List.of("operator/alice", "operator/bob")) {
          Command.Builder command = Command.newBuilder();
          command.setResolveIncident(ResolveIncident.newBuilder().setIncident(incident.getId()));
          world.wire.call(person, command, reply -> {});
        }
      }
    }
  }

  private void drain(Command.Builder command, String name) {
    for (Machine machine : state.machines()) {
      boolean away = machine.getLifecycle() == Lifecycle.MAINTENANCE || machine.getDrainRequested();
      if (away && world.oneIn(2)) {
        command.setUndrainMachine(UndrainMachine.newBuilder().setMachine(machine.getName()));
        return;
      }
    }
    command.setDrainMachine(DrainMachine.newBuilder().setMachine(name));
  }

  private void retry(Command.Builder command) {
    for (Machine machine : state.machines()) {
      if (machine.getProvisioning().getStep() == Provisioning.Step.AWAITING_OPERATOR) {
        command.setRetryProvisioning(RetryProvisioning.newBuilder().setMachine(machine.getName()));
      }
    }
  }

  private void rare(Command.Builder command, String name) {
    if (world.oneIn(4)) {
      command.setDecommissionMachine(DecommissionMachine.newBuilder().setMachine(name));
    } else {
      List<WatchdogState.Mode> modes = List.of(WatchdogState.Mode.values()).subList(1, 4);
      command.setPromoteWatchdog(
          PromoteWatchdog.newBuilder().setWatchdog(SimFleet.DISK).setMode(world.pick(modes)));
    }
  }

  private Fleet changed() {
    Fleet.Builder changed = fleet.toBuilder();
    changed
        .getBudgetsBuilder()
        .setUnit(Limit.newBuilder().setPercent(10 + world.random.nextInt(50)));
    changed.getRepairPoliciesBuilder(0).setQuietMs(world.between(20_000, 90_000));
    List<String> gone =
        state.machines().stream()
            .filter(each -> each.getLifecycle() == Lifecycle.DECOMMISSIONED)
            .map(Machine::getName)
            .toList();
    for (int i = changed.getMachinesCount() - 1; i >= 0; i--) {
      if (gone.contains(changed.getMachines(i).getName())) {
        changed.removeMachines(i);
      }
    }
    return changed.build();
  }

  private void technician() {
    for (Machine machine : List.copyOf(state.machines())) {
      if (machine.getLifecycle() == Lifecycle.AWAITING_REPLACEMENT && world.oneIn(3)) {
        world.wire.call(
            "operator/bob",
            Command.newBuilder()
                .setMachineReplaced(MachineReplaced.newBuilder().setMachine(machine.getName())),
            reply -> {});
      }
    }
    world.agenda.after(world.between(120_000, 600_000), this::technician);
  }

  /**
   * After the faults: decides all that waits for a person.
   *
   * @param all also ends holds and maintenance, which may keep the budget from others
   */
  void tidy(boolean all) {
    if (state.freeze().getFrozen()) {
      send(Command.newBuilder().setSetFreeze(SetFreeze.newBuilder().setFrozen(false)));
    }
    if (state.watchdog(SimFleet.DISK).map(WatchdogState::getMode).orElseThrow()
        != WatchdogState.Mode.LIVE) {
      send(
          Command.newBuilder()
              .setPromoteWatchdog(
                  PromoteWatchdog.newBuilder()
                      .setWatchdog(SimFleet.DISK)
                      .setMode(WatchdogState.Mode.LIVE)));
    }
    for (Rollout rollout : List.copyOf(state.rollouts())) {
      if (rollout.getState() == Rollout.State.PAUSED) {
        send(
            Command.newBuilder()
                .setControlRollout(
                    ControlRollout.newBuilder()
                        .setRollout(rollout.getId())
                        .setVerb(ControlRollout.Verb.ROLL_BACK)));
      }
    }
    for (Machine machine : List.copyOf(state.machines())) {
      String name = machine.getName();
      if (all && machine.hasHold()) {
        send(Command.newBuilder().setUnholdMachine(UnholdMachine.newBuilder().setMachine(name)));
      }
      if (all && (machine.getDrainRequested() || machine.getLifecycle() == Lifecycle.MAINTENANCE)) {
        send(Command.newBuilder().setUndrainMachine(UndrainMachine.newBuilder().setMachine(name)));
      }
      if (machine.getProvisioning().getStep() == Provisioning.Step.AWAITING_OPERATOR) {
        send(
            Command.newBuilder()
                .setRetryProvisioning(
                    RetryProvisioning.newBuilder().setMachine(machine.getName())));
      }
      boolean escalated =
          state
              .repair(machine.getRepairId())
              .map(Repair::getAction)
              .filter(Action.ESCALATE::equals)
              .isPresent();
      FakeMachine chassis = world.machines.get(machine.getName());
      if (escalated && chassis.device() == FakeMachine.BootDevice.NETWORK) {
        chassis.powerCycle(FakeMachine.BootDevice.DISK);
      }
    }
  }
}
