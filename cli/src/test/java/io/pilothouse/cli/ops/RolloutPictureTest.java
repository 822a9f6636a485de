package io.pilothouse.cli.ops;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.v1.Rollout;
import io.pilothouse.api.v1.RolloutUnit;
import io.pilothouse.api.v1.VersionRef;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What {@code rollout watch} draws. */
class RolloutPictureTest {
  private static final Rollout ROLLOUT =
      Rollout.newBuilder()
          .setId("O-3")
          .setType("frontend")
          .setTo(VersionRef.newBuilder().setName("web").setVersion("1.1.0"))
          .setState(Rollout.State.ACTIVATING)
          .addUnits(unit("canary", RolloutUnit.State.PASSED, 2, 2, 0))
          .addUnits(unit("su-1", RolloutUnit.State.UNIT_ACTIVATING, 1000, 500, 1))
          .addUnits(unit("su-2", RolloutUnit.State.PENDING, 4, 0, 0))
          .setWaitingFor("su-1: web-07 (waits its turn, 1 of su-1 at once)")
          .build();

  private static RolloutUnit unit(
      String name, RolloutUnit.State state, int machines, int healthy, int failed) {
    RolloutUnit.Builder unit =
        RolloutUnit.newBuilder()
            .setName(name)
            .setState(state)
            .setMachines(machines)
            .setHealthy(healthy);
    for (int i = 0; i < failed; i++) {
      unit.addFailed("web-" + i);
    }
    return unit.build();
  }

  @Test
  void aBarAUnitShowsWhatIsHealthyFailedAndToCome() {
    List<String> lines = new RolloutPicture(56, false).lines(ROLLOUT);
    assertThat(lines)
        .containsExactly(
            "O-3  frontend → web@1.1.0  ACTIVATING",
            "  canary  ██████████  2 of 2 healthy  PASSED",
            "  su-1    █████x░░░░  500 of 1000 healthy, 1 failed  ACTIVATING",
            "  su-2    ░░░░░░░░░░  0 of 4 healthy  PENDING",
            "waiting for su-1: web-07 (waits its turn, 1 of su-1 at once)");
  }

  @Test
  void coloursAddNothingThatCharactersDoNotSay() {
    String painted = new RolloutPicture(56, true).text(ROLLOUT);
    assertThat(painted).contains("\033[31mx\033[0m");
    assertThat(painted.replaceAll("\033\\[[0-9;]*m", ""))
        .isEqualTo(new RolloutPicture(56, false).text(ROLLOUT));
  }

  @Test
  void bothClocksAreShown() {
    Rollout waits = ROLLOUT.toBuilder().setDeadline(1_000).setWaitUntil(2_000).build();
    assertThat(new RolloutPicture(80, false).lines(waits))
        .anyMatch(each -> each.startsWith("its policy lets it go on at 1970-01-01T00:00:02Z"))
        .anyMatch(each -> each.startsWith("the unit's deadline: at 1970-01-01T00:00:01Z"));
  }
}
