package io.pilothouse.kit;

import static java.time.Duration.ofHours;
import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

final class RoundsTest {
  private final SimpleMeterRegistry meters = new SimpleMeterRegistry();

  private double count(String outcome) {
    return meters.get("pilot.rounds").tag("outcome", outcome).counter().count();
  }

  @Test
  void aKickStartsTheNextRound() throws Exception {
    Semaphore ran = new Semaphore(0);
    try (Rounds rounds = new Rounds("test", ofHours(1), ran::release, meters).start()) {
      assertThat(ran.tryAcquire(5, TimeUnit.SECONDS)).isTrue();
      rounds.kick();
      assertThat(ran.tryAcquire(5, TimeUnit.SECONDS)).isTrue();
    }
  }

  @Test
  void aFailedRoundIsNotHurriedByThoseWhoHaveMoreToSay() throws Exception {
    Semaphore ran = new Semaphore(0);
    AtomicBoolean broken = new AtomicBoolean(true);
    Rounds.Step step =
        () -> {
          ran.release();
          if (broken.get()) {
            throw new IOException("no");
          }
        };
    Rounds rounds = new Rounds("test", ofHours(1), step, meters);
    assertThat(rounds.once()).isFalse();
    ran.drainPermits();

    rounds.kickUnlessFailing();
    broken.set(false);
    assertThat(rounds.once()).isTrue(); // else its thread would wait for no kick, but an hour
    ran.drainPermits();
    try (rounds) {
      rounds.start();
      assertThat(ran.tryAcquire(5, TimeUnit.SECONDS)).as("its first").isTrue();
      rounds.kickUnlessFailing();
      assertThat(ran.tryAcquire(5, TimeUnit.SECONDS)).as("the kick of now").isTrue();
    }
    assertThat(count("ok")).as("and none of the kick while it failed").isEqualTo(3);
  }

  @Test
  void goesOnAfterAFailure() throws Exception {
    CountDownLatch third = new CountDownLatch(3);
    Rounds.Step step =
        () -> {
          third.countDown();
          throw new IOException("no");
        };
    try (Rounds rounds = new Rounds("test", ofMillis(1), step, meters).start()) {
      assertThat(third.await(10, TimeUnit.SECONDS)).isTrue();
      assertThat(rounds.problem(ofHours(1))).isEmpty();
    }
    assertThat(count("failed")).isGreaterThanOrEqualTo(2);
    assertThat(count("ok")).isZero();
  }

  @Test
  void tellsWhenItIsStaleAndWhy() {
    AtomicLong now = new AtomicLong();
    AtomicBoolean broken = new AtomicBoolean();
    Rounds rounds =
        new Rounds(
            "pull",
            ofSeconds(1),
            ofSeconds(1),
            () -> {
              if (broken.get()) {
                throw new IOException("no Device Manager");
              }
            },
            meters,
            now::get);
    assertThat(rounds.once()).isTrue();
    broken.set(true);
    now.addAndGet(ofSeconds(30).toNanos());
    assertThat(rounds.once()).isFalse();
    assertThat(rounds.problem(ofSeconds(30))).isEmpty();
    assertThat(rounds.problem(ofSeconds(29)))
        .contains("no round of pull went well for 30 s: no Device Manager");
    broken.set(false);
    assertThat(rounds.once()).isTrue();
    assertThat(rounds.problem(ofSeconds(1))).isEmpty();
  }

  @Test
  void closingEndsARoundThatWaits() throws Exception {
    CountDownLatch began = new CountDownLatch(1);
    AtomicBoolean interrupted = new AtomicBoolean();
    Rounds rounds =
        new Rounds(
                "test",
                ofHours(1),
                () -> {
                  began.countDown();
                  try {
                    new CountDownLatch(1).await();
                  } catch (InterruptedException e) {
                    interrupted.set(true);
                    throw e;
                  }
                },
                meters)
            .start();
    assertThat(began.await(5, TimeUnit.SECONDS)).isTrue();
    rounds.close();
    assertThat(interrupted).isTrue();
    assertThat(count("failed")).isZero();
  }
}
