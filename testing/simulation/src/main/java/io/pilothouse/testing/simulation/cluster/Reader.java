package io.pilothouse.testing.simulation.cluster;

import io.pilothouse.testing.histories.Operation;
import io.pilothouse.testing.histories.Operation.Call;
import io.pilothouse.testing.histories.Operation.Outcome;
import java.util.List;

/**
 * Reads holds as an operator does, but of any replica, one that may think it leads included: who
 * answers must answer with what is so.
 */
final class Reader {
  private static final long PATIENCE = 1_500;

  private final World world;
  private final List<String> machines;
  private final Dice dice;
  private final int address;
  private final List<Operation> history;
  private boolean over;

  Reader(World world, List<String> machines, List<Operation> history) {
    this.world = world;
    this.machines = machines;
    this.history = history;
    this.dice = world.dice.split();
    this.address = world.address();
  }

  void start() {
    world.agenda.after(dice.between(1, 200), this::read);
  }

  void end() {
    over = true;
  }

  private void read() {
    if (over) {
      return;
    }
    String machine = dice.pick(machines);
    Server server = dice.pick(world.servers);
    long invoked = world.unique();
    long until = world.agenda.now() + PATIENCE;
    boolean[] answered = new boolean[1];
    world.net.send(
        address,
        server.id,
        () ->
            server.call(
                edge ->
                    edge.readHold(
                        address,
                        machine,
                        answer -> {
                          boolean counts = !answered[0] && world.agenda.now() <= until && !over;
                          answered[0] = true;
                          if (counts && answer instanceof Answer.Hold(String reason, long at)) {
                            history.add(
                                new Operation(
                                    (int) world.unique(),
                                    machine,
                                    new Call.Read(),
                                    new Outcome.Value(reason),
                                    invoked,
                                    world.unique()));
                            world.trace.say(
                                "%s reads of %s: \"%s\" at %s", server.name(), machine, reason, at);
                          }
                        })));
    world.agenda.after(dice.between(10, 120), this::read);
  }
}
