package io.pilothouse.filesync.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.filesync.TransferClass;
import io.pilothouse.filesync.server.Transfers.Transfer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A quarter of the slots is for those who cannot wait. */
class TransfersTest {
  private final Transfers transfers = new Transfers(64, Duration.ofSeconds(30), () -> 0);
  private final List<Transfer> running = new ArrayList<>();
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

  @AfterEach
  void stop() {
    threads.shutdownNow();
  }

  /** How many more get in. */
  private int enter(TransferClass transferClass) {
    int entered = 0;
    for (Optional<Transfer> each = transfers.enter(transferClass);
        each.isPresent();
        each = transfers.enter(transferClass)) {
      running.add(each.get());
      entered++;
    }
    return entered;
  }

  @Test
  void bulkIsShedAtThreeQuartersWhileUrgentGetsThrough() {
    assertThat(enter(TransferClass.BULK)).isEqualTo(48);
    assertThat(enter(TransferClass.URGENT)).isEqualTo(16);
    running.removeFirst().close();
    assertThat(enter(TransferClass.BULK)).as("63 run").isZero();
    assertThat(enter(TransferClass.URGENT)).isEqualTo(1);
    while (running.size() > 47) {
      running.removeFirst().close();
    }
    assertThat(enter(TransferClass.BULK)).isEqualTo(1);
  }

  private Future<Optional<Transfer>> held(TransferClass transferClass) {
    return threads.submit(() -> transfers.enter(transferClass, Duration.ofMinutes(1)));
  }

  private void awaitHeld(int count) {
    long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    while (transfers.held() != count) {
      assertThat(System.nanoTime()).as("held: " + transfers.held()).isLessThan(until);
      Thread.onSpinWait();
    }
  }

  @Test
  void oneThatMayBeHeldGetsTheSlotThatBecomesFree() throws Exception {
    enter(TransferClass.BULK);
    Future<Optional<Transfer>> first = held(TransferClass.BULK);
    awaitHeld(1);
    Future<Optional<Transfer>> second = held(TransferClass.BULK);
    awaitHeld(2);
    running.removeFirst().close();
    assertThat(first.get(20, TimeUnit.SECONDS)).isPresent();
    assertThat(second.isDone()).isFalse();
    running.removeFirst().close();
    assertThat(second.get(20, TimeUnit.SECONDS)).isPresent();
  }

  @Test
  void anUrgentOneIsNotHeldBehindBulkOnes() throws Exception {
    enter(TransferClass.BULK);
    enter(TransferClass.URGENT);
    Future<Optional<Transfer>> bulk = held(TransferClass.BULK);
    awaitHeld(1);
    Future<Optional<Transfer>> urgent = held(TransferClass.URGENT);
    awaitHeld(2);
    running.removeLast().close();
    assertThat(urgent.get(20, TimeUnit.SECONDS)).isPresent();
    assertThat(bulk.isDone()).isFalse();
  }

  @Test
  void whoStepsAsideLeavesItsSlotToOthers() throws Exception {
    enter(TransferClass.BULK);
    Transfer aside = running.getFirst();
    aside.stepAside();
    assertThat(enter(TransferClass.BULK)).isEqualTo(1);
    assertThat(aside.stepBack(Duration.ZERO)).as("there is none left").isFalse();
    running.getLast().close();
    assertThat(aside.stepBack(Duration.ZERO)).isTrue();
    assertThat(enter(TransferClass.BULK)).as("it has its slot again").isZero();
  }

  @Test
  void whoGivesUpIsNotHeldAnyMore() throws Exception {
    enter(TransferClass.BULK);
    assertThat(transfers.enter(TransferClass.BULK, Duration.ofMillis(1))).isEmpty();
    assertThat(transfers.held()).isZero();
    running.removeFirst().close();
    assertThat(enter(TransferClass.BULK)).isEqualTo(1);
  }

  @Test
  void soManyAreHeldAndTheNextIsShed() throws Exception {
    enter(TransferClass.BULK);
    List<Future<Optional<Transfer>>> held = new ArrayList<>();
    for (int i = 0; i < 128; i++) {
      held.add(held(TransferClass.BULK));
    }
    awaitHeld(128);
    assertThat(transfers.enter(TransferClass.BULK, Duration.ofMinutes(1))).isEmpty();
    assertThat(held).noneMatch(Future::isDone);
  }

  @Test
  void urgentOnesMayHaveAll() {
    assertThat(enter(TransferClass.URGENT)).isEqualTo(64);
    assertThat(enter(TransferClass.BULK)).isZero();
  }
}
