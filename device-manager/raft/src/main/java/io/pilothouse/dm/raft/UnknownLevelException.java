package io.pilothouse.dm.raft;

import io.pilothouse.dm.state.FeatureLevel;
import io.pilothouse.dm.state.Levels;
import io.pilothouse.dm.state.State;
import java.io.IOException;
import java.util.Optional;

/** Rules are in force that this build does not have; the message says which does. */
final class UnknownLevelException extends IOException {

  private UnknownLevelException(String message) {
    super(message);
  }

  /**
   * Refuses a state at a level that the build does not apply.
   *
   * @param place whose level it is, as the beginning of a sentence
   */
  static void require(Levels levels, int level, String place) throws UnknownLevelException {
    Optional<String> objection = levels.objection(level);
    if (objection.isPresent()) {
      throw new UnknownLevelException("%s: %s".formatted(place, objection.get()));
    }
  }

  /** As above, of a state in memory. */
  static void require(Levels levels, State state, String place) throws UnknownLevelException {
    require(levels, FeatureLevel.of(state), place);
  }

  /** Whether it is why something else failed. */
  static Optional<UnknownLevelException> in(Throwable failure) {
    for (Throwable each = failure; each != null; each = each.getCause()) {
      if (each instanceof UnknownLevelException found) {
        return Optional.of(found);
      }
    }
    return Optional.empty();
  }
}
