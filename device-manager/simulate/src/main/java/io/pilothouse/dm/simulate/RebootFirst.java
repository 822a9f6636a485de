package io.pilothouse.dm.simulate;

import io.pilothouse.api.v1.Action;
import io.pilothouse.api.v1.Fleet;
import java.util.HashMap;
import java.util.Map;

/**
 * Reboots at the first error, without a probation and without a count of who else is ill. It models
 * self-remediation by reboot as medik8s documents it for its default strategy (the first unhealthy
 * verdict reboots the node; nothing waits to see whether the error stays), and repair loops of
 * fleet operators' scripts: look again when the machine is up, reboot again while it is in error,
 * and open a ticket for a technician after the third reboot in a row.
 */
final class RebootFirst extends Rival {
  private static final int REBOOTS = 3;
  private static final long COMES_UP = 8 * Spans.MINUTE;
  private static final long QUIET = Spans.HOUR;

  private final Habits habits;
  private final Map<String, Integer> inARow = new HashMap<>();
  private final Map<String, Long> lastReboot = new HashMap<>();

  RebootFirst(World world, Fleet fleet, Habits habits) {
    super(world, fleet);
    this.habits = habits;
  }

  @Override
  void fellIll(SimMachine machine) {
    world.tally.detected(machine, world.agenda.now());
    act(machine);
  }

  private void act(SimMachine machine) {
    if (takes(machine.name()) || !isIll(machine)) {
      return;
    }
    long now = world.agenda.now();
    boolean again = now - lastReboot.getOrDefault(machine.name(), 0L) < QUIET;
    int reboots = again ? inARow.getOrDefault(machine.name(), 0) : 0;
    if (reboots >= REBOOTS) {
      ticket(machine);
      return;
    }
    inARow.put(machine.name(), reboots + 1);
    lastReboot.put(machine.name(), now);
    take(machine);
    reboot(machine);
    world.agenda.after(
        COMES_UP,
        () -> {
          giveBack(machine);
          act(machine);
        });
  }

  private void reboot(SimMachine machine) {
    if (machine.bmc != SimMachine.Bmc.DOES_NOTHING) {
      world.tally.acted(machine, Action.REBOOT);
      machine.powerCycle(false);
    }
  }

  private void ticket(SimMachine machine) {
    take(machine);
    inARow.remove(machine.name());
    long wait = Chance.between(machine.random, habits.swapAfter() / 4, habits.swapAfter());
    world.agenda.after(
        wait,
        () -> {
          world.tally.acted(machine, Action.REPLACE);
          machine.replaced();
          machine.reinstalled(
              WarmStart.version(type(machine).getImage(), "1.0.0"), version(machine));
          giveBack(machine);
        });
  }
}
