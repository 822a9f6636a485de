package io.pilothouse.dm.state;

import io.pilothouse.api.log.v1.Refusal;
import io.pilothouse.api.log.v1.StartRollout;
import io.pilothouse.api.v1.MachineType;
import io.pilothouse.api.v1.Manifest;
import io.pilothouse.api.v1.Rollout;
import io.pilothouse.api.v1.RolloutPlan;
import io.pilothouse.api.v1.RolloutPolicy;
import io.pilothouse.api.v1.Thing;
import io.pilothouse.api.v1.VersionRef;
import io.pilothouse.manifests.pattern.Near;
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
          Manifests.notHeld(to),
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
    if (thing == Thing.THING_IMAGE) {
      requireWayBack(state, known.get(), units);
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

  /** A machine cannot be left without an image: there must be one to go back to. */
  private static void requireWayBack(Entities state, MachineType type, List<String> units)
      throws RefusedException {
    List<String> without =
        units.stream()
            .filter(
                each ->
                    UnitVersions.before(state, type.getName(), each, Thing.THING_IMAGE)
                        .getName()
                        .isEmpty())
            .toList();
    if (!without.isEmpty()) {
      throw new RefusedException(
          Refusal.Code.PRECONDITION,
          "%s could not go back: the version of the image %s that the fleet's files name is not"
                  .formatted(String.join(", ", without), type.getImage())
              + " registered",
          "add it: pilot manifest add DIR; or name one that is");
    }
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
    return plan(state, type, name, version, List.of());
  }

  /**
   * As {@link #plan(Entities, String, String, String)}.
   *
   * @param first patterns of the canary; none = the policy's
   */
  public static RolloutPlan plan(
      Entities state, String type, String name, String version, List<String> first)
      throws RefusedException {
    Manifest manifest = check(state, type, name, version);
    RolloutPolicy policy = Policies.rollout(state, type);
    boolean asked = !first.isEmpty();
    List<String> patterns = asked ? first : policy.getFirstList();
    List<String> canary = RolloutCanary.select(state, type, patterns, asked);
    return new PlanMaker(state, type, manifest, policy, canary).plan();
  }

  /** Refuses a start whose plan rested on a fleet that was materially different; says in what. */
  static void requireUnchanged(Entities state, StartRollout command) throws RefusedException {
    String before = command.getPlanDigest();
    if (before.isEmpty()) {
      return;
    }
    RolloutPlan plan =
        plan(
            state,
            command.getType(),
            command.getName(),
            command.getVersion(),
            command.getFirstList());
    if (!plan.getDigest().equals(before)) {
      List<String> differences = PlanBasis.differences(before, plan.getDigest());
      boolean machines = differences.contains(PlanBasis.Part.OUT.words());
      String now =
          machines && plan.getConflictsCount() > 0
              ? " (now: %s)".formatted(String.join("; ", plan.getConflictsList()))
              : "";
      throw new RefusedException(
          Refusal.Code.PRECONDITION,
          "the fleet has changed since the plan: %s%s; its digest was %s, now it is %s"
              .formatted(String.join(", ", differences), now, before, plan.getDigest()),
          "plan again and start with the new digest");
    }
  }
}
