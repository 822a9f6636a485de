package io.pilothouse.tasks.check;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.mesos.v1.CheckStatusInfo;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Looks wait for each other, and none for ever. */
@Timeout(60)
class TurnsTest {
  private static final Probe.Finding WELL =
      new Probe.Finding(CheckStatusInfo.getDefaultInstance(), "");

  private static Thread looks(Probe probe) {
    return Thread.ofVirtual()
        .start(
            () -> {
              try {
                probe.look(Duration.ofMillis(1));
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            });
  }

  private static void awaitWaiting(Thread thread) {
    while (thread.getState() != Thread.State.WAITING) {
      Thread.onSpinWait();
    }
  }

  @Test
  void noMoreLookAtOnceThanMayAndAllDoInTheEnd() throws Exception {
    CountDownLatch end = new CountDownLatch(1);
    AtomicInteger looking = new AtomicInteger();
    Turns turns = new Turns(2, Duration.ofHours(1));
    List<Thread> all = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      all.add(
          looks(
              turns.of(
                  timeout -> {
                    looking.incrementAndGet();
                    end.await();
                    return WELL;
                  })));
    }
    all.forEach(TurnsTest::awaitWaiting);

    assertThat(looking).hasValue(2);
    end.countDown();
    for (Thread each : all) {
      each.join();
    }
    assertThat(looking).hasValue(5);
  }

  @Test
  void oneThatHangsHoldsUpNobodyForLong() throws Exception {
    CountDownLatch end = new CountDownLatch(1);
    Turns turns = new Turns(1, Duration.ofMillis(1));
    Thread hangs =
        looks(
            turns.of(
                timeout -> {
                  end.await();
                  return WELL;
                }));
    awaitWaiting(hangs);

    assertThat(turns.of(timeout -> WELL).look(Duration.ofMillis(1))).isEqualTo(WELL);

    assertThat(hangs.isAlive()).isTrue();
    end.countDown();
    hangs.join();
  }

  @Test
  void aTurnComesBackFromALookThatFails() throws Exception {
    Turns turns = new Turns(1, Duration.ofHours(1));
    Probe fails =
        turns.of(
            timeout -> {
              throw new InterruptedException("closed");
            });
    for (int i = 0; i < 3; i++) {
      Thread thread = looks(fails);
      thread.join();
    }

    assertThat(turns.of(timeout -> WELL).look(Duration.ofMillis(1))).isEqualTo(WELL);
  }

  @Test
  void whoWaitsHasItsWholeTime() throws Exception {
    CountDownLatch end = new CountDownLatch(1);
    Turns turns = new Turns(1, Duration.ofHours(1));
    Thread first =
        looks(
            turns.of(
                timeout -> {
                  end.await();
                  return WELL;
                }));
    awaitWaiting(first);
    List<Duration> times = new ArrayList<>();
    Thread second =
        looks(
            turns.of(
                timeout -> {
                  times.add(timeout);
                  return WELL;
                }));
    awaitWaiting(second);
    end.countDown();
    second.join();

    assertThat(times).containsExactly(Duration.ofMillis(1));
  }
}
