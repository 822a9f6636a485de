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
import io.pilothouse.api.v1.Thing;
import io.pilothouse.api.v1.VersionRef;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Says what a rollout would do, without doing it. */
public final class RolloutPlanner {

  private RolloutPlanner() {}

  /** Refuses what cannot be rolled out; returns the version as it is registered. */
  static Manifest check(Entities state, String type, String name, String version)
      throws RefusedException {
    Optional<MachineType> known = Policies.type(state, type);
    if (known.isEmpty()) {
      List<String> types = state.fleet().getTypesList().stream().map(MachineType::getName).toList();
      throw new RefusedException(
          Refusal.Code.NOT_FOUND,
          "no machine type \"" + type + "\"" + Near.hint(type, types),
          "types: " + String.join(", ", types));
    }
    Optional<Manifest> manifest = state.manifest(name, version);
    Thing thing = manifest.map(Things::of).orElseGet(() -> thingOf(known.get(), name));
    requireUsed(known.get(), thing, name);
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
    Signatures.requireForRollout(state, manifest.get());
    Optional<Rollout> other =
        state.indexes().rollouts.open(state).stream()
            .filter(each -> each.getType().equals(type) && each.getThing() == thing)
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
    boolean everywhere = units.stream().allMatch(each -> runs(state, type, each, thing, to));
    if (everywhere) {
      throw new RefusedException(
          Refusal.Code.PRECONDITION,
          "every unit of %s runs %s already".formatted(type, Texts.ref(to)),
          "nothing is to do");
    }
    return manifest.get();
  }

  /** What a name without the version is of, by the type that is to have it. */
  private static Thing thingOf(MachineType type, String name) {
    return Things.ALL.stream()
        .filter(each -> Things.named(type, each).equals(name))
        .findFirst()
        .orElse(Thing.THING_MANIFEST);
  }

  private static void requireUsed(MachineType type, Thing thing, String name)
      throws RefusedException {
    String used = Things.named(type, thing);
    if (used.equals(name)) {
      return;
    }
    String verb = thing == Thing.THING_MANIFEST ? "runs" : "has";
    throw new RefusedException(
        Refusal.Code.INVALID,
        used.isEmpty()
            ? "type %s %s no %s".formatted(type.getName(), verb, Things.word(thing))
                + ", and \"%s\" is one".formatted(name)
            : "type %s %s the %s \"%s\", not \"%s\""
                .formatted(type.getName(), verb, Things.word(thing), used, name),
        "name that %s, or change the type's `%s:` and apply"
            .formatted(Things.word(thing), Things.key(thing)));
  }

  /** Whether a unit is to run the version, and no machine that may be switched runs another. */
  private static boolean runs(
      Entities state, String type, String unit, Thing thing, VersionRef to) {
    return UnitVersions.of(state, type, unit, thing).filter(to::equals).isPresent()
        && Rollouts.members(state, type, unit).stream()
            .filter(each -> RolloutSwitch.isEligible(state, each))
            .allMatch(each -> Things.wanted(each, thing).equals(to));
  }

  /** Units in order, machines, capacity left, conflicts and a digest of what that rests on. */
  public static RolloutPlan plan(Entities state, String type, String name, String version)
      throws RefusedException {
    Manifest manifest = check(state, type, name, version);
    VersionRef to = manifest.getRef();
    Thing thing = Things.of(manifest);
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
      VersionRef from = UnitVersions.before(state, type, unit, thing);
      boolean install = thing == Thing.THING_MANIFEST && from.getName().isEmpty();
      PlannedUnit planned = unit(state, policy, unit, install, members).setFrom(from).build();
      plan.addUnits(planned);
      basis.append('\n').append(unit).append(' ').append(Texts.ref(from));
      for (Machine machine : members) {
        basis.append(' ').append(machine.getName()).append(canServe(state, machine) ? "" : " out");
        note(state, plan, machine, thing);
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

  private static PlannedUnit.Builder unit(
      Entities state, RolloutPolicy policy, String unit, boolean install, List<Machine> members) {
    int eligible =
        (int) members.stream().filter(each -> RolloutSwitch.isEligible(state, each)).count();
    int allowed = Policies.limit(policy.getMaxUnavailable(), members.size());
    for (String domain : shared(members)) {
      allowed = Math.min(allowed, Budget.usage(state, domain).limit());
    }
    int batch = install ? eligible : Math.min(allowed, eligible);
    return PlannedUnit.newBuilder()
        .setName(unit)
        .setMachines(members.size())
        .setEligible(eligible)
        .setBatch(batch)
        // a machine that runs nothing yet serves nothing: installing takes no capacity away
        .setCapacityLeft(install ? 0 : eligible - batch);
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

  private static void note(Entities state, RolloutPlan.Builder plan, Machine machine, Thing thing) {
    String name = machine.getName();
    if (machine.hasHold()) {
      plan.addConflicts(name + " is held: " + machine.getHold().getReason());
    } else if (DomainHolds.veto(state, machine).isPresent()) {
      plan.addConflicts(name + ": " + DomainHolds.veto(state, machine).orElseThrow().getSentence());
    } else if (machine.getLifecycle() != Lifecycle.IN_SERVICE) {
      plan.addConflicts(name + " is " + machine.getLifecycle());
    } else if (machine.getCondition() == Condition.FAILURE) {
      plan.addConflicts(name + " is in FAILURE: " + RolloutSwitch.blocker(state, machine, thing));
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
