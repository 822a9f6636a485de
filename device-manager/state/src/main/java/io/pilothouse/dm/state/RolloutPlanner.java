package io.pilothouse.dm.state;

import io.pilothouse.api.log.v1.Refusal;
import io.pilothouse.api.v1.Condition;
import io.pilothouse.api.v1.Lifecycle;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.MachineType;
import io.pilothouse.api.v1.Manifest;
import io.pilothouse.api.v1.PlannedUnit;
import io.pilothouse.api.v1.RepairPolicy;
import io.pilothouse.api.v1.Rollout;
import io.pilothouse.api.v1.RolloutPlan;
import io.pilothouse.api.v1.RolloutPolicy;
import io.pilothouse.api.v1.UnitVersion;
import io.pilothouse.api.v1.VersionRef;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Says what a rollout would do, without doing it. */
public final class RolloutPlanner {

  private RolloutPlanner() {}

  /** Refuses what cannot be rolled out; returns the version with its digest. */
  static VersionRef check(Entities state, String type, String name, String version)
      throws RefusedException {
    Optional<MachineType> known = Policies.type(state, type);
    if (known.isEmpty()) {
      List<String> types = state.fleet().getTypesList().stream().map(MachineType::getName).toList();
      throw new RefusedException(
          Refusal.Code.NOT_FOUND,
          "no machine type \"" + type + "\"" + Near.hint(type, types),
          "types: " + String.join(", ", types));
    }
    if (!known.get().getManifest().equals(name)) {
      throw new RefusedException(
          Refusal.Code.INVALID,
          "type %s runs the manifest \"%s\", not \"%s\""
              .formatted(type, known.get().getManifest(), name),
          "name that manifest, or change the type's `manifest:` and apply");
    }
    Optional<Manifest> manifest = state.manifest(name, version);
    if (manifest.isEmpty()) {
      List<String> versions =
          state.manifests().stream()
              .map(Manifest::getRef)
              .filter(each -> each.getName().equals(name))
              .map(VersionRef::getVersion)
              .toList();
      throw new RefusedException(
          Refusal.Code.NOT_FOUND,
          "no version %s@%s%s".formatted(name, version, Near.hint(version, versions)),
          versions.isEmpty()
              ? "pilot manifest add DIR"
              : "registered: "
                  + String.join(", ", versions)
                  + "; add it by: pilot manifest add DIR");
    }
    VersionRef to = manifest.get().getRef();
    if (!Manifests.isHeld(state, to)) {
      throw new RefusedException(
          Refusal.Code.PRECONDITION,
          "no deployment replica that is up holds all of " + Texts.ref(to),
          "wait until one has filled itself, or add it again: pilot manifest add DIR");
    }
    Optional<Rollout> other =
        state.indexes().rollouts.open(state).stream()
            .filter(each -> each.getType().equals(type))
            .findFirst();
    if (other.isPresent()) {
      throw new RefusedException(
          Refusal.Code.PRECONDITION,
          "rollout %s of %s to %s is still %s"
              .formatted(
                  other.get().getId(),
                  type,
                  Texts.ref(other.get().getTo()),
                  other.get().getState()),
          "wait for it, or: pilot rollout abort " + other.get().getId() + " --reason WHY");
    }
    List<String> units = Rollouts.units(state, type);
    if (units.isEmpty()) {
      throw new RefusedException(
          Refusal.Code.PRECONDITION,
          "type " + type + " has no machines",
          "name some in machines.csv and apply");
    }
    boolean everywhere = units.stream().allMatch(each -> runs(state, type, each, to));
    if (everywhere) {
      throw new RefusedException(
          Refusal.Code.PRECONDITION,
          "every unit of %s runs %s already".formatted(type, Texts.ref(to)),
          "nothing is to do");
    }
    return to;
  }

  /** Whether a unit is to run the version, and no machine that may be switched runs another. */
  private static boolean runs(Entities state, String type, String unit, VersionRef to) {
    return state.unitVersion(type, unit).filter(each -> each.getVersion().equals(to)).isPresent()
        && Rollouts.members(state, type, unit).stream()
            .filter(each -> RolloutSwitch.isEligible(state, each))
            .allMatch(each -> each.getWantedActive().equals(to));
  }

