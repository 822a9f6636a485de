package io.pilothouse.dm.state;

import java.util.Optional;

/**
 * The feature levels that a build of the Device Manager applies.
 *
 * @param min the oldest rules that it still has
 * @param max the newest that it knows, and what it begins new clusters with
 */
public record Levels(int min, int max) {

  /** Of this build. */
  public static final Levels BUILD = new Levels(FeatureLevel.FIRST, FeatureLevel.NEWEST);

  /** Refuses an empty range. */
  public Levels {
    if (min < FeatureLevel.FIRST || max < min) {
      throw new IllegalArgumentException("feature levels %s to %s".formatted(min, max));
    }
  }

  /** Why a state at this level is not for this build, and what is; empty when it is. */
  public Optional<String> objection(int level) {
    if (level > max) {
      return Optional.of(
          ("feature level %s is in force, and this build applies %s: start a build that knows"
                  + " level %s; there is no way back to this one")
              .formatted(level, this, level));
    }
    return level < min
        ? Optional.of(
            ("feature level %s is in force, and this build applies %s: start the release before"
                    + " it, run `pilot dm finalise`, then upgrade")
                .formatted(level, this))
        : Optional.empty();
  }

  @Override
  public String toString() {
    return min == max ? "level %s alone".formatted(max) : "levels %s to %s".formatted(min, max);
  }
}
