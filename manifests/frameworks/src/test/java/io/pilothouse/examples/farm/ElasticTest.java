package io.pilothouse.examples.farm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class ElasticTest {
  private final Elastic elastic = new Elastic(new Elastic.Rule(1, 8, 4, Duration.ofSeconds(10)));
  private Instant now = Instant.EPOCH;

  /** A second later there are so many. */
  private int sessions(int count) {
    now = now.plusSeconds(1);
    return elastic.wanted(count, now);
  }

  @Test
  void moreUsersGetMoreServersAtOnce() {
    assertThat(sessions(0)).isEqualTo(1);
    assertThat(sessions(4)).isEqualTo(1);
    assertThat(sessions(5)).isEqualTo(2);
    assertThat(sessions(20)).isEqualTo(5);
    assertThat(sessions(400)).isEqualTo(8);
  }

  @Test
  void serversAreGivenBackOnlyWhenFewerHaveDoneForAWhile() {
    assertThat(sessions(20)).isEqualTo(5);
    for (int second = 0; second < 10; second++) {
      assertThat(sessions(6)).isEqualTo(5);
    }
    assertThat(sessions(6)).isEqualTo(2);
  }

  @Test
  void aLoadThatComesAndGoesChangesNothing() {
    assertThat(sessions(20)).isEqualTo(5);
    for (int second = 0; second < 60; second++) {
      assertThat(sessions(second % 8 == 0 ? 18 : 3)).isEqualTo(5);
    }
  }

  @Test
  void asManyStayAsTheBusiestMomentOfTheWhileNeeded() {
    assertThat(sessions(20)).isEqualTo(5);
    for (int second = 0; second < 10; second++) {
      assertThat(sessions(second == 4 ? 9 : 0)).isEqualTo(5);
    }
    assertThat(sessions(0)).isEqualTo(3);
  }

  @Test
  void whatWouldFillTheRestIsNoReasonToGiveOneBack() {
    assertThat(sessions(16)).isEqualTo(4);
    for (int second = 0; second < 60; second++) {
      assertThat(sessions(12)).as("12 of 3 servers' 12").isEqualTo(4);
    }
  }

  @Test
  void aRuleThatMeansNothingIsRefused() {
    assertThatThrownBy(() -> new Elastic.Rule(3, 2, 4, Duration.ZERO))
        .hasMessageContaining("at least 3 and at most 2 servers");
    assertThatThrownBy(() -> new Elastic.Rule(1, 2, 0, Duration.ZERO))
        .hasMessageContaining("0.0 sessions for each server");
  }
}
