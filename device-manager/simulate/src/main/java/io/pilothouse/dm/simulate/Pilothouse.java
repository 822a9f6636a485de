package io.pilothouse.dm.simulate;

import io.pilothouse.api.log.v1.Entry;
import io.pilothouse.api.log.v1.Event;
import io.pilothouse.api.v1.Action;
import io.pilothouse.api.v1.Condition;
import io.pilothouse.api.v1.Fleet;
import io.pilothouse.api.v1.Incident;
import io.pilothouse.api.v1.Lifecycle;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.MachineType;
import io.pilothouse.api.v1.Repair;
import io.pilothouse.api.v1.Rollout;
import io.pilothouse.api.v1.Verdict;
import io.pilothouse.dm.state.State;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The Device Manager with its production rules, and models of the satellites and people around. */
final class Pilothouse implements Control {
  private final World world;
  private final Fleet fleet;
  final Leader leader;
  final Reporting reporting;
  private final Agents agents;
  private final List<RepairWorker> repairs;
  private final List<ProvisionWorker> provisioning;
  private final People people;
  private final WarmStart warmStart;
  private final Map<String, Condition> conditions = new HashMap<>();
  private final Map<String, Rollout.State> rollouts = new HashMap<>();
  private final Map<String, Integer> released = new HashMap<>();
  private final Set<String> incidents = new HashSet<>();
  private final Set<String> decided = new HashSet<>();
  private final boolean keepsLog;
  private Optional<State> snapshot = Optional.empty();
  private long snapshotIndex;
  private boolean started;
  private int versions;

  Pilothouse(World world, Fleet fleet, Habits habits, boolean keepsLog) {
    this.world = world;
    this.fleet = fleet;
    this.keepsLog = keepsLog;
    this.leader = new Leader(world.agenda, keepsLog);
    Watchdogs watchdogs = new Watchdogs(world, fleet);
    this.reporting = new Reporting(world, leader, watchdogs);
    this.agents = new Agents(world, leader);
    this.repairs =
        List.of(
            new RepairWorker(world, leader, "repair-1"),
            new RepairWorker(world, leader, "repair-2"));
    this.provisioning = List.of(new ProvisionWorker(world, leader, "provisioning-1"));
    this.people = new People(world, leader, habits);
    this.warmStart = new WarmStart(world, leader, fleet, watchdogs);
  }

  @Override
  public void start() {
    warmStart.run();
    for (Machine machine : leader.state.machines()) {
      conditions.put(machine.getName(), machine.getCondition());
    }
    boolean small = world.machines.size() <= 400;
    leader.checks().begin(small ? 10 * Spans.MINUTE : 6 * Spans.HOUR);
    started = true;
    if (keepsLog) {
      snapshot = Optional.of(ReplayCheck.stored(leader.state));
      snapshotIndex = leader.index();
    }
    leader.watch(this::saw);
    repairs.forEach(Satellite::start);
    provisioning.forEach(Satellite::start);
    world.agenda.after(Spans.HOUR, this::repeatAReport);
  }

  private void repeatAReport() {
    reporting.overtaken().repeat();
    world.agenda.after(Spans.HOUR, this::repeatAReport);
  }

  private void saw(Event event) {
    switch (event.getKindCase()) {
      case MACHINE -> machine(event.getMachine());
      case VERDICT -> verdict(event.getVerdict());
      case REPAIR -> repair(event.getRepair());
      case INCIDENT -> incident(event.getIncident());
      case ROLLOUT -> rollout(event.getRollout());
      case WATCHDOG -> people.saw(event.getWatchdog());
      default -> {
        // of no interest to anyone outside
      }
    }
  }

