package io.pilothouse.filesync;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.PriorityQueue;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** In virtual time: one thread plays all transfers. */
final class ThrottleTest {
  private static final long MIB = 1 << 20;
  private static final double SECOND = 1e9;

  private long now = 17;
  private Duration asked = Duration.ZERO;

  private Throttle throttle(long bytesPerSecond) {
    return Throttle.of(bytesPerSecond, () -> now, duration -> asked = duration);
  }

  /** When a piece that is asked for now may go. */
  private long take(Throttle throttle, int bytes) throws InterruptedException {
    asked = Duration.ZERO;
    throttle.take(bytes);
    return now + asked.toNanos();
  }

  @Test
  void holdsOverALongTransfer() throws Exception {
    Throttle throttle = throttle(50 * MIB);
    SplittableRandom random = new SplittableRandom(1);
    long start = now;
    long sent = 0;
    while (sent < 3600 * 50 * MIB) {
      int piece = random.nextInt(1, 1 << 20);
      now = take(throttle, piece);
      sent += piece;
      if (random.nextInt(1000) == 0) {
        now += 30_000_000; // the disk was slow
      }
    }
    double seconds = (now - start) / SECOND;
    assertThat(sent / seconds).isBetween(0.99 * 50 * MIB, 50.0 * MIB * (1 + 0.1 / seconds));
  }

  @Test
  void anotherLimitHoldsFromThenOn() throws Exception {
    Throttle throttle = throttle(MIB);
    now = take(throttle, (int) MIB);
    throttle.change(4 * MIB);
    long start = now;
    for (int i = 0; i < 16; i++) {
      now = take(throttle, 1 << 18);
    }
    assertThat((now - start) / SECOND).isBetween(0.9, 1.1);
    throttle.change(0);
    assertThat(take(throttle, 1 << 30)).as("no limit").isEqualTo(now);
    assertThatThrownBy(() -> throttle.change(-1))
        .hasMessage("bytes per second: -1 (expected: 0 or more)");
  }

  @Test
  void idleTimeIsNotSavedUp() throws Exception {
    Throttle throttle = throttle(MIB);
    now += 3_600_000_000_000L;
    long start = now;
    for (int i = 0; i < 64; i++) {
      now = take(throttle, 1 << 16);
    }
    assertThat((now - start) / SECOND).isBetween(3.89, 4.0);
  }

  @Test
  void isSharedFairly() throws Exception {
    Throttle throttle = throttle(10 * MIB);
    record Transfer(long readyAt, int id) {}
    PriorityQueue<Transfer> transfers =
        new PriorityQueue<>((a, b) -> Long.compare(a.readyAt(), b.readyAt()));
    long[] sent = new long[4];
    for (int id = 0; id < sent.length; id++) {
      transfers.add(new Transfer(now, id));
    }
    long start = now;
    while (now - start < 60 * SECOND) {
      Transfer next = transfers.remove();
      now = next.readyAt();
      sent[next.id()] += 1 << 16;
      transfers.add(new Transfer(take(throttle, 1 << 16), next.id()));
    }
    for (long each : sent) {
      assertThat(each / 60.0).isBetween(2.4 * MIB, 2.6 * MIB);
    }
  }

  @Test
  void smallPiecesCannotSlipThrough() throws Exception {
    Throttle throttle = throttle(3);
    long start = now;
    for (int i = 0; i < 30; i++) {
      now = take(throttle, 1);
    }
    assertThat((now - start) / SECOND).isBetween(9.8, 10.1);
  }

  @Test
  void urgentGoesBeforeBulkThatWaits() throws Exception {
    Throttle throttle = throttle(MIB);
    take(throttle, 1 << 20);
    long bulk = take(throttle, 1 << 20);
    asked = Duration.ZERO;
    throttle.take(TransferClass.URGENT, 1 << 20);
    long urgent = now + asked.toNanos();
    assertThat((bulk - now) / SECOND).isBetween(1.99, 2.01);
    assertThat((urgent - now) / SECOND).isBetween(0.99, 1.01);
    assertThat((take(throttle, 1 << 20) - now) / SECOND).isBetween(3.99, 4.01);
  }

  @Test
  void bulkThatWaitsIsPutOffByUrgent() throws Exception {
    long start = now;
    Throttle[] shared = new Throttle[1];
    boolean[] came = new boolean[1];
    shared[0] =
        Throttle.of(
            MIB,
            () -> now,
            duration -> {
              now += duration.toNanos();
              if (!came[0]) {
                came[0] = true;
                shared[0].take(TransferClass.URGENT, 1 << 20);
              }
            });
    shared[0].take(1 << 20);
    assertThat((now - start) / SECOND)
        .as("its own second and that of the urgent one")
        .isBetween(1.99, 2.01);
  }

  @Test
  void noLimitNeverWaits() throws Exception {
    for (int i = 0; i < 1000; i++) {
      Throttle.unlimited().take(Integer.MAX_VALUE);
    }
  }

  @Test
  void aLimitMustBePositive() {
    assertThatThrownBy(() -> Throttle.of(0)).hasMessageContaining("0 (expected: more than 0)");
  }
}
