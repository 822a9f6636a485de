package io.pilothouse.cli.ops;

import io.pilothouse.api.v1.Repair;
import io.pilothouse.api.v1.StatusReply;
import java.util.List;
import java.util.Optional;

/**
 * What ends of a hold or a freeze let go: the repairs that wait for it.
 *
 * @param repairs some may wait for more than this
 */
record ReleasedRepairs(List<Repair> repairs) {

  /**
   * Those that a veto holds.
   *
   * @param kind of the veto: hold, freeze
   */
  static ReleasedRepairs of(StatusReply status, String kind, String domain) {
    return new ReleasedRepairs(
        status.getOpenRepairsList().stream()
            .filter(
                repair ->
                    repair.getVetoesList().stream()
                        .anyMatch(
                            veto -> veto.getKind().equals(kind) && veto.getDomain().equals(domain)))
            .toList());
  }

  /** In words, when there are any. */
  Optional<String> blastRadius(String what) {
    return switch (repairs.size()) {
      case 0 -> Optional.empty();
      case 1 -> Optional.of("1 repair waits for %s to end, and begins.".formatted(what));
      default ->
          Optional.of(
              "%d repairs wait for %s to end, and begin one by one, at the budget's pace."
                  .formatted(repairs.size(), what));
    };
  }
}
