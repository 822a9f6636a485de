package io.pilothouse.tasks.check;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.mesos.v1.CheckInfo;
import io.pilothouse.mesos.v1.CheckStatusInfo;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What looks mean, one after the other. */
class HealthTest {
  private static final Duration GRACE = Duration.ofSeconds(10);
  private static final Duration EARLY = Duration.ofSeconds(10);
  private static final Duration LATE = Duration.ofMillis(10_001);

  private static Probe.Finding finding(String failure) {
    return new Probe.Finding(CheckStatusInfo.getDefaultInstance(), failure);
  }

  private static String looks(Health health, Duration age, String marks) {
    StringBuilder said = new StringBuilder();
    for (int i = 0; i < marks.length(); i++) {
      Health.Change change = health.look(finding(marks.charAt(i) == '+' ? "" : "ill"), age);
      String healthy = change.healthy().map(is -> is ? "well" : "ill").orElse("-");
      said.append(healthy).append(change.kill().isPresent() ? "!" : "").append(' ');
    }
    return said.toString().strip();
  }

  @Test
  void onlyChangesAreNewsAndSoManyFailuresInARowKill() {
    Health health = new Health(GRACE, 3, Optional.empty());

    assertThat(looks(health, LATE, "++--+-+----"))
        .isEqualTo("well - ill - well ill well ill - -! -!");
  }

  @Test
  void theGracePeriodEndsWithTheFirstThatIsWell() {
    assertThat(looks(new Health(GRACE, 1, Optional.empty()), EARLY, "---+-"))
        .isEqualTo("- - - well ill!");
    assertThat(looks(new Health(GRACE, 2, Optional.empty()), LATE, "--")).isEqualTo("ill -!");
    assertThat(looks(new Health(Duration.ZERO, 1, Optional.empty()), EARLY, "-")).isEqualTo("ill!");
  }

  @Test
  void noneInARowIsOne() {
    assertThat(looks(new Health(GRACE, 0, Optional.empty()), LATE, "-")).isEqualTo("ill!");
  }

  @Test
  void whatWasSaidBeforeTheAgentStartedIsNoNews() {
    assertThat(looks(new Health(GRACE, 2, Optional.of(true)), EARLY, "+-")).isEqualTo("- ill");
    assertThat(looks(new Health(GRACE, 2, Optional.of(false)), EARLY, "-+")).isEqualTo("- well");
  }

  @Test
  void timesThatAreNoneAreTheLeastAndOthersAYearAtMost() {
    CheckInfo.Builder check = CheckInfo.newBuilder().setType(CheckInfo.Type.TCP);

    assertThat(Pace.of(check.build()))
        .as("as Mesos has them")
        .isEqualTo(
            new Pace(Duration.ofSeconds(15), Duration.ofSeconds(10), Duration.ofSeconds(20)));
    check
        .setDelaySeconds(Double.NaN)
        .setIntervalSeconds(0)
        .setTimeoutSeconds(Double.POSITIVE_INFINITY);
    assertThat(Pace.of(check.build()))
        .isEqualTo(new Pace(Duration.ZERO, Duration.ofMillis(100), Duration.ofDays(365)));
    assertThat(Pace.of(check.setTimeoutSeconds(0).build()).timeout())
        .isEqualTo(Duration.ofDays(365));
  }
}
