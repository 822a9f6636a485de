package io.pilothouse.scheduler.loop;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class SteadyClockTest {
  private static final long START = 1_700_000_000_000L;

  private long wall = START;
  private long monotonic = 77;
  private final SteadyClock clock = new SteadyClock(() -> wall, () -> monotonic);

  private long after(long millis) {
    wall += millis;
    monotonic += TimeUnit.MILLISECONDS.toNanos(millis);
    return clock.getAsLong();
  }

  @Test
  void itPassesAsTheMachinesClockDoes() {
    assertThat(after(0)).isEqualTo(START);
    assertThat(after(50)).isEqualTo(START + 50);
    assertThat(after(3_600_000)).isEqualTo(START + 3_600_050);
  }

  @Test
  void aStepForwardDoesNotMoveItAndIsCaughtUpWith() {
    wall += 100_000;
    assertThat(after(0)).isEqualTo(START);
    assertThat(after(50)).isEqualTo(START + 55);
    assertThat(after(10_000_000)).as("at last they agree").isEqualTo(wall);
  }

  @Test
  void aStepBackDoesNotStopItAndIsWaitedFor() {
    wall -= 100_000;
    assertThat(after(0)).isEqualTo(START);
    assertThat(after(100)).isEqualTo(START + 90);
    assertThat(after(10_000_000)).as("at last they agree").isEqualTo(wall);
  }
}
