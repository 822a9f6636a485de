package io.pilothouse.mesos.stream;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class PausesTest {
  @Test
  void pausesGrowToTheLongestAndBeginAnewAfterAStreamThatLived() {
    Duration first = Duration.ofMillis(100);
    Duration longest = Duration.ofMillis(350);
    Pauses pauses = new Pauses(first, longest);
    for (long full : new long[] {100, 200, 350, 350}) {
      assertThat(pauses.next()).isBetween(Duration.ofMillis(full / 2), Duration.ofMillis(full));
    }
    pauses.lived(Duration.ofMillis(349));
    assertThat(pauses.next()).isGreaterThanOrEqualTo(Duration.ofMillis(175));
    pauses.lived(longest);
    assertThat(pauses.next()).isLessThanOrEqualTo(first);
  }
}
