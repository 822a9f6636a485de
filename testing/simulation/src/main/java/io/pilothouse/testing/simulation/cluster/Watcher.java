package io.pilothouse.testing.simulation.cluster;

import java.util.List;

/** Pulls from any replica, and never wants to see less than it has seen. */
final class Watcher {
  private static final long DEADLINE = 6_000;
  private static final long ATTEMPT = 1_500;

  private final World world;
  private final List<String> machines;
  private final Dice dice;
  private final Caller caller;
  private long revision;

  Watcher(World world, List<String> machines) {
    this.world = world;
    this.machines = machines;
    this.dice = world.dice.split();
    this.caller = new Caller(world, false);
    this.revision = world.first.index();
  }

  void start() {
    world.agenda.after(dice.between(0, 500), this::pull);
  }

  private void pull() {
    String machine = dice.pick(machines);
    long asked = revision;
    caller.ask(
        (edge, onAnswer) -> edge.pullHold(caller.address(), asked, machine, onAnswer),
        DEADLINE,
        ATTEMPT,
        answer -> {
          if (answer.orElse(null) instanceof Answer.Hold(String reason, long at)) {
            world.oracle.pulled(machine, asked, reason, at);
            revision = at;
          }
          world.agenda.after(dice.between(50, 800), this::pull);
        });
  }
}
