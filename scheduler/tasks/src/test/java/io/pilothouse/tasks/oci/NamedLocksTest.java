package io.pilothouse.tasks.oci;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class NamedLocksTest {
  private final NamedLocks locks = new NamedLocks();

  @Test
  void oneNameIsForOneAtATimeAndNothingIsKept() throws Exception {
    AtomicInteger inside = new AtomicInteger();
    AtomicBoolean together = new AtomicBoolean();
    CountDownLatch done = new CountDownLatch(4);
    for (int i = 0; i < 4; i++) {
      Thread.ofVirtual()
          .start(
              () -> {
                for (int each = 0; each < 1_000; each++) {
                  try {
                    NamedLocks.Held held = locks.take("a");
                    together.compareAndSet(false, inside.incrementAndGet() > 1);
                    inside.decrementAndGet();
                    held.release();
                  } catch (InterruptedException e) {
                    together.set(true);
                  }
                }
                done.countDown();
              });
    }
    done.await();
    assertThat(together).isFalse();
    assertThat(locks.size()).isZero();
  }

  @Test
  void whoGivesUpWaitingLeavesNothingAndOtherNamesAreFree() throws Exception {
    NamedLocks.Held held = locks.take("a");
    NamedLocks.Held other = locks.take("b");
    AtomicBoolean gaveUp = new AtomicBoolean();
    Thread waits =
        Thread.ofVirtual()
            .start(
                () -> {
                  try {
                    locks.take("a").release();
                  } catch (InterruptedException e) {
                    gaveUp.set(true);
                  }
                });
    while (!locks.isAwaited("a")) {
      LockSupport.parkNanos(1_000_000);
    }
    waits.interrupt();
    waits.join();
    assertThat(gaveUp).isTrue();
    assertThat(locks.size()).isEqualTo(2);
    held.release();
    other.release();
    assertThat(locks.size()).isZero();
  }
}
