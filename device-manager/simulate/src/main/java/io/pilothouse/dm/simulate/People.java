package io.pilothouse.dm.simulate;

import io.pilothouse.api.log.v1.Command;
import io.pilothouse.api.log.v1.DecideRepair;
import io.pilothouse.api.log.v1.MachineReplaced;
import io.pilothouse.api.log.v1.PromoteWatchdog;
import io.pilothouse.api.log.v1.Request;
import io.pilothouse.api.log.v1.ResolveIncident;
import io.pilothouse.api.log.v1.RetryProvisioning;
import io.pilothouse.api.log.v1.SetFreeze;
import io.pilothouse.api.log.v1.StartRollout;
import io.pilothouse.api.v1.Action;
import io.pilothouse.api.v1.Incident;
import io.pilothouse.api.v1.Lifecycle;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.Provisioning;
import io.pilothouse.api.v1.Repair;
import io.pilothouse.api.v1.WatchdogState;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;

/**
 * Operators and technicians. They come late, look at the machine itself before they decide, and
 * leave incidents alone unless they are told to resolve them.
 */
final class People {
  private final World world;
  private final Leader leader;
  private final Habits habits;
  private final Random random;
  private final Set<String> attended = new HashSet<>();

  People(World world, Leader leader, Habits habits) {
    this.world = world;
    this.leader = leader;
    this.habits = habits;
    this.random = world.chance.stream("people");
  }

  void saw(Machine machine) {
    if (machine.getLifecycle() == Lifecycle.AWAITING_REPLACEMENT) {
      once(
          "ticket/" + machine.getName() + "/" + machine.getGeneration(),
          habits.swapAfter(),
          () -> swap(machine.getName(), machine.getRepairId()));
    }
    if (machine.getProvisioning().getStep() == Provisioning.Step.AWAITING_OPERATOR) {
      once(
          "install/" + machine.getName() + "/" + machine.getProvisioning().getToken(),
          habits.decideAfter(),
          () -> mendAndRetry(machine.getName()));
    }
  }

  void saw(Repair repair) {
    boolean waits =
        repair.getState() == Repair.State.WAITING
            && (repair.getAction() == Action.ESCALATE
                || repair.getVetoesList().stream().anyMatch(v -> v.getKind().equals("approval")));
    if (waits) {
      once("repair/" + repair.getId(), habits.decideAfter(), () -> decide(repair.getId()));
    }
  }

  void saw(Incident incident) {
    if (incident.getState() == Incident.State.OPEN && habits.resolvesIncidents()) {
      once("incident/" + incident.getId(), habits.decideAfter(), () -> resolve(incident.getId()));
    }
  }

  void saw(WatchdogState watchdog) {
    if (watchdog.getMode() == WatchdogState.Mode.QUARANTINED) {
      once(
          "watchdog/" + watchdog.getName() + "/" + watchdog.getSince(),
          habits.decideAfter(),
          () -> mendWatchdog(watchdog.getName()));
    }
  }

  /** Later, and only once for each cause. */
  private void once(String cause, long after, Runnable act) {
    if (attended.add(cause)) {
      long wait = Chance.between(random, after / 4, after);
      world.agenda.after(wait, act);
    }
  }

  private void swap(String machine, String repair) {
    SimMachine meant = world.machine(machine);
    SimMachine taken = meant;
    if (random.nextDouble() < habits.wrongSwaps()) {
      List<String> beside = world.plant.members("rack/" + meant.place.rack());
      taken = beside.isEmpty() ? meant : world.machine(beside.get(random.nextInt(beside.size())));
    }
    world.hands.replace(taken, meant, repair);
    tell(
        "operator/technician",
        "swapped",
        Command.newBuilder().setMachineReplaced(MachineReplaced.newBuilder().setMachine(machine)),
        () -> isAwaited(machine));
  }

  private boolean isAwaited(String machine) {
    return leader
        .state
        .machine(machine)
        .filter(each -> each.getLifecycle() == Lifecycle.AWAITING_REPLACEMENT)
        .isPresent();
  }