  /** Units in order, machines, capacity left, conflicts and a digest of what that rests on. */
  public static RolloutPlan plan(Entities state, String type, String name, String version)
      throws RefusedException {
    VersionRef to = check(state, type, name, version);
    RolloutPolicy policy = Policies.rollout(state, type);
    RolloutPlan.Builder plan = RolloutPlan.newBuilder().setType(type).setTo(to);
    StringBuilder basis = new StringBuilder(type).append(' ').append(to.getDigest());
    basis
        .append('\n')
        .append(StateDigest.hex(policy.toByteArray()))
        .append(StateDigest.hex(state.fleet().getBudgets().toByteArray()));
    long estimate = 0;
    for (String unit : Rollouts.units(state, type)) {
      List<Machine> members = Rollouts.members(state, type, unit);
      VersionRef from =
          state
              .unitVersion(type, unit)
              .map(UnitVersion::getVersion)
              .orElse(VersionRef.getDefaultInstance());
      PlannedUnit planned = unit(state, policy, unit, from, members);
      plan.addUnits(planned);
      basis.append('\n').append(unit).append(' ').append(Texts.ref(from));
      for (Machine machine : members) {
        basis.append(' ').append(machine.getName()).append(canServe(state, machine) ? "" : " out");
        note(state, plan, machine);
      }
      long span = estimate(state, members, planned.getBatch());
      if (span > policy.getDeadlineMs()) {
        plan.addConflicts(
            "%s needs about %s, its deadline is %s"
                .formatted(unit, Texts.elapsed(span), Texts.span(policy.getDeadlineMs())));
      }
      estimate += span + policy.getSoakMs();
    }
    return plan.setEstimatedMs(estimate)
        .setDigest(
            StateDigest.hex(basis.toString().getBytes(StandardCharsets.UTF_8)).substring(0, 16))
        .build();
  }

  private static PlannedUnit unit(
      Entities state, RolloutPolicy policy, String unit, VersionRef from, List<Machine> members) {
    int eligible =
        (int) members.stream().filter(each -> RolloutSwitch.isEligible(state, each)).count();
    boolean install = from.getName().isEmpty();
    int allowed = Policies.limit(policy.getMaxUnavailable(), members.size());
    for (String domain : shared(members)) {
      allowed = Math.min(allowed, Budget.usage(state, domain).limit());
    }
    int batch = install ? eligible : Math.min(allowed, eligible);
    return PlannedUnit.newBuilder()
        .setName(unit)
        .setFrom(from)
        .setMachines(members.size())
        .setEligible(eligible)
        .setBatch(batch)
        // a machine that runs nothing yet serves nothing: installing takes no capacity away
        .setCapacityLeft(install ? 0 : eligible - batch)
        .build();
  }

  /** Domains that all of the machines are in. */
  private static List<String> shared(List<Machine> machines) {
    List<String> shared = new ArrayList<>(Domains.of(machines.get(0)));
    machines.forEach(each -> shared.retainAll(Domains.of(each)));
    return shared;
  }

  /** Whether the machine is, or by itself comes to be, one that the rollout switches. */
  private static boolean canServe(Entities state, Machine machine) {
    return machine.getLifecycle() == Lifecycle.IN_SERVICE
        && machine.getCondition() != Condition.FAILURE
        && !DomainHolds.isHeld(state, machine);
  }

  private static void note(Entities state, RolloutPlan.Builder plan, Machine machine) {
    String name = machine.getName();
    if (machine.hasHold()) {
      plan.addConflicts(name + " is held: " + machine.getHold().getReason());
    } else if (DomainHolds.veto(state, machine).isPresent()) {
      plan.addConflicts(name + ": " + DomainHolds.veto(state, machine).orElseThrow().getSentence());
    } else if (machine.getLifecycle() != Lifecycle.IN_SERVICE) {
      plan.addConflicts(name + " is " + machine.getLifecycle());
    } else if (machine.getCondition() == Condition.FAILURE) {
      plan.addConflicts(name + " is in FAILURE: " + RolloutSwitch.blocker(state, machine));
    } else if (machine.getCondition() == Condition.PROBATION) {
      plan.addConflicts(name + " is in PROBATION (" + Words.cause(machine.getCause()) + ")");
    } else if (machine.getDrainRequested()) {
      plan.addConflicts(name + " is to be drained");
    }
  }

  private static long estimate(Entities state, List<Machine> members, int batch) {
    RepairPolicy repair = Policies.repair(state, members.get(0));
    return Math.ceilDiv((long) members.size(), Math.max(1, batch)) * repair.getQuietMs();
  }
}
