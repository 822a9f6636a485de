package io.pilothouse.testing.simulation;

import io.pilothouse.api.log.v1.Entry;
import io.pilothouse.api.log.v1.Event;
import io.pilothouse.api.v1.Condition;
import io.pilothouse.api.v1.Fleet;
import io.pilothouse.api.v1.InventoryMachine;
import io.pilothouse.dm.state.State;
import java.time.Instant;
import java.util.List;
import java.util.Random;
import java.util.function.UnaryOperator;

/**
 * One run: a fleet comes into service, a storm of faults passes over it, then calm. After every log
 * entry, and at the end, all that must hold is checked.
 */
public final class Simulation {
  private static final long EPOCH = Instant.parse("2026-03-01T08:00:00Z").toEpochMilli();
  private static final long SILENCE_EVERY_MS = 10_000;
  private static final long LONGEST_CALM_MS = 12 * 3_600_000L;
  private static final long HOLDS_LAST_MS = 2 * 3_600_000L;
  private static final long LOOK_EVERY_MS = 120_000;

  private final long seed;
  private final World world;
  private final Profile profile;
  private final FakeOperator operator;
  private final Faults faults;

  /** Sets up a run; the same seed gives the same one. */
  public Simulation(long seed) {
    this(seed, true);
  }

  private Simulation(long seed, boolean storm) {
    this(seed, new Random(seed * 0x9E3779B97F4A7C15L), storm, UnaryOperator.identity());
  }

  private Simulation(long seed, Random random, boolean storm, UnaryOperator<Fleet> changed) {
    this.seed = seed;
    profile = storm ? Profile.of(random) : Profile.of(random).calm();
    world = new World(random, new Agenda(EPOCH), profile);
    world.storm = storm;
    Fleet fleet = changed.apply(SimFleet.spec(random, profile.machines()));
    operator = new FakeOperator(world, fleet, profile.actEveryMillis());
    faults = new Faults(world, operator, profile.faultEveryMillis());
    for (InventoryMachine each : fleet.getMachinesList()) {
      world.machines.put(each.getName(), new FakeMachine(each.getName(), world));
    }
    for (int i = 1; i <= 2; i++) {
      world.satellites.add(new FakeRepairService(world, "repair-" + i));
      world.satellites.add(new FakeProvisioningService(world, "provisioning-" + i));
    }
    operator.start();
    faults.start();
    world.satellites.forEach(FakeSatellite::start);
    new FakeProbe(world).start();
    world.agenda.after(SILENCE_EVERY_MS, this::silence);
  }

  /** A fleet without faults and without people that act: whoever asks brings their own. */
  static Simulation quiet(long seed) {
    return new Simulation(seed, false);
  }

  /**
   * A small fleet as it is when nothing ever went wrong: all machines in service and healthy.
   *
   * @param changed makes of a fleet of some machines the one that is wanted
   */
  public static State inService(UnaryOperator<Fleet> changed) {
    Simulation simulation = new Simulation(1, new Random(1), false, changed);
    for (int minute = 0; minute < 600; minute++) {
      simulation.runFor(60_000);
      State state = simulation.state();
      if (!state.machines().isEmpty()
          && state.machines().stream().allMatch(each -> each.getCondition() == Condition.HEALTHY)) {
        return state;
      }
    }
    throw new IllegalStateException(
        "a quiet fleet is not healthy: " + simulation.state().machines());
  }

  private void silence() {
    world.dm.noticeSilence();
    world.agenda.after(SILENCE_EVERY_MS, this::silence);
  }

  /**
   * Runs to the end.
   *
   * @throws Violation when something does not hold
   */
  public void run() {
    try {
      runFor(profile.stormMillis());
      calm();
      Replay.check(world.dm.log, state(), world.random);
    } catch (Violation e) {
      throw e.in(where(e));
    } catch (RuntimeException e) {
      throw new AssertionError(where(e), e);
    }
  }

  private String where(Throwable thrown) {
    return ("seed %s, %s into the run, entry %s: %s%nlast audit records:%s%nagain: "
            + "mvn -pl testing/simulation test -Dsimulation.seed=%s")
        .formatted(
            seed,
            java.time.Duration.ofMillis(world.agenda.now() - EPOCH),
            world.dm.index(),
            thrown.getMessage(),
            Checker.lastAudit(state(), 30),
            seed);
  }

  /** Lets virtual time pass. */
  void runFor(long millis) {
    long until = world.agenda.now() + millis;
    while (true) {
      long next = Math.min(world.agenda.next(), world.dm.nextTick());
      if (next > until) {
        world.agenda.goTo(until);
        return;
      }
      world.agenda.goTo(next);
      world.dm.work();
    }
  }

  private void calm() {
    world.wire.become(profile.calm());
    faults.end();
    long end = world.agenda.now() + LONGEST_CALM_MS;
    List<String> stuck;
    do {
      operator.tidy(world.agenda.now() > end - LONGEST_CALM_MS + HOLDS_LAST_MS);
      runFor(LOOK_EVERY_MS);
      stuck = Calm.stuck(world);
    } while (!stuck.isEmpty() && world.agenda.now() < end);
    if (!stuck.isEmpty()) {
      throw new Violation("7 every machine ends well", String.join("\n", stuck));
    }
  }

  /** The Device Manager's. */
  State state() {
    return world.dm.state;
  }

  /** What was committed so far. */
  List<Entry> log() {
    return world.dm.log;
  }

  World world() {
    return world;
  }

  FakeOperator operator() {
    return operator;
  }

  Faults faults() {
    return faults;
  }

  Checker checker() {
    return world.dm.checker;
  }

  /** How much was done, for a summary. */
  public int entries() {
    return world.dm.checker.entries();
  }

  /** Changes an entity behind the log's back: to see that the checker bites. */
  void inject(Event event) {
    state().replay(event);
  }
}
