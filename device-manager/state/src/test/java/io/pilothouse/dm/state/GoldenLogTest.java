package io.pilothouse.dm.state;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.log.v1.Command;
import io.pilothouse.api.log.v1.Entry;
import io.pilothouse.api.log.v1.Reply;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The log of each release leads to the state that it led to there, to the letter: replicas of both
 * builds decide the same, and write the same trail, at the same feature level.
 */
class GoldenLogTest {

  private static List<Path> releases() throws IOException {
    return GoldenLog.releases();
  }

  @ParameterizedTest
  @MethodSource("releases")
  void theRulesOfEachReleaseAreKept(Path release) throws IOException {
    GoldenLog golden = GoldenLog.read(release);
    assertThat(GoldenLog.of(golden.entries()).digests())
        .as(
            "A rule or a text of %s is another now: put the change behind a FeatureLevel. While that"
                + " release is not out yet its files can be made again: CONTRIBUTING.md",
            release.getFileName())
        .containsExactlyElementsOf(golden.digests());
  }

  @ParameterizedTest
  @MethodSource("releases")
  void itIsAboutNearlyEveryKindOfCommandAndBothEndsOfTheLevels(Path release) throws IOException {
    State state = new State();
    Apply apply = new Apply();
    Set<Command.KindCase> done = new TreeSet<>();
    Set<Integer> levels = new TreeSet<>();
    int refused = 0;
    List<Entry> log = GoldenLog.read(release).entries();
    for (int i = 0; i < log.size(); i++) {
      List<Reply> replies = apply.apply(state, log.get(i), i + 1L).replies();
      levels.add(FeatureLevel.of(state));
      for (int each = 0; each < replies.size(); each++) {
        if (replies.get(each).hasRefusal()) {
          refused++;
        } else {
          done.add(log.get(i).getRequests(each).getCommand().getKindCase());
        }
      }
    }
    assertThat(done).hasSizeGreaterThanOrEqualTo(28);
    assertThat(refused).isGreaterThan(20);
    assertThat(levels).contains(FeatureLevel.FIRST).hasSizeGreaterThan(1);
  }
}
