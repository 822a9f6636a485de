package io.pilothouse.dm.simulate;

import io.pilothouse.api.log.v1.Command;
import io.pilothouse.api.log.v1.ObserveMachine;
import io.pilothouse.api.log.v1.RegisterMachine;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.Observed;
import io.pilothouse.api.v1.Provisioning;
import io.pilothouse.api.v1.VersionRef;
import io.pilothouse.api.v1.WantedState;
import io.pilothouse.dm.state.WantedStates;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The agents: each registers after a boot, pulls what should be so when that changed, makes it so
 * and reports it. An installer is an agent that writes an image.
 */
final class Agents {
  private static final long RETRY = 15 * Spans.SECOND;
  private static final long STAGE_TAKES = 3 * Spans.MINUTE;
  private static final long INSTALL_TAKES = 12 * Spans.MINUTE;

  private final World world;
  private final Leader leader;
  private final Set<String> registered = new HashSet<>();
  private final Set<String> pulling = new HashSet<>();
  private final Map<String, Long> working = new HashMap<>();

  Agents(World world, Leader leader) {
    this.world = world;
    this.leader = leader;
    registered.addAll(world.machines.keySet());
  }

  boolean isRegistered(SimMachine machine) {
    return registered.contains(machine.name());
  }

  /** The machine booted, or can be reached again. */
  void cameUp(SimMachine machine) {
    registered.remove(machine.name());
    working.remove(machine.name());
    register(machine, machine.epoch());
  }

  private void register(SimMachine machine, long epoch) {
    if (machine.epoch() != epoch || !machine.isUp() || isRegistered(machine)) {
      return;
    }
    boolean talks = machine.isReachable() && !machine.has(Sign.Kind.MUTE) && leader.isUp();
    if (talks && !isRevoked(machine)) {
      RegisterMachine.Builder command =
          RegisterMachine.newBuilder()
              .setMachine(machine.name())
              .setKeySha256(machine.key())
              .setBootId(machine.bootId())
              .setObserved(observed(machine));
      leader.submit(
          "machine/" + machine.name(),
          Command.newBuilder().setRegisterMachine(command),
          reply -> {
            if (!reply.hasRefusal() && machine.epoch() == epoch) {
              registered.add(machine.name());
              world.changed(machine);
              pull(machine);
            }
          });
    }
    world.agenda.after(RETRY, () -> register(machine, epoch));
  }

  /** The edge turns an agent away whose key was taken for a coming installer. */
  private boolean isRevoked(SimMachine machine) {
    return leader
        .state
        .machine(machine.name())
        .filter(each -> each.getKeySha256().isEmpty() && each.hasProvisioning())
        .filter(each -> each.getObserved().getBootId().equals(machine.bootId()))
        .isPresent();
  }

  /** What should be so may have changed: the agent looks within some seconds. */
  void kick(SimMachine machine) {
    if (machine.isUp() && pulling.add(machine.name())) {
      world.agenda.after(
          Chance.between(machine.random, 200, 3 * Spans.SECOND),
          () -> {
            pulling.remove(machine.name());
            pull(machine);
          });
    }
  }

  private void pull(SimMachine machine) {
    boolean talks = machine.isUp() && machine.isReachable() && !machine.has(Sign.Kind.MUTE);
    if (!talks || !isRegistered(machine)) {
      return;
    }
    if (!leader.isUp()) {
      world.agenda.after(RETRY, () -> kick(machine));
      return;
    }
    Optional<Machine> known = leader.state.machine(machine.name());
    boolean ours =
        known
            .filter(each -> each.getKeySha256().equals(machine.key()))
            .filter(each -> each.getObserved().getBootId().equals(machine.bootId()))
            .isPresent();
    if (!ours) {
      registered.remove(machine.name());
      register(machine, machine.epoch());
      return;
    }
    WantedState wanted = WantedStates.of(leader.state, known.orElseThrow());
    if (machine.isInstaller()) {
      install(machine, wanted.getProvisioning());
    } else if (wanted.getProvisioning().getToken() == 0) {
      serve(machine, wanted);
    }
    if (!observed(machine).equals(known.orElseThrow().getObserved())) {
      observe(machine, ObserveMachine.newBuilder());
    }
  }

