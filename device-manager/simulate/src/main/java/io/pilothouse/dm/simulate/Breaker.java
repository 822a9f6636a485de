package io.pilothouse.dm.simulate;

import io.pilothouse.api.v1.Action;
import io.pilothouse.api.v1.Fleet;
import io.pilothouse.api.v1.VersionRef;
import java.util.List;

/**
 * A fixed-percentage breaker over the whole fleet, with delete-and-replace. It models two
 * documents:
 *
 * <ul>
 *   <li>Karpenter's node repair, as EKS documents it: a node whose condition stays bad for 30
 *       minutes is terminated by force and replaced; nothing is repaired while more than 20 % of
 *       the nodes are unhealthy.
 *   <li>Cluster API's MachineHealthCheck, by the example of its book: unhealthy for 5 minutes, then
 *       the Machine is deleted and a new one made; {@code maxUnhealthy: 40%}; a machine that has
 *       not come up within {@code nodeStartupTimeout} of 10 minutes is unhealthy again.
 * </ul>
 *
 * <p>Neither knows racks, switches or feeds, paces what it does, or has a probation. In its favour
 * it is assumed that a replacement is always at hand and is sound, so that it mends whatever is
 * broken in the machine itself; it stands where the old one stood.
 */
final class Breaker extends Rival {
  private static final long LOOKS_EVERY = 10 * Spans.SECOND;
  private static final long PROVISION = 15 * Spans.MINUTE;

  /**
   * What the documents say.
   *
   * @param timeout how long unhealthy before it acts
   * @param percent of the fleet unhealthy above which it stops
   */
  record Figures(long timeout, int percent) {
    static final Figures KARPENTER = new Figures(30 * Spans.MINUTE, 20);
    static final Figures CLUSTER_API = new Figures(5 * Spans.MINUTE, 40);
  }

  private final Figures figures;
  private boolean planned;

  Breaker(World world, Fleet fleet, Figures figures) {
    super(world, fleet);
    this.figures = figures;
  }

  @Override
  void fellIll(SimMachine machine) {
    plan(figures.timeout());
  }

  @Override
  void becameWell(SimMachine machine) {
    // fewer unhealthy may close the breaker: all that waited is then due at once
    plan(LOOKS_EVERY);
  }

  private void plan(long after) {
    world.agenda.after(after, this::schedule);
  }

  private void schedule() {
    if (!planned) {
      planned = true;
      world.agenda.after(
          LOOKS_EVERY,
          () -> {
            planned = false;
            act();
          });
    }
  }

  private void act() {
    if (unhealthySince.size() * 100L > (long) figures.percent() * world.machines.size()) {
      world.tally.count("breaker-open");
      return;
    }
    long now = world.agenda.now();
    for (String name : List.copyOf(unhealthySince.keySet()).stream().sorted().toList()) {
      SimMachine machine = world.machine(name);
      if (!takes(name) && now - unhealthySince.getOrDefault(name, now) >= figures.timeout()) {
        world.tally.detected(machine, now);
        replace(machine);
      }
    }
  }

  private void replace(SimMachine machine) {
    take(machine);
    world.tally.acted(machine, Action.REPLACE);
    machine.replaced();
    VersionRef image = WarmStart.version(type(machine).getImage(), "1.0.0");
    world.agenda.after(
        PROVISION,
        () -> {
          machine.reinstalled(image, version(machine));
          giveBack(machine);
          // a new node has its time from the start; what does not come up is replaced again
          unhealthySince.computeIfPresent(machine.name(), (name, since) -> world.agenda.now());
          plan(figures.timeout());
        });
  }
}
