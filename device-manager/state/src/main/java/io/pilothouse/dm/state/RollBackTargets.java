package io.pilothouse.dm.state;

import io.pilothouse.api.log.v1.Refusal;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.Rollout;
import io.pilothouse.api.v1.RolloutUnit;
import io.pilothouse.api.v1.VersionRef;
import java.util.ArrayList;
import java.util.List;

/**
 * Whether machines can go back. A roll-back that is ordered and cannot be carried out would leave
 * its machines waiting for bytes that are nowhere. One that begins by itself is not asked: those
 * machines fail on what they run, and whoever holds the old version serves again.
 */
final class RollBackTargets {
  private static final int MOST_NAMED = 3;

  private RollBackTargets() {}

  /** Each switched machine has the old version on its disk, or can get it from a replica. */
  static void require(Entities state, Rollout rollout) throws RefusedException {
    List<String> missing = new ArrayList<>();
    for (RolloutUnit unit : rollout.getUnitsList()) {
      VersionRef before = unit.getBefore();
      if (before.getName().isEmpty() || canBeFetched(state, before)) {
        continue;
      }
      List<String> lacking =
          Rollouts.members(state, rollout, unit).stream()
              .filter(each -> Things.wants(each, rollout) && !holds(each, before))
              .map(Machine::getName)
              .toList();
      if (!lacking.isEmpty()) {
        missing.add(
            "%s of %s (%s%s) lacks %s"
                .formatted(
                    lacking.size(),
                    unit.getName(),
                    String.join(", ", lacking.subList(0, Math.min(MOST_NAMED, lacking.size()))),
                    lacking.size() > MOST_NAMED ? " …" : "",
                    Texts.ref(before)));
      }
    }
    if (!missing.isEmpty()) {
      throw new RefusedException(
          Refusal.Code.PRECONDITION,
          "%s cannot roll back: no deployment replica that is up holds the contents, and %s"
              .formatted(rollout.getId(), String.join("; ", missing)),
          "add the version again from its directory (pilot manifest add DIR) and roll back then,"
              + " or start a rollout to a version that is held");
    }
  }

  private static boolean canBeFetched(Entities state, VersionRef ref) {
    return state.manifest(ref.getName(), ref.getVersion()).isPresent()
        && Manifests.isHeld(state, ref);
  }

  private static boolean holds(Machine machine, VersionRef ref) {
    return machine.getObserved().getStagedList().contains(ref);
  }
}
