package io.pilothouse.dm.simulate;

import io.pilothouse.api.v1.Fleet;
import io.pilothouse.dm.state.State;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.function.LongConsumer;

/** One run: a fleet that serves, the faults that strike it, and whoever controls it. */
final class Simulation {
  private static final long EPOCH = Instant.parse("2026-03-01T08:00:00Z").toEpochMilli();
  private static final long LONGEST_CALM = 5 * Spans.DAY;

  /**
   * What to run.
   *
   * @param habits how people behave
   * @param keepsLog whether the whole log is kept, to be replayed at the end
   */
  record Plan(Fleet fleet, Faults faults, Habits habits, long seed, long millis, boolean keepsLog) {

    static Plan of(Fleet fleet, Faults faults, long seed, long millis) {
      Habits habits = Habits.USUAL.withWrongSwaps(faults.rate("wrong-swap"));
      return new Plan(fleet, faults, habits, seed, millis, false);
    }

    /** The same with the whole log kept, to be replayed at the end. */
    Plan replayed() {
      return new Plan(fleet, faults, habits, seed, millis, true);
    }

    Plan with(Habits other) {
      return new Plan(fleet, faults, other, seed, millis, keepsLog);
    }
  }

  final Plan plan;
  final World world;
  private final Ruler ruler;
  private final List<Strike> strikes;

  Simulation(Plan plan, Ruler ruler) {
    this.plan = plan;
    this.ruler = ruler;
    Chance chance = new Chance(plan.seed());
    Plant plant = new Plant(plan.fleet());
    this.world = new World(new Agenda(EPOCH), chance, plant, w -> ruler.control(w, plan));
    this.strikes = plan.faults().draw(plant, chance, EPOCH, plan.millis());
    world.control().start();
    for (Strike strike : strikes) {
      world.agenda.at(
          strike.at(),
          () -> {
            world.tally.count("fault/" + strike.fault());
            strike.effect().accept(world);
          });
    }
  }

  /** Ours, with its log and state. */
  Pilothouse pilothouse() {
    return (Pilothouse) world.control();
  }

  State state() {
    return pilothouse().leader.state;
  }

  List<Strike> strikes() {
    return strikes;
  }

  /** All of it. {@code progress} is told how far virtual time has come, now and then. */
  Outcome run(LongConsumer progress) {
    long end = EPOCH + plan.millis();
    while (world.agenda.now() < end) {
      runFor(Math.min(Spans.HOUR, end - world.agenda.now()));
      progress.accept(world.agenda.now() - EPOCH);
    }
    return outcome();
  }

  /** Lets virtual time pass. A violation says where it was found and how to come there again. */
  void runFor(long millis) {
    try {
      world.agenda.runUntil(world.agenda.now() + millis);
    } catch (Violation e) {
      throw new Violation(e.invariant(), where(e), e);
    } catch (RuntimeException e) {
      throw new IllegalStateException(where(e), e);
    }
  }

  /** Runs until it holds; whether it came to that within the time. */
  boolean runUntil(java.util.function.BooleanSupplier condition, long atMost) {
    long end = world.agenda.now() + atMost;
    while (!condition.getAsBoolean() && world.agenda.now() < end) {
      runFor(Spans.MINUTE);
    }
    return condition.getAsBoolean();
  }

  Outcome outcome() {
    long entries = ruler == Ruler.PILOTHOUSE ? pilothouse().leader.entries() : 0;
    long renewals = ruler == Ruler.PILOTHOUSE ? pilothouse().leader.renewals() : 0;
    return world.tally.outcome(ruler.words(), EPOCH, world.agenda.now(), entries, renewals);
  }

  /** Nothing more strikes: every machine must end well, or with a person. */
  void calm() {
    world.noise.ends();
    world.versions.imagesAreMended();
    world.machines.values().forEach(Calm::heal);
    world.machines.values().forEach(world::changed);
    long end = world.agenda.now() + LONGEST_CALM;
    boolean calm = false;
    while (!calm && world.agenda.now() < end) {
      // looking at all of a large fleet each minute would cost more than the rest
      runFor(10 * Spans.MINUTE);
      calm = Calm.stuck(this).isEmpty();
    }
    if (!calm) {
      Violation stuck =
          new Violation("7 every machine ends well", String.join("\n", Calm.stuck(this)));
      throw new Violation(stuck.invariant(), where(stuck), stuck);
    }
    pilothouse().leader.checks().whole();
    if (plan.keepsLog()) {
      pilothouse().checkReplay();
    }
  }

  private String where(Throwable thrown) {
    String records = ruler == Ruler.PILOTHOUSE ? AuditTail.of(state(), 30) : "";
    return "seed %s, %s machines, %s into the run: %s%s%nagain: %s"
        .formatted(
            plan.seed(),
            world.machines.size(),
            Duration.ofMillis(world.agenda.now() - EPOCH),
            thrown.getMessage(),
            records,
            "mvn -pl device-manager/simulate test -Dsimulate.seed=" + plan.seed());
  }
}
