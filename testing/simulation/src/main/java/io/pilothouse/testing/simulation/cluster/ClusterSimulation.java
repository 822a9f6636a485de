package io.pilothouse.testing.simulation.cluster;

import io.pilothouse.api.v1.Condition;
import io.pilothouse.api.v1.Lifecycle;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.testing.histories.Linearizability;
import io.pilothouse.testing.histories.Operation;
import io.pilothouse.testing.histories.Trail;
import io.pilothouse.testing.simulation.Agenda;
import io.pilothouse.testing.simulation.Checker;
import io.pilothouse.testing.simulation.Violation;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * One run: replicas, clients, satellites and machines through a storm of faults, then calm. All
 * that must hold is checked at each step, and at the end: that everybody agrees, that what clients
 * saw can have been so, and that everything works again.
 */
public final class ClusterSimulation {
  private static final int OPERATORS = 3;
  private static final long ANSWERS_WITHIN = 15_000;
  private static final long AGREES_WITHIN = 30_000;
  private static final long HEALTHY_WITHIN = 180_000;
  private static final long STEP = 250;

  /** Histories are short: what is not decided by then is a fault of the search. */
  private static final Duration SEARCH = Duration.ofSeconds(60);

  /** That a wrong history is wrong can take for ever to find out; another seed shows it sooner. */
  private static final Duration SEARCH_OF_DEFECTS = Duration.ofSeconds(1);

  private final long seed;
  private final Defect defect;
  private final World world;
  private final Storm storm;
  private final List<Operator> operators = new ArrayList<>();
  private final List<Reader> readers = new ArrayList<>();
  private final List<Operation> history = new ArrayList<>();

  /** Sets up a run; the same seed gives the same one. */
  public ClusterSimulation(long seed) {
    this(seed, Defect.NONE, false);
  }

  /** Sets up a run of a cluster that has a defect. */
  public ClusterSimulation(long seed, Defect defect) {
    this(seed, defect, false);
  }

  private ClusterSimulation(long seed, Defect defect, boolean traced) {
    this.seed = seed;
    this.defect = defect;
    Dice dice = new Dice(seed);
    int replicas = Profile.of(dice.split()).replicas();
    List<Integer> ids = IntStream.range(0, replicas).boxed().toList();
    world =
        new World(new Dice(seed), FirstState.of(ids), new Agenda(FirstState.now()), defect, traced);
    ids.forEach(id -> world.servers.add(new Server(world, id, world.first)));
    List<String> machines = world.oracle.state().machines().stream().map(Machine::getName).toList();
    for (Machine each : world.oracle.state().machines()) {
      world.plants.put(
          each.getName(), new Plant(world, each, List.of("disk", "heartbeat", "processes")));
    }
    // some machines are held and let go by operators, the others break
    List<String> held = machines.subList(0, 2);
    for (int i = 1; i <= OPERATORS; i++) {
      operators.add(new Operator(world, "client-" + i, held, history));
    }
    for (int i = 1; i <= 2; i++) {
      readers.add(new Reader(world, held, history));
      world.satellites.add(new RepairSatellite(world, "repair-" + i));
    }
    storm = new Storm(world);
    world.servers.forEach(each -> world.agenda.after(dice.between(1, 300), each::start));
    world.satellites.forEach(each -> world.agenda.after(dice.between(1, 2_000), each::start));
    world.plants.values().forEach(each -> world.agenda.after(dice.between(1, 2_000), each::start));
    operators.forEach(Operator::start);
    readers.forEach(Reader::start);
    new Watcher(world, held).start();
    new Watcher(world, held).start();
    new Probe(world).start();
    storm.start();
  }

  /**
   * Runs to the end.
   *
   * @throws Violation when something does not hold, with the last steps that led to it
   */
  public Summary run() {
    try {
      return through();
    } catch (Violation e) {
      throw e.in(where(e));
    } catch (RuntimeException e) {
      throw new AssertionError(where(e), e);
    }
  }

  /** Runs to the end and counts every step: equal for equal runs. */
  static long fingerprint(long seed) {
    ClusterSimulation traced = new ClusterSimulation(seed, Defect.NONE, true);
    traced.through();
    return traced.world.trace.fingerprint();
  }