  private void machine(Machine machine) {
    SimMachine real = world.machine(machine.getName());
    Condition before = conditions.put(machine.getName(), machine.getCondition());
    if (machine.getCondition() == Condition.FAILURE && before != Condition.FAILURE) {
      world.tally.detected(real, world.agenda.now());
    }
    agents.kick(real);
    reporting.look(real);
    provisioning.forEach(each -> each.saw(machine));
    people.saw(machine);
    world.account(real);
  }

  private void verdict(Verdict verdict) {
    if (verdict.getAwaiting() || verdict.getSilent()) {
      reporting.look(world.machine(verdict.getMachine()));
    }
  }

  private void repair(Repair repair) {
    repairs.forEach(each -> each.saw(repair));
    people.saw(repair);
    boolean first = decided.add(repair.getId());
    if (first && repair.getAction() == Action.ESCALATE) {
      world.tally.count("escalation");
    }
    if (repair.getState() == Repair.State.DONE && repair.getAction() == Action.DO_NOTHING) {
      world.tally.count("do-nothing");
    }
    if (repair.getState() == Repair.State.READY) {
      released.merge(repair.getId(), 1, Integer::sum);
    }
    world.account(world.machine(repair.getMachine()));
  }

  private void incident(Incident incident) {
    if (incidents.add(incident.getId())) {
      world.tally.count("incident");
      world.tally.count("incident/" + incident.getKind() + "/" + incident.getDimension());
    }
    people.saw(incident);
  }

  /** Agents of the type look again when what they should hold may have changed. */
  private void rollout(Rollout rollout) {
    Rollout.State before = rollouts.put(rollout.getId(), rollout.getState());
    if (before != rollout.getState()) {
      world.tally.count("rollout/" + rollout.getState());
      world.plant.members("type/" + rollout.getType()).stream()
          .map(world::machine)
          .forEach(agents::kick);
    }
  }

  /** A second replica comes to the same state, whatever entries and snapshots it had. */
  void checkReplay() {
    List<Entry> since = leader.log().subList((int) snapshotIndex, leader.log().size());
    ReplayCheck.check(
        snapshot.orElseThrow(), snapshotIndex, since, leader.state, world.chance.stream("replay"));
  }

  @Override
  public void changed(SimMachine machine) {
    if (started) {
      reporting.look(machine);
      agents.kick(machine);
    }
  }

  @Override
  public void cameUp(SimMachine machine) {
    agents.cameUp(machine);
  }

  @Override
  public boolean inService(String machine) {
    return leader
        .state
        .machine(machine)
        .filter(each -> each.getLifecycle() == Lifecycle.IN_SERVICE)
        .filter(each -> each.getCondition() == Condition.HEALTHY)
        .isPresent();
  }

  @Override
  public boolean takes(String machine) {
    return leader.checks().takes(machine);
  }

  @Override
  public void failOver(long downMillis) {
    leader.failOver(downMillis);
  }

  @Override
  public void clockJump(long millis) {
    leader.clockJump(millis);
  }

  @Override
  public void killRepairs(long downMillis) {
    repairs.stream().filter(Satellite::leads).forEach(each -> each.kill(downMillis));
  }

  @Override
  public void cutOffRepairs(long millis) {
    repairs.stream().filter(Satellite::leads).forEach(each -> each.cutOff(millis));
  }

  @Override
  public void troubledWire(long millis) {
    reporting.trouble(millis);
  }

  @Override
  public void freeze(long millis) {
    people.freeze(true);
    world.agenda.after(millis, () -> people.freeze(false));
  }

  @Override
  public void rollOut(String type, boolean bad) {
    MachineType spec =
        fleet.getTypesList().stream()
            .filter(each -> each.getName().equals(type))
            .findFirst()
            .orElseThrow();
    int number = ++versions;
    String version = "1.%s.0".formatted(number);
    if (bad) {
      world.versions.isBad(WarmStart.version(spec.getManifest(), version));
      world.agenda.after(12 * Spans.HOUR, () -> rollOut(type, false));
    }
    people.rollOut(type, spec.getManifest(), version);
  }
}
