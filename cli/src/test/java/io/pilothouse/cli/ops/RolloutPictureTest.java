package io.pilothouse.cli.ops;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.v1.Rollout;
import io.pilothouse.api.v1.RolloutUnit;
import io.pilothouse.api.v1.VersionRef;
import io.pilothouse.cli.Terminal;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
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

  private final PrintStream before = System.out;

  @BeforeEach
  void blocks() {
    System.setOut(new PrintStream(before, true, StandardCharsets.UTF_8));
  }

  @AfterEach
  void asBefore() {
    System.setOut(before);
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
  void aTerminalWithoutBlocksHasOtherCharacters() {
    System.setOut(new PrintStream(OutputStream.nullOutputStream(), true, US_ASCII));
    assertThat(new RolloutPicture(56, false).lines(ROLLOUT))
        .startsWith(
            "O-3  frontend -> web@1.1.0  ACTIVATING",
            "  canary  ##########  2 of 2 healthy  PASSED",
            "  su-1    #####x....  500 of 1000 healthy, 1 failed  ACTIVATING");
  }

  @Test
  void bothClocksAreShown() {
    Rollout waits = ROLLOUT.toBuilder().setDeadline(1_000).setWaitUntil(2_000).build();
    assertThat(new RolloutPicture(80, false).lines(waits))
        .anyMatch(each -> each.startsWith("its policy lets it go on at 1970-01-01T00:00:02Z"))
        .anyMatch(each -> each.startsWith("the unit's deadline: at 1970-01-01T00:00:01Z"));
  }

  @Test
  void onASmallTerminalUnitsFarFromTheCurrentOneAreCounted() {
    Rollout.Builder many = ROLLOUT.toBuilder().clearUnits().setCurrent(12);
    for (int i = 0; i < 40; i++) {
      RolloutUnit.State state =
          i < 12
              ? RolloutUnit.State.PASSED
              : i == 12 ? RolloutUnit.State.UNIT_ACTIVATING : RolloutUnit.State.PENDING;
      many.addUnits(unit("su-%02d".formatted(i), state, 4, 0, 0));
    }
    List<String> lines = new RolloutPicture(60, false).lines(many.build(), List.of("more"), 10);
    assertThat(lines)
        .hasSizeLessThanOrEqualTo(10)
        .contains("  10 units before: 10 PASSED", "  25 units after: 25 PENDING", "more")
        .anyMatch(each -> each.startsWith("  su-12  ") && each.endsWith("ACTIVATING"));
    assertThat(new RolloutPicture(60, false).lines(many.build()))
        .as("elsewhere all of them are shown")
        .hasSize(42);
  }

  @Test
  void whatIsLongerThanTheTerminalIsWideGoesOnInTheNextRow() {
    assertThat(LiveLines.rows(List.of("waiting for web-01, web-02 and web-03", "short"), 20))
        .containsExactly("waiting for web-01,", "    web-02 and", "    web-03", "short");
    assertThat(LiveLines.rows(List.of("x".repeat(25)), 10))
        .containsExactly("x".repeat(10), "    " + "x".repeat(6), "    " + "x".repeat(6), "    xxx");
  }

  @Test
  void aFrameIsOneWriteOverTheOneBeforeAndNothingIsLeftOver() {
    Screen screen = new Screen();
    LiveLines live = new LiveLines(screen.out);
    live.draw(List.of("one", "two is longer", "three"), new Terminal.Size(20, 10));
    live.draw(List.of("1", "two"), new Terminal.Size(20, 10));
    live.draw(List.of("1", "two"), new Terminal.Size(20, 10));

    assertThat(screen.writes)
        .as("the same again is not drawn")
        .containsExactly(
            "\033[?25l\rone\033[K\ntwo is longer\033[K\nthree\033[K\n\033[J\033[?25h",
            "\033[?25l\033[3A\r1\033[K\ntwo\033[K\n\033[J\033[?25h");

    live.draw(List.of("narrow"), new Terminal.Size(2, 10));
    assertThat(screen.writes.get(2)).as("it broke \"two\" in two").startsWith("\033[?25l\033[3A\r");
  }

  @Test
  void aFrameIsNeverHigherThanTheTerminal() {
    Screen screen = new Screen();
    new LiveLines(screen.out).draw(List.of("a", "b", "c", "d"), new Terminal.Size(20, 3));
    assertThat(screen.writes.get(0)).contains("\ra\033[K\n…\033[K\n\033[J");
  }

  /** What is written, by write. */
  private static final class Screen {
    final List<String> writes = new ArrayList<>();
    final PrintStream out =
        new PrintStream(
            new OutputStream() {
              @Override
              public void write(int b) {
                throw new IllegalStateException("byte by byte");
              }

              @Override
              public void write(byte[] bytes, int from, int length) {
                writes.add(new String(bytes, from, length, StandardCharsets.UTF_8));
              }
            },
            false,
            StandardCharsets.UTF_8);
  }
}