  private Summary through() {
    runFor(world.profile.stormMillis());
    storm.end();
    long calm = world.agenda.now();
    runUntil(
        "clients are answered again",
        ANSWERS_WITHIN,
        () -> operators.stream().allMatch(each -> each.lastAnswer() > calm));
    operators.forEach(Operator::end);
    readers.forEach(Reader::end);
    runUntil("a replica is replaced in the end", AGREES_WITHIN, () -> !storm.isReplacing());
    runFor(6_000); // what operators had under way has ended
    checkHistory();
    boolean[] released = new boolean[1];
    operators.getFirst().release(() -> released[0] = true);
    runUntil("holds are ended", AGREES_WITHIN, () -> released[0]);
    runUntil("7 every machine ends well", HEALTHY_WITHIN, this::isWell);
    runUntil("all replicas have applied the same", AGREES_WITHIN, this::agree);
    world.count.runs = 1;
    world.count.entries = world.oracle.entries();
    world.count.operations = history.size();
    world.count.elections = world.oracle.elections();
    world.count.messages = world.net.delivered();
    return world.count;
  }

  private void runFor(long millis) {
    long until = world.agenda.now() + millis;
    while (world.agenda.next() <= until) {
      world.agenda.goTo(world.agenda.next());
    }
    world.agenda.goTo(until);
  }

  /** What must come about. */
  private interface Hope {
    boolean holds();
  }

  private void runUntil(String what, long within, Hope hope) {
    long end = world.agenda.now() + within;
    while (!hope.holds()) {
      if (world.agenda.now() >= end) {
        throw new Violation(what, "not within %s ms after the faults ended".formatted(within));
      }
      runFor(STEP);
    }
  }

  private boolean isWell() {
    return world.oracle.state().machines().stream()
        .allMatch(
            each ->
                each.getLifecycle() == Lifecycle.IN_SERVICE
                    && each.getCondition() == Condition.HEALTHY);
  }

  /** All members have the same entries applied; then their states are compared. */
  private boolean agree() {
    List<Server.Replica> members = storm.members();
    boolean same =
        !members.isEmpty()
            && members.stream().allMatch(each -> each.ledger().applied() == world.oracle.last());
    if (same) {
      members.forEach(each -> world.oracle.compareLast(each.ledger().digest()));
    }
    return same;
  }

  private void checkHistory() {
    boolean sound = defect == Defect.NONE;
    Linearizability.Verdict verdict =
        Linearizability.check(history, sound ? SEARCH : SEARCH_OF_DEFECTS);
    boolean undecided = !sound && verdict instanceof Linearizability.Verdict.Undecided;
    if (!undecided && !(verdict instanceof Linearizability.Verdict.Linearizable)) {
      throw new Violation("what clients saw is linearizable", verdict.toString());
    }
    List<String> objections = Trail.objections(history, List.copyOf(world.oracle.state().audit()));
    if (!objections.isEmpty()) {
      throw new Violation("each acknowledged write is done once", String.join("\n", objections));
    }
  }

  private String where(Throwable thrown) {
    return ("seed %s%s, %s into the run, entry %s: %s%nlast audit records:%s%nlast steps:%n%s%n"
            + "again: mvn -pl testing/simulation test -Dtest=ClusterTest -Dcluster.seed=%s")
        .formatted(
            seed,
            defect == Defect.NONE ? "" : " with " + defect,
            Duration.ofMillis(world.agenda.now() - FirstState.now()),
            world.oracle.last(),
            thrown.getMessage(),
            Checker.lastAudit(world.oracle.state(), 12),
            lastSteps(),
            seed);
  }

  /** A run is not traced, for speed: it is run again, and comes out the same. */
  private String lastSteps() {
    ClusterSimulation again = new ClusterSimulation(seed, defect, true);
    try {
      again.through();
      return "(the second run went well: the simulation is not deterministic)";
    } catch (Violation | RuntimeException e) {
      return again.world.trace.toString();
    }
  }
}