  /** Whatever kept the installation from working is put right by hand: cable, disk, controller. */
  private void mendAndRetry(String name) {
    SimMachine machine = world.machine(name);
    machine.bmc = SimMachine.Bmc.HONEST;
    machine.ailments().stream()
        .filter(each -> each.mend() == Mend.REPLACE)
        .forEach(machine::passes);
    tell(
        "operator/alice",
        "looked at it",
        Command.newBuilder().setRetryProvisioning(RetryProvisioning.newBuilder().setMachine(name)),
        () ->
            leader
                .state
                .machine(name)
                .filter(
                    each -> each.getProvisioning().getStep() == Provisioning.Step.AWAITING_OPERATOR)
                .isPresent());
  }

  private void decide(String id) {
    leader
        .state
        .repair(id)
        .filter(each -> each.getState() == Repair.State.WAITING)
        .ifPresent(
            repair -> {
              SimMachine machine = world.machine(repair.getMachine());
              DecideRepair.Builder word = DecideRepair.newBuilder().setRepair(id);
              if (repair.getAction() == Action.ESCALATE) {
                machine.bmc = SimMachine.Bmc.HONEST;
                word.setAction(remedy(machine));
              }
              tell(
                  "operator/alice",
                  "looked at the machine",
                  Command.newBuilder().setDecideRepair(word),
                  () ->
                      leader
                          .state
                          .repair(id)
                          .filter(each -> each.getState() == Repair.State.WAITING)
                          .filter(each -> !each.hasApproval())
                          .isPresent());
            });
  }

  /** A person who stands before the machine sees what it needs. */
  private static Action remedy(SimMachine machine) {
    return switch (machine.needs().orElse(Mend.PASSES)) {
      case PASSES, REBOOT, OTHER_VERSION -> Action.REBOOT;
      case RE_IMAGE -> Action.RE_IMAGE;
      case REPLACE -> Action.REPLACE;
    };
  }

  private void resolve(String incident) {
    for (String person : List.of("operator/alice", "operator/bob")) {
      leader
          .state
          .incident(incident)
          .filter(each -> each.getState() == Incident.State.OPEN)
          .ifPresent(
              each ->
                  send(
                      person,
                      "resolved after a look",
                      Command.newBuilder()
                          .setResolveIncident(ResolveIncident.newBuilder().setIncident(incident))));
    }
  }

  private void mendWatchdog(String watchdog) {
    world.noise.ends(watchdog);
    world.machines.values().forEach(world::changed);
    world.agenda.after(
        Spans.HOUR,
        () ->
            send(
                "operator/alice",
                "mended",
                Command.newBuilder()
                    .setPromoteWatchdog(
                        PromoteWatchdog.newBuilder()
                            .setWatchdog(watchdog)
                            .setMode(WatchdogState.Mode.LIVE))));
  }

  void freeze(boolean frozen) {
    send(
        "operator/alice",
        frozen ? "nobody is here to watch" : "back again",
        Command.newBuilder().setSetFreeze(SetFreeze.newBuilder().setFrozen(frozen)));
  }

  void rollOut(String type, String manifest, String version) {
    send(
        "operator/alice",
        "a new version",
        Command.newBuilder()
            .setStartRollout(
                StartRollout.newBuilder().setType(type).setName(manifest).setVersion(version)));
  }

  /** Says it until it was heard: a person notices when there was no answer. */
  private void tell(
      String who, String why, Command.Builder command, java.util.function.BooleanSupplier still) {
    tell(who, why, command, still, 10);
  }

  private void tell(
      String who,
      String why,
      Command.Builder command,
      java.util.function.BooleanSupplier still,
      int times) {
    send(who, why, command.clone());
    world.agenda.after(
        Spans.MINUTE,
        () -> {
          if (still.getAsBoolean() && times > 1) {
            tell(who, why, command, still, times - 1);
          }
        });
  }

  private void send(String who, String why, Command.Builder command) {
    leader.submit(
        Request.newBuilder().setPrincipal(who).setReason(why).setCommand(command),
        reply -> {
          if (reply.hasRefusal()) {
            world.tally.count("refused/" + command.getKindCase());
          }
        });
  }
}
