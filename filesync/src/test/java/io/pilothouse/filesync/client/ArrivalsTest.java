package io.pilothouse.filesync.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.filesync.Coming;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Who waits is woken by what it waits for, and by nothing else; not too many wait. */
class ArrivalsTest {
  private static final Duration LONG = Duration.ofMinutes(1);

  private final Arrivals arrivals = new Arrivals();
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

  @AfterEach
  void stop() {
    threads.shutdownNow();
  }

  private Coming begin(String... names) {
    return arrivals.await(List.of(names)).orElseThrow();
  }

  private Future<Boolean> waits(Coming coming, int some) {
    return threads.submit(() -> coming.await(some, LONG));
  }

  private static boolean result(Future<Boolean> waiting) throws Exception {
    return waiting.get(20, TimeUnit.SECONDS);
  }

  @Test
  void whatComesBetweenTheBeginAndTheWaitCounts() throws Exception {
    try (Coming coming = begin("a", "b", "c")) {
      arrivals.came("a");
      arrivals.came("c");
      assertThat(coming.await(2, LONG)).isTrue();
      arrivals.came("b");
      assertThat(coming.await(1, LONG)).as("the third").isTrue();
    }
  }

  @Test
  void isWokenByAsManyAsItWaitsFor() throws Exception {
    try (Coming coming = begin("a", "b", "c")) {
      Future<Boolean> waiting = waits(coming, 2);
      arrivals.came("x");
      arrivals.came("a");
      assertThat(waiting.isDone()).isFalse();
      arrivals.came("b");
      assertThat(result(waiting)).isTrue();
    }
  }

  @Test
  void whatOthersWaitForDoesNotCount() throws Exception {
    try (Coming coming = begin("a");
        Coming other = begin("b")) {
      arrivals.came("b");
      assertThat(coming.await(1, Duration.ZERO)).isFalse();
      assertThat(other.await(1, Duration.ZERO)).isTrue();
      assertThat(other.await(1, Duration.ZERO)).as("each counts once").isFalse();
    }
  }

  @Test
  void allWhoWaitForOneAreWoken() throws Exception {
    List<Coming> begun = new ArrayList<>();
    List<Future<Boolean>> waiting = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      begun.add(begin("a", "own " + i));
      waiting.add(waits(begun.getLast(), 1));
    }
    arrivals.came("a");
    for (Future<Boolean> each : waiting) {
      assertThat(result(each)).isTrue();
    }
    begun.forEach(Coming::close);
    assertThat(arrivals.waiting()).isZero();
  }

  @Test
  void allLookAgainWhenATransferEnds() throws Exception {
    try (Coming coming = begin("a", "b")) {
      Future<Boolean> waiting = waits(coming, 2);
      arrivals.changed();
      assertThat(result(waiting)).isTrue();
      assertThat(coming.await(1, Duration.ZERO)).as("once").isFalse();
    }
  }

  @Test
  void soManyWaitAndTheNextDoesNot() {
    List<Coming> begun = new ArrayList<>();
    Optional<Coming> next = arrivals.await(List.of("a"));
    while (next.isPresent()) {
      begun.add(next.get());
      next = arrivals.await(List.of("a"));
    }
    assertThat(begun).hasSize(128);
    begun.removeFirst().close();
    begun.add(begin("a"));
    assertThat(arrivals.await(List.of("a"))).isEmpty();
    begun.forEach(Coming::close);
    begun.forEach(Coming::close); // twice does no harm
    assertThat(arrivals.waiting()).isZero();
  }

  @Test
  void soManyNamesAreWaitedFor() {
    List<String> names = IntStream.range(0, 5000).mapToObj(Integer::toString).toList();
    List<Coming> begun = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      begun.add(arrivals.await(names).orElseThrow());
    }
    assertThat(arrivals.await(names)).isEmpty();
    begun.add(begin("a"));
    begun.removeFirst().close();
    begun.add(arrivals.await(names).orElseThrow());
    begun.forEach(Coming::close);
  }
}
