package io.pilothouse.dm.raft;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

/** Timeouts of the whole fleet hang on this clock: no wall clock may make it leap. */
class LogClockTest {

  private static final Duration HOUR = Duration.ofHours(1);

  private Instant wall = Instant.parse("2026-03-01T08:00:00Z");
  private long nanos = 77;
  private final LogClock clock = new LogClock(() -> wall, () -> nanos);

  private void passes(Duration time) {
    wall = wall.plus(time);
    nanos += time.toNanos();
  }

  private long millisAfter(Duration time) {
    long before = clock.stamp();
    passes(time);
    return clock.stamp() - before;
  }

  @Test
  void aReplicaThatHasSeenNoStampTakesTheWallClocksWordOnce() {
    clock.loaded(wall.minus(Duration.ofDays(3)).toEpochMilli());

    assertThat(clock.now()).isEqualTo(wall);
    assertThat(clock.stamp()).isEqualTo(wall.toEpochMilli());
  }

  @Test
  void aLeadersClockThatJumpsAnHourForwardMovesLogTimeByATwentieth() {
    clock.stamp();
    wall = wall.plus(HOUR);

    assertThat(millisAfter(Duration.ZERO)).isZero();
    assertThat(millisAfter(Duration.ofSeconds(60))).isEqualTo(63_000);
    assertThat(clock.skew()).isBetween(HOUR.minusSeconds(4), HOUR);
  }

  @Test
  void aLeadersClockThatJumpsAnHourBackDoesNotStopLogTime() {
    clock.stamp();
    wall = wall.minus(HOUR);

    assertThat(millisAfter(Duration.ofSeconds(60))).isEqualTo(57_000);
    assertThat(clock.skew()).isNegative();
  }

  @Test
  void aJumpThatIsTakenBackLeavesNoTrace() {
    clock.stamp();
    wall = wall.plus(HOUR);
    passes(Duration.ofSeconds(10));
    clock.stamp();
    wall = wall.minus(HOUR);
    passes(Duration.ofSeconds(20));

    assertThat(clock.stamp()).isEqualTo(wall.toEpochMilli());
    assertThat(clock.skew()).isZero();
  }

  @Test
  void aNewLeaderWhoseClockIsWrongGoesOnFromTheLastLeadersStamp() {
    passes(Duration.ofMinutes(5));
    follows(Duration.ofSeconds(11));
    long last = wall.toEpochMilli();
    wall = wall.plus(HOUR);
    passes(Duration.ofSeconds(20));

    assertThat(clock.stamp()).isEqualTo(last + 21_000);
  }

  /** The whole cluster was away; the first one that is back waits half a minute for another. */
  @Test
  void entriesFromBeforeAnOutageDoNotKeepLogTimeBehindByIt() {
    long before = wall.minus(HOUR.multipliedBy(6)).toEpochMilli();
    clock.loaded(before);
    passes(Duration.ofSeconds(30));
    // as long after what was loaded as this one has waited
    clock.applied(before + 30_000);
    for (int i = 0; i < 60; i++) {
      clock.applied(before + 31_000 + i * 1_000L);
      passes(Duration.ofMillis(40));
    }

    assertThat(clock.now()).isEqualTo(wall);
    assertThat(clock.stamp()).isEqualTo(wall.toEpochMilli());
  }

  @Test
  void anEntryThatIsCaughtUpWithLateDoesNotKeepLogTimeBehind() {
    clock.loaded(wall.minus(HOUR.multipliedBy(3)).toEpochMilli());
    passes(Duration.ofMinutes(1));
    clock.applied(wall.minus(HOUR.multipliedBy(2)).toEpochMilli());
    passes(Duration.ofMinutes(1));
    clock.applied(wall.minus(HOUR).toEpochMilli());
    passes(Duration.ofMinutes(1));

    assertThat(clock.stamp()).isEqualTo(wall.toEpochMilli());
  }

  @Test
  void aLeaderAtWorkIsBelievedAfterAnOutageThatItSawTheEndOf() {
    clock.applied(wall.minus(HOUR).toEpochMilli());
    passes(Duration.ofSeconds(3));
    follows(Duration.ofSeconds(11));
    long last = wall.toEpochMilli();
    wall = wall.minus(HOUR);
    passes(Duration.ofSeconds(20));

    assertThat(clock.stamp()).isEqualTo(last + 19_000);
  }

  /** Stamps of a leader whose clocks are as this one's, applied sooner and later. */
  private void follows(Duration time) {
    Instant end = wall.plus(time);
    for (int i = 0; wall.isBefore(end); i++) {
      clock.applied(wall.minusMillis(i % 2 == 0 ? 5 : 900).toEpochMilli());
      passes(Duration.ofSeconds(1));
    }
    clock.applied(wall.toEpochMilli());
  }

  @Test
  void stampsThatAreAppliedByTheLeaderItselfDoNotTurnItBack() {
    long stamp = clock.stamp();
    passes(Duration.ofMillis(700));
    clock.applied(stamp);

    assertThat(clock.stamp()).isEqualTo(stamp + 700);
  }

  @Test
  void manySmallStepsLoseNoTime() {
    long before = clock.stamp();
    for (int i = 0; i < 10_000; i++) {
      passes(Duration.ofNanos(100_001));
      clock.stamp();
    }

    assertThat(clock.stamp() - before).isEqualTo(1_000);
  }
}