  private void serve(SimMachine machine, WantedState wanted) {
    long epoch = machine.epoch();
    if (working.containsKey(machine.name())) {
      return;
    }
    for (VersionRef ref : wanted.getStagedList()) {
      if (!machine.staged().containsValue(ref)) {
        work(
            machine,
            epoch,
            Chance.between(machine.random, STAGE_TAKES / 6, STAGE_TAKES),
            () -> machine.staged().put(ref.getName() + "@" + ref.getVersion(), ref));
        return;
      }
    }
    machine
        .staged()
        .values()
        .removeIf(each -> !wanted.getStagedList().contains(each) && !each.equals(machine.active()));
    VersionRef run = wanted.getRunProcesses() ? wanted.getActive() : SimMachine.NOTHING;
    if (!run.equals(machine.active())) {
      work(
          machine,
          epoch,
          Chance.between(machine.random, 2 * Spans.SECOND, 15 * Spans.SECOND),
          () -> machine.runs(run));
    }
  }

  private void work(SimMachine machine, long epoch, long millis, Runnable then) {
    working.put(machine.name(), epoch);
    world.agenda.after(
        millis,
        () -> {
          if (machine.epoch() == epoch && machine.isUp()) {
            working.remove(machine.name());
            then.run();
            observe(machine, ObserveMachine.newBuilder());
            pull(machine);
          }
        });
  }

  private void install(SimMachine machine, Provisioning assigned) {
    boolean ours =
        assigned.getStep() == Provisioning.Step.IMAGING
            || assigned.getStep() == Provisioning.Step.BURNING_IN;
    long epoch = machine.epoch();
    long mark = 10 * assigned.getToken() + assigned.getStep().getNumber();
    if (!ours || Long.valueOf(mark).equals(working.get(machine.name()))) {
      return;
    }
    working.put(machine.name(), mark);
    world.agenda.after(
        Chance.between(machine.random, INSTALL_TAKES / 2, INSTALL_TAKES),
        () -> {
          if (machine.epoch() == epoch) {
            if (assigned.getStep() == Provisioning.Step.IMAGING) {
              world.hands.image(machine, assigned.getImage());
            }
            done(machine, epoch, assigned);
          }
        });
  }

  /** Told until it is known: the leader may be away just now. */
  private void done(SimMachine machine, long epoch, Provisioning assigned) {
    Provisioning now =
        leader.state.machine(machine.name()).map(Machine::getProvisioning).orElse(assigned);
    if (machine.epoch() != epoch
        || now.getToken() != assigned.getToken()
        || now.getStep() != assigned.getStep()) {
      return;
    }
    observe(
        machine,
        ObserveMachine.newBuilder()
            .setProvisioningToken(assigned.getToken())
            .setStepDone(assigned.getStep()));
    world.agenda.after(RETRY, () -> done(machine, epoch, assigned));
  }

  private void observe(SimMachine machine, ObserveMachine.Builder command) {
    if (!isRegistered(machine)) {
      return;
    }
    command.setMachine(machine.name()).setBootId(machine.bootId()).setObserved(observed(machine));
    leader.submit(
        "machine/" + machine.name(), Command.newBuilder().setObserveMachine(command), reply -> {});
    world.agenda.after(RETRY, () -> kick(machine));
  }

  static Observed observed(SimMachine machine) {
    Observed.Builder observed = Observed.newBuilder().setBootId(machine.bootId());
    if (!machine.isInstaller()) {
      observed.setImage(machine.image()).addAllStaged(machine.staged().values());
      if (!machine.active().equals(SimMachine.NOTHING)) {
        observed.setActive(machine.active());
      }
      observed.setFirmware(machine.place.model().isEmpty() ? "" : machine.place.model() + "-fw-1");
    }
    return observed.build();
  }
}
