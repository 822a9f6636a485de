package io.pilothouse.dm.simulate;

import io.pilothouse.api.v1.Action;
import io.pilothouse.api.v1.Condition;
import io.pilothouse.api.v1.Fleet;
import io.pilothouse.api.v1.Incident;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.Repair;
import io.pilothouse.api.v1.RepairPolicy;
import io.pilothouse.api.v1.Rollout;
import java.util.List;
import java.util.function.Consumer;

/** One fault, or a few, in a fleet in which nothing else goes wrong. */
final class Scenario {
  final Simulation simulation;

  private Scenario(Fleet fleet, Habits habits) {
    simulation =
        new Simulation(
            Simulation.Plan.of(fleet, Faults.none(), 1, 0).with(habits).replayed(),
            Ruler.PILOTHOUSE);
  }

  static Scenario of(int machines) {
    return of(machines, Habits.USUAL.withWrongSwaps(0));
  }

  static Scenario of(int machines, Habits habits) {
    return new Scenario(GeneratedFleet.of(machines), habits);
  }

  /** A fleet all of whose machines have this policy. */
  static Scenario under(RepairPolicy policy, int machines, Habits habits) {
    Fleet.Builder fleet = GeneratedFleet.of(machines).toBuilder().addRepairPolicies(policy);
    fleet.getTypesBuilderList().forEach(each -> each.setRepairPolicy(policy.getName()));
    return new Scenario(fleet.build(), habits);
  }

  Scenario strike(Consumer<World> fault) {
    fault.accept(simulation.world);
    return this;
  }

  /** One thing is wrong with a machine from now on. */
  Scenario suffers(String machine, Sign sign, Mend mend) {
    return strike(
        world ->
            world.machine(machine).suffers(new Ailment("test", sign, mend, world.agenda.now())));
  }

  Scenario pass(long millis) {
    simulation.runFor(millis);
    return this;
  }

  /** Nothing strikes any more: every machine ends well, and the log replays. */
  Scenario calm() {
    simulation.calm();
    return this;
  }

  Outcome outcome() {
    return simulation.outcome();
  }

  int executed() {
    return outcome().repairs().executed();
  }

  Condition condition(String machine) {
    return simulation.state().machine(machine).map(Machine::getCondition).orElseThrow();
  }

  List<Incident> incidents() {
    return List.copyOf(simulation.state().incidents());
  }

  List<Repair> repairs(Action action) {
    return simulation.state().repairs().stream()
        .filter(each -> each.getAction() == action)
        .toList();
  }

  List<Rollout> rollouts() {
    return List.copyOf(simulation.state().rollouts());
  }

  int counted(String what) {
    return simulation.world.tally.counted(what);
  }

  /** Whatever a repair does, once for each state that it comes to. */
  Scenario whenRepairIs(Repair.State state, Consumer<World> then) {
    boolean[] done = {false};
    simulation
        .pilothouse()
        .leader
        .watch(
            event -> {
              if (event.hasRepair() && event.getRepair().getState() == state && !done[0]) {
                done[0] = true;
                simulation.world.agenda.after(1, () -> then.accept(simulation.world));
              }
            });
    return this;
  }
}
