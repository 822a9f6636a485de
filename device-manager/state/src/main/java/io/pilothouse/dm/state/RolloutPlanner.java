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
        state.rollouts().stream()
            .filter(Rollouts::isOpen)
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
    boolean everywhere =
        units.stream()
            .allMatch(
                each ->
                    state
                        .unitVersion(type, each)
                        .map(UnitVersion::getVersion)
                        .filter(to::equals)
                        .isPresent());
    if (everywhere) {
      throw new RefusedException(
          Refusal.Code.PRECONDITION,
          "every unit of %s runs %s already".formatted(type, Texts.ref(to)),
          "nothing is to do");
    }
    return to;
  }

  /** Units in order, machines, capacity left, conflicts and a digest of what that rests on. */
  public static RolloutPlan plan(Entities state, String type, String name, String version)
      throws RefusedException {
    VersionRef to = check(state, type, name, version);
    RolloutPolicy policy = Policies.rollout(state, type);
    RolloutPlan.Builder plan = RolloutPlan.newBuilder().setType(type).setTo(to);
    StringBuilder basis = new StringBuilder(type).append(' ').append(to.getDigest());
    long estimate = 0;
    for (String unit : Rollouts.units(state, type)) {
      List<Machine> members = Rollouts.members(state, type, unit);
      int eligible = (int) members.stream().filter(RolloutSwitch::isEligible).count();
      int batch = Policies.limit(policy.getMaxUnavailable(), members.size());
      VersionRef from =
          state
              .unitVersion(type, unit)
              .map(UnitVersion::getVersion)
              .orElse(VersionRef.getDefaultInstance());
      boolean install = from.getName().isEmpty();
      plan.addUnits(
          PlannedUnit.newBuilder()
              .setName(unit)
              .setFrom(from)
              .setMachines(members.size())
              .setEligible(eligible)
              .setBatch(install ? eligible : Math.min(batch, eligible))
              .setCapacityLeft(install ? eligible : Math.max(0, eligible - batch)));
      basis.append('\n').append(unit).append(' ').append(Texts.ref(from));
      for (Machine machine : members) {
        basis.append(' ').append(machine.getName());
        note(plan, machine);
      }
      estimate += estimate(state, members, install ? members.size() : batch, policy);
    }
    return plan.setEstimatedMs(estimate)
        .setDigest(
            StateDigest.hex(basis.toString().getBytes(StandardCharsets.UTF_8)).substring(0, 16))
        .build();
  }

  private static void note(RolloutPlan.Builder plan, Machine machine) {
    boolean inService = machine.getLifecycle() == Lifecycle.IN_SERVICE;
    if (machine.hasHold()) {
      plan.addConflicts(machine.getName() + " is held: " + machine.getHold().getReason());
    } else if (!inService) {
      plan.addConflicts(machine.getName() + " is " + machine.getLifecycle());
    } else if (machine.getCondition() != Condition.HEALTHY) {
      plan.addConflicts(
          machine.getName()
              + " is in "
              + machine.getCondition()
              + ": "
              + RolloutSwitch.blocker(machine));
    }
  }

  private static long estimate(
      Entities state, List<Machine> members, int batch, RolloutPolicy policy) {
    RepairPolicy repair = Policies.repair(state, members.get(0));
    long batches = Math.ceilDiv((long) members.size(), Math.max(1, batch));
    return batches * repair.getQuietMs() + policy.getSoakMs();
  }
}
