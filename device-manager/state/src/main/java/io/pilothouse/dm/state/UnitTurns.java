package io.pilothouse.dm.state;

import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.Rollout;
import io.pilothouse.api.v1.RolloutOrBuilder;
import io.pilothouse.api.v1.RolloutUnit;
import java.util.Optional;

/**
 * Whose turn it is in a scale unit when two things of a type roll out at the same time: one rollout
 * at a time moves its machines, so that what fails there has one cause. Who was there first ends
 * first; of two that come together the older goes first.
 */
final class UnitTurns {

  private UnitTurns() {}

  /** The other open rollout that has begun the unit and is not done with it. */
  static Optional<Rollout> other(Entities state, RolloutOrBuilder rollout, RolloutUnit unit) {
    return state.indexes().rollouts.open(state).stream()
        .filter(each -> each.getType().equals(rollout.getType()))
        .filter(each -> !each.getId().equals(rollout.getId()))
        .filter(each -> has(state, each, unit))
        .findFirst();
  }

  /** The other open rollout that answers for the machine. */
  static Optional<Rollout> other(Entities state, RolloutOrBuilder rollout, Machine machine) {
    return machine.getRolloutId().equals(rollout.getId())
        ? Optional.empty()
        : state.rollout(machine.getRolloutId()).filter(Rollouts::isOpen);
  }

  /** {@code rollout O-3 of the image base@2.0.0}. */
  static String words(Rollout rollout) {
    return "rollout %s of the %s %s"
        .formatted(rollout.getId(), Things.word(rollout.getThing()), Texts.ref(rollout.getTo()));
  }

  private static boolean has(Entities state, Rollout rollout, RolloutUnit wanted) {
    for (int i = 0; i < rollout.getUnitsCount(); i++) {
      RolloutUnit unit = rollout.getUnits(i);
      boolean holds =
          rollout.getState() == Rollout.State.ROLLING_BACK
              ? unit.getSwitchedCount() > 0 || unit.getState() == RolloutUnit.State.PASSED
              : i == rollout.getCurrent() && isBegun(unit);
      if (holds && (overlap(state, unit, wanted) || overlap(state, wanted, unit))) {
        return true;
      }
    }
    return false;
  }

  /** One of a canary has machines of other units. */
  private static boolean overlap(Entities state, RolloutUnit a, RolloutUnit b) {
    return a.getName().equals(b.getName())
        || a.getMembersList().stream()
            .anyMatch(
                each ->
                    b.getMembersList().contains(each)
                        || state
                            .machine(each)
                            .filter(machine -> machine.getScaleUnit().equals(b.getName()))
                            .isPresent());
  }

  private static boolean isBegun(RolloutUnit unit) {
    return switch (unit.getState()) {
      // one that passed and is current still soaks
      case UNIT_ACTIVATING, UNIT_VERIFYING, UNIT_SOAKING, UNIT_FAILED, PASSED -> true;
      case PENDING, SKIPPED, UNIT_ROLLED_BACK, STATE_UNSPECIFIED, UNRECOGNIZED -> false;
    };
  }
}
