package io.pilothouse.dm.state;

import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.Manifest;
import io.pilothouse.api.v1.RolloutOrBuilder;
import io.pilothouse.api.v1.RolloutUnit;
import io.pilothouse.api.v1.Thing;
import io.pilothouse.api.v1.UnitVersion;
import io.pilothouse.api.v1.VersionRef;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** What the machines of a type in a scale unit should have, of each thing. */
final class UnitVersions {

  private UnitVersions() {}

  /** The version that a rollout gave the unit; absent when none ever did. */
  static Optional<VersionRef> of(Entities state, String type, String unit, Thing thing) {
    return state.unitVersion(type, unit, thing).map(UnitVersion::getVersion);
  }

  static Optional<VersionRef> of(Entities state, Machine machine, Thing thing) {
    return of(state, machine.getType(), machine.getScaleUnit(), thing);
  }

  /**
   * What a rollout would go back to: the unit's version, or else what its machines were installed
   * with. Empty = nothing.
   */
  static VersionRef before(Entities state, String type, String unit, Thing thing) {
    return of(state, type, unit, thing)
        .or(() -> thing == Thing.THING_IMAGE ? ofFiles(state, type) : Optional.empty())
        .orElse(VersionRef.getDefaultInstance());
  }

  /** The image that the fleet's files name for the type, if that version is registered. */
  static Optional<VersionRef> ofFiles(Entities state, String type) {
    return Policies.type(state, type)
        .flatMap(each -> state.indexes().fleet.image(each.getImage()))
        .flatMap(each -> state.manifest(each.getName(), each.getVersion()))
        .map(Manifest::getRef);
  }

  /** The unit passed: whatever joins it, or comes back into it, gets the version. */
  static void set(Draft draft, RolloutOrBuilder rollout, String unit, VersionRef version) {
    draft.put(
        UnitVersion.newBuilder()
            .setType(rollout.getType())
            .setScaleUnit(unit)
            .setVersion(version)
            .setThing(rollout.getThing())
            .build());
  }

  /**
   * A unit that passed is to run what it ran before: so do machines that come back into it. One
   * that was given an image keeps the one before by name, since not all of its machines may be able
   * to go back while the rollout does.
   */
  static void restore(Draft draft, RolloutOrBuilder rollout, RolloutUnit unit) {
    boolean passed =
        of(draft, rollout.getType(), unit.getName(), rollout.getThing())
            .filter(each -> each.equals(rollout.getTo()))
            .isPresent();
    boolean begunImage =
        rollout.getThing() == Thing.THING_IMAGE
            && unit.getSwitchedCount() > 0
            && !unit.getBefore().getName().isEmpty();
    if (passed || begunImage) {
      set(draft, rollout, unit.getName(), unit.getBefore());
    }
    if (rollout.getThing() == Thing.THING_IMAGE && RolloutCanary.is(unit)) {
      restoreOfCanary(draft, rollout, unit);
    }
  }

  /** Its machines may be of units that the rollout had not come to. */
  private static void restoreOfCanary(Draft draft, RolloutOrBuilder rollout, RolloutUnit canary) {
    Set<String> units = new TreeSet<>();
    RolloutSwitch.switched(draft, canary).forEach(each -> units.add(each.getScaleUnit()));
    rollout.getUnitsList().stream()
        .filter(each -> units.contains(each.getName()) && !each.getBefore().getName().isEmpty())
        .filter(each -> !RolloutCanary.is(each))
        .forEach(each -> set(draft, rollout, each.getName(), each.getBefore()));
  }
}
