package io.pilothouse.testing.simulation;

import java.util.List;

/** Breaks machines, services and the leader, until the storm is over. */
final class Faults {
  private final World world;
  private final FakeOperator operator;
  private final long every;
  private final boolean[] deployments = new boolean[2];

  Faults(World world, FakeOperator operator, long every) {
    this.world = world;
    this.operator = operator;
    this.every = every;
  }

  void start() {
    world.agenda.after(500, () -> deployment(0, true));
    world.agenda.after(600, () -> deployment(1, true));
    world.agenda.after(20_000, this::repeat);
    world.agenda.after(world.between(60_000, 900_000), this::strike);
  }

  /** A replica reports again and again, and so is its silence noticed, whatever got lost. */
  private void repeat() {
    for (int i = 0; i < deployments.length; i++) {
      operator.repeats("deployment-" + (i + 1), deployments[i]);
    }
    world.agenda.after(20_000, this::repeat);
  }

  private void strike() {
    if (!world.storm) {
      return;
    }
    FakeMachine machine = world.pick(List.copyOf(world.machines.values()));
    switch (world.random.nextInt(20)) {
      case 0, 1 -> machine.crash(world.between(5_000, 120_000));
      case 2 -> machine.crash(0);
      case 3 -> machine.hang();
      case 4 -> machine.restartAgent();
      case 5, 6 -> machine.breaks(FakeMachine.Fault.PASSES);
      case 7 -> machine.breaks(FakeMachine.Fault.NEEDS_REBOOT);
      case 8 -> machine.breaks(FakeMachine.Fault.NEEDS_IMAGE);
      case 9 ->
          machine.breaks(
              world.oneIn(2) ? FakeMachine.Fault.FATAL : FakeMachine.Fault.NEEDS_HARDWARE);
      case 10 -> {
        machine.becomesUnclear(true);
        world.agenda.after(world.between(10_000, 600_000), () -> machine.becomesUnclear(false));
      }
      case 11, 12 -> satellite();
      case 13 -> world.dm.failOver(world.between(500, world.oneIn(4) ? 600_000 : 20_000));
      case 14 -> {
        int which = world.random.nextInt(2);
        deployment(which, !deployments[which]);
      }
      case 15 -> {
        // a third of the fleet loses its power for a moment, whatever the racks
        long down = world.between(5_000, 60_000);
        world.machines.values().stream()
            .filter(each -> world.oneIn(3))
            .forEach(each -> each.crash(down));
      }
      case 16 -> rack();
      case 17 -> watchdogLies();
      default -> hour();
    }
    world.agenda.after(world.between(every / 4, every * 2), this::strike);
  }

  /** Something that all depend on is away, or wrong, for about an hour. */
  private void hour() {
    long span = world.between(2_400_000, 4_200_000);
    switch (world.random.nextInt(3)) {
      case 0 -> world.dm.failOver(span);
      case 1 -> world.dm.failOver(world.between(500, 20_000), world.oneIn(2) ? span : -span);
      default -> {
        noDeployment();
        world.agenda.after(span, this::allDeployments);
      }
    }
  }

  /** No replica of the Deployment Service serves any more. */
  void noDeployment() {
    for (int i = 0; i < deployments.length; i++) {
      if (deployments[i]) {
        deployment(i, false);
      }
    }
  }

  void allDeployments() {
    for (int i = 0; i < deployments.length; i++) {
      if (!deployments[i]) {
        deployment(i, true);
      }
    }
  }

  /** A rack loses its power for a while, sometimes until the storm is over. */
  private void rack() {
    int rack = world.random.nextInt(SimFleet.RACKS);
    long down = world.oneIn(6) ? 0 : world.between(60_000, 1_800_000);
    world.machines.values().stream()
        .filter(each -> each.number() % SimFleet.RACKS == rack)
        .forEach(each -> each.crash(down));
  }

  /** The disk watchdog calls most machines bad. */
  private void watchdogLies() {
    List<FakeMachine> about =
        world.machines.values().stream().filter(each -> world.random.nextInt(5) > 1).toList();
    about.forEach(each -> each.isLiedAbout(true));
    world.agenda.after(
        world.between(30_000, 1_200_000), () -> about.forEach(each -> each.isLiedAbout(false)));
  }

  private void satellite() {
    FakeSatellite satellite = world.pick(world.satellites);
    if (!satellite.isAlive()) {
      return;
    }
    if (world.oneIn(3)) {
      satellite.leave();
    } else {
      satellite.crash();
    }
    world.agenda.after(world.between(5_000, 400_000), () -> restart(satellite));
  }

  private static void restart(FakeSatellite satellite) {
    if (!satellite.isAlive()) {
      satellite.start();
    }
  }

  private void deployment(int which, boolean up) {
    deployments[which] = up;
    operator.deployment("deployment-" + (which + 1), up);
  }

  /** All is mended. */
  void end() {
    world.storm = false;
    allDeployments();
    world.satellites.forEach(Faults::restart);
    world.machines.values().forEach(FakeMachine::heal);
  }
}
