package io.pilothouse.dm.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.log.v1.VerdictReport;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class FlapDamperTest {
  private final FlapDamper damper = new FlapDamper();
  private long sequence;
  private long now = 1;

  private FlapDamper.Held word() {
    return new FlapDamper.Held(
        "machine/web-01",
        "",
        VerdictReport.newBuilder()
            .setMachine("web-01")
            .setWatchdog("processes")
            .setSequence(++sequence)
            .build());
  }

  private void spend() {
    for (int i = 0; i < FlapDamper.MOST; i++) {
      assertThat(damper.mayPropose(word(), false, now)).isTrue();
    }
  }

  @Test
  void aWordThatTheStateWaitsForIsNeverHeldBack() {
    spend();
    assertThat(damper.mayPropose(word(), false, now)).isFalse();
    assertThat(damper.mayPropose(word(), true, now)).isTrue();
    pass(Duration.ofSeconds(11));
    assertThat(damper.due(now)).as("an older word is not proposed after it").isEmpty();
  }

  @Test
  void whatIsHeldBackWaitsTenSecondsAtMost() {
    spend();
    damper.mayPropose(word(), false, now);
    FlapDamper.Held newest = word();
    damper.mayPropose(newest, false, now);
    pass(Duration.ofSeconds(9));
    assertThat(damper.due(now)).isEmpty();
    pass(Duration.ofSeconds(2));
    assertThat(damper.due(now)).containsExactly(newest);
  }

  @Test
  void aWordThatComesWhileAnOlderOneIsOnItsWayToTheLogFollowsIt() {
    spend();
    FlapDamper.Held first = word();
    damper.mayPropose(first, false, now);
    pass(Duration.ofSeconds(11));
    assertThat(damper.due(now)).containsExactly(first);
    FlapDamper.Held awaited = word();
    assertThat(damper.mayPropose(awaited, true, now)).isFalse();
    damper.proposed(first, true);
    pass(Duration.ofSeconds(11));
    assertThat(damper.due(now)).containsExactly(awaited);
  }

  @Test
  void whatCouldNotBeProposedIsTriedAgainAtOnce() {
    spend();
    FlapDamper.Held word = word();
    damper.mayPropose(word, false, now);
    pass(Duration.ofSeconds(11));
    assertThat(damper.due(now)).containsExactly(word);
    damper.proposed(word, false);
    assertThat(damper.due(now)).containsExactly(word);
  }

  @Test
  void inTheLongRunSixChangesAMinuteAreLogged() {
    int logged = 0;
    for (int second = 0; second < 600; second++) {
      pass(Duration.ofSeconds(1));
      logged += damper.mayPropose(word(), false, now) ? 1 : 0;
      for (FlapDamper.Held due : damper.due(now)) {
        damper.proposed(due, true);
        logged++;
      }
    }
    assertThat(logged).isBetween(60, 60 + FlapDamper.MOST);
  }

  private void pass(Duration time) {
    now += time.toNanos();
  }
}
