package io.pilothouse.kit;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

final class LanesTest {
  private final CountDownLatch go = new CountDownLatch(1);

  private void waitForGo(CountDownLatch began) {
    began.countDown();
    try {
      go.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Test
  void neverTwoForOneMachineButSeveralAtOnce() throws Exception {
    CountDownLatch began = new CountDownLatch(2);
    try (Lanes lanes = new Lanes(2)) {
      assertThat(lanes.submit("web-01", () -> waitForGo(began))).isTrue();
      assertThat(lanes.submit("web-02", () -> waitForGo(began))).isTrue();
      assertThat(began.await(5, TimeUnit.SECONDS)).isTrue();
      assertThat(lanes.submit("web-01", () -> {})).isFalse();
      assertThat(lanes.busy()).containsExactly("web-01", "web-02");
      go.countDown();
    }
  }

  @Test
  void theBoundHolds() throws Exception {
    CountDownLatch first = new CountDownLatch(1);
    CountDownLatch second = new CountDownLatch(1);
    try (Lanes lanes = new Lanes(1)) {
      lanes.submit("web-01", () -> waitForGo(first));
      assertThat(first.await(5, TimeUnit.SECONDS)).isTrue();
      lanes.submit("web-02", second::countDown);
      assertThat(second.await(50, TimeUnit.MILLISECONDS)).isFalse();
      go.countDown();
      assertThat(second.await(5, TimeUnit.SECONDS)).isTrue();
    }
  }

  @Test
  void aFaultFreesTheMachine() throws Exception {
    CountDownLatch again = new CountDownLatch(1);
    try (Lanes lanes = new Lanes(1)) {
      lanes.submit(
          "web-01",
          () -> {
            throw new IllegalStateException("fault");
          });
      long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(5);
      while (!lanes.submit("web-01", again::countDown) && System.nanoTime() < deadline) {
        Thread.onSpinWait();
      }
      assertThat(again.await(5, TimeUnit.SECONDS)).isTrue();
    }
  }
}
