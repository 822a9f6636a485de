package io.pilothouse.testing.simulation.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.pilothouse.testing.simulation.Violation;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;

/** A simulation that finds nothing proves nothing: it finds what was broken on purpose. */
class DefectTest {
  private static final int SEEDS = 2_000;

  @ParameterizedTest
  @EnumSource(
      mode = Mode.EXCLUDE,
      names = {"NONE", "CHANGES_MEMBERS_ALONE"})
  void isFound(Defect defect) {
    isFoundWithin(SEEDS, defect);
  }

  /** It shows only when a change of the members meets a split in the one wrong way. */
  @Test
  @Tag("large")
  void aChangeOfTheMembersByTheNewOnesAloneIsFound() {
    isFoundWithin(10 * SEEDS, Defect.CHANGES_MEMBERS_ALONE);
  }

  private static void isFoundWithin(int seeds, Defect defect) {
    for (long seed = 1; seed <= seeds; seed++) {
      Violation found = run(seed, defect);
      if (found != null) {
        System.out.printf("%s: seed %s, %s%n", defect, seed, found.invariant());
        assertThat(found)
            .hasMessageContaining("seed " + seed + " with " + defect)
            .hasMessageContaining("last steps:")
            .hasMessageNotContaining("not deterministic");
        assertThat(run(seed, defect)).as("again").hasMessage(found.getMessage());
        return;
      }
    }
    throw new AssertionError(defect + " was not found by " + seeds + " seeds");
  }

  private static @Nullable Violation run(long seed, Defect defect) {
    return catchThrowableOfType(Violation.class, () -> new ClusterSimulation(seed, defect).run());
  }
}
