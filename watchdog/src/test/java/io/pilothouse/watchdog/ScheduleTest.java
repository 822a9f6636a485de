package io.pilothouse.watchdog;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class ScheduleTest {
  private static final Map<String, Duration> ONE = Map.of("disk", Duration.ofSeconds(10));

  private final AtomicLong now = new AtomicLong();
  private final Schedule<String> schedule = new Schedule<>(now::get, new SplittableRandom(1));

  @Test
  void aNewJobIsDueAtOnceAndThenAtItsIntervalLessATenthAtMost() {
    assertThat(schedule.take(ONE)).containsExactly("disk");
    schedule.done("disk");
    pass(Duration.ofMillis(8_999));
    assertThat(schedule.take(ONE)).isEmpty();
    pass(Duration.ofMillis(1_001));
    assertThat(schedule.take(ONE)).containsExactly("disk");
  }

  @Test
  void oneRunAtATimeAndTheNextAsSoonAsALateOneEnds() {
    schedule.take(ONE);
    pass(Duration.ofSeconds(60));
    assertThat(schedule.take(ONE)).isEmpty();
    schedule.done("disk");
    assertThat(schedule.take(ONE)).containsExactly("disk");
  }

  @Test
  void oneThatWasRemovedAndCameBackIsNotRunTwiceAtOnce() {
    schedule.take(ONE);
    schedule.take(Map.of());
    assertThat(schedule.take(ONE)).isEmpty();
    schedule.done("disk");
    assertThat(schedule.take(ONE)).containsExactly("disk");
  }

  @Test
  void aChangedOneIsDueNow() {
    schedule.take(ONE);
    schedule.done("disk");
    schedule.reset("disk");
    assertThat(schedule.take(ONE)).containsExactly("disk");
  }

  @Test
  void theMonotonicClockMayRollOver() {
    now.set(Long.MAX_VALUE - Duration.ofSeconds(5).toNanos());
    assertThat(schedule.take(ONE)).containsExactly("disk");
    schedule.done("disk");
    pass(Duration.ofSeconds(8));
    assertThat(schedule.take(ONE)).isEmpty();
    pass(Duration.ofSeconds(2));
    assertThat(schedule.take(ONE)).containsExactly("disk");
  }

  private void pass(Duration time) {
    now.addAndGet(time.toNanos());
  }
}
