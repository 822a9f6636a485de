package io.pilothouse.dm.state;

import io.pilothouse.api.v1.Condition;
import io.pilothouse.api.v1.Lifecycle;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.Manifest;
import io.pilothouse.api.v1.PlannedUnit;
import io.pilothouse.api.v1.RepairPolicy;
import io.pilothouse.api.v1.RolloutPlan;
import io.pilothouse.api.v1.RolloutPolicy;
import io.pilothouse.api.v1.Thing;
import io.pilothouse.api.v1.VersionRef;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;

/** Goes through the units as the rollout would, and notes what that means for the fleet. */
final class PlanMaker {
  private final Entities state;
  private final String type;
  private final VersionRef to;
  private final Thing thing;
  private final RolloutPolicy policy;
  private final List<String> canary;
  private final PlanBasis basis = new PlanBasis();
  private final PlanCapacity capacity;
  private final PlanConflicts conflicts;
  private final PlanEstimate estimate;
  private final InstallSpan install;

  PlanMaker(
      Entities state, String type, Manifest version, RolloutPolicy policy, List<String> canary) {
    this.state = state;
    this.type = type;
    this.to = version.getRef();
    this.thing = Things.of(version);
    this.policy = policy;
    this.canary = canary;
    this.capacity = new PlanCapacity(state);
    this.conflicts = new PlanConflicts(state, thing);
    this.estimate = new PlanEstimate(policy, state.meta().getNow());
    this.install = thing == Thing.THING_IMAGE ? InstallSpan.of(state, type) : InstallSpan.NONE;
  }

  RolloutPlan plan() {
    RolloutPlan.Builder plan =
        RolloutPlan.newBuilder().setType(type).setTo(to).setNotBefore(estimate.notBefore());
    basis
        .add(PlanBasis.Part.WHAT, type + " " + to.getDigest())
        .add(PlanBasis.Part.POLICY, StateDigest.hex(policy.toByteArray()))
        .add(PlanBasis.Part.POLICY, String.join(" ", canary))
        .add(PlanBasis.Part.BUDGETS, StateDigest.hex(state.fleet().getBudgets().toByteArray()));
    TreeSet<String> units = new TreeSet<>(Rollouts.units(state, type));
    conflicts.rollouts(units);
    conflicts.install(type, install);
    RolloutCanary.unit(state, type, canary)
        .ifPresent(
            unit -> {
              List<Machine> members = RolloutSwitch.machines(state, canary);
              plan.addUnits(
                  unit(unit.getName(), members, members, VersionRef.getDefaultInstance())
                      .addAllMembers(canary));
            });
    for (String unit : Rollouts.units(state, type)) {
      List<Machine> members = Rollouts.members(state, type, unit);
      VersionRef from = UnitVersions.before(state, type, unit, thing);
      List<Machine> still =
          members.stream().filter(each -> !canary.contains(each.getName())).toList();
      plan.addUnits(unit(unit, members, still, from));
      basis.add(PlanBasis.Part.UNITS, unit + " " + Texts.ref(from));
      basis.add(PlanBasis.Part.MACHINES, unit);
      for (Machine machine : members) {
        basis.add(PlanBasis.Part.MACHINES, machine.getName());
        if (!canServe(machine)) {
          basis.add(PlanBasis.Part.OUT, machine.getName());
        }
        conflicts.machine(machine);
      }
    }
    return plan.addAllConflicts(conflicts.sentences())
        .addAllCapacity(capacity.left())
        .setEstimatedMs(plan.getUnitsList().stream().mapToLong(PlannedUnit::getEstimatedMs).sum())
        .setDigest(basis.digest())
        .build();
  }

  /**
   * One unit.
   *
   * @param still machines that no earlier unit has switched
   */
  private PlannedUnit.Builder unit(
      String name, List<Machine> members, List<Machine> still, VersionRef from) {
    List<Machine> eligible =
        still.stream().filter(each -> RolloutSwitch.isEligible(state, each)).toList();
    boolean install =
        thing == Thing.THING_MANIFEST
            && still.stream().allMatch(each -> RolloutSwitch.isInstall(each, thing));
    int allowed = Policies.limit(policy.getMaxUnavailable(), members.size());
    for (String domain : shared(members)) {
      allowed = Math.min(allowed, Budget.usage(state, domain).limit());
    }
    int batch = install ? eligible.size() : Math.min(allowed, eligible.size());
    int switched = (int) still.stream().filter(this::canServe).count();
    long away = members.isEmpty() ? 0 : awayMs(members.get(0), batch);
    long batches = Math.ceilDiv((long) switched, Math.max(1, batch)) * away;
    if (batches > policy.getDeadlineMs()) {
      conflicts.late(name, batches, policy.getDeadlineMs());
    }
    // a machine that runs nothing yet serves nothing: installing takes no capacity away
    if (!install) {
      capacity.unit(eligible, batch);
    }
    return PlannedUnit.newBuilder()
        .setName(name)
        .setFrom(from)
        .setMachines(members.size())
        .setEligible(eligible.size())
        .setBatch(batch)
        .setCapacityLeft(install ? 0 : eligible.size() - batch)
        .setEstimatedMs(estimate.unit(switched, batch, away));
  }

  /** How long a batch is away: in Probation, and of an image stopped and installed before that. */
  private long awayMs(Machine one, int batch) {
    RepairPolicy repair = Policies.repair(state, one);
    if (thing != Thing.THING_IMAGE) {
      return repair.getQuietMs();
    }
    long turns = Math.ceilDiv((long) batch, Policies.provisioning(state).getMaxConcurrent());
    return repair.getDrainMs() + turns * install.ms() + repair.getQuietMs();
  }

  /** Domains that all of the machines are in. */
  private static List<String> shared(List<Machine> machines) {
    if (machines.isEmpty()) {
      return List.of();
    }
    List<String> shared = new ArrayList<>(Domains.of(machines.get(0)));
    machines.forEach(each -> shared.retainAll(Domains.of(each)));
    return shared;
  }

  /** Whether the machine is, or by itself comes to be, one that the rollout switches. */
  private boolean canServe(Machine machine) {
    return machine.getLifecycle() == Lifecycle.IN_SERVICE
        && machine.getCondition() != Condition.FAILURE
        && !DomainHolds.isHeld(state, machine);
  }
}
