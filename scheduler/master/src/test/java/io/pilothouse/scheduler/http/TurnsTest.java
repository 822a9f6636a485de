package io.pilothouse.scheduler.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.scheduler.http.RateLimits.Limit;
import io.pilothouse.scheduler.http.Turns.Caller;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.PriorityQueue;
import org.junit.jupiter.api.Test;

/** Who is let in to the core and when, without a core, a thread or a clock. */
class TurnsTest {
  private static final Caller FLOOD = new Caller.Principal("flood");
  private static final Caller HONEST = new Caller.Principal("honest");

  /** What the core has before it: it does one after the other, as they came. */
  private final Deque<Runnable> core = new ArrayDeque<>();

  private final List<String> done = new ArrayList<>();
  private final PriorityQueue<Due> timers = new PriorityQueue<>();
  private long now;

  private record Due(long at, Runnable what) implements Comparable<Due> {
    @Override
    public int compareTo(Due other) {
      return Long.compare(at, other.at);
    }
  }

  private Turns turns(RateLimits limits) {
    return new Turns(limits, () -> now, (after, what) -> timers.add(new Due(now + after, what)));
  }

  private static RateLimits limit(String principal, double perSecond, int capacity) {
    return new RateLimits(Map.of(principal, new Limit(perSecond, capacity)), Optional.empty());
  }

  private Optional<Turns.Refusal> calls(Turns turns, Caller caller, String name) {
    return calls(turns, caller, name, false, 100);
  }

  private Optional<Turns.Refusal> calls(
      Turns turns, Caller caller, String name, boolean acknowledges, int bytes) {
    return turns.take(
        caller,
        acknowledges,
        bytes,
        seen ->
            core.add(
                () -> {
                  done.add(name);
                  seen.run();
                }));
  }

  private void coreWorks(int inputs) {
    for (int i = 0; i < inputs && !core.isEmpty(); i++) {
      core.remove().run();
    }
  }

  private void passes(Duration time) {
    long until = now + time.toNanos();
    while (!timers.isEmpty() && timers.peek().at() <= until) {
      Due due = timers.remove();
      now = due.at();
      due.what().run();
      coreWorks(Integer.MAX_VALUE);
    }
    now = until;
  }

  @Test
  void oneThatFloodsKeepsNobodyWaitingForMoreThanAFewOfItsCalls() {
    Turns turns = turns(RateLimits.NONE);
    for (int i = 0; i < 5_000; i++) {
      assertThat(calls(turns, FLOOD, "flood")).isEmpty();
    }

    for (int i = 0; i < 20; i++) {
      assertThat(calls(turns, HONEST, "honest " + i)).isEmpty();
      coreWorks(Turns.AT_ONCE + 1);
      assertThat(done).as("after so few inputs").contains("honest " + i);
      assertThat(calls(turns, FLOOD, "flood")).isEmpty();
    }

    coreWorks(Integer.MAX_VALUE);
    assertThat(Collections.frequency(done, "flood")).as("all of its own").isEqualTo(5_020);
    assertThat(turns.waiting()).isZero();
    assertThat(turns.callers()).as("nobody is remembered for nothing").isZero();
  }

  @Test
  void manyThatFloodShareItAndNoneIsForgotten() {
    Turns turns = turns(RateLimits.NONE);
    for (int i = 0; i < 100; i++) {
      for (int caller = 0; caller < 50; caller++) {
        calls(turns, new Caller.OnStream("s" + caller), "s" + caller);
      }
    }
    calls(turns, HONEST, "honest");

    coreWorks(50 * Turns.AT_ONCE + 1);

    assertThat(done).contains("honest");
    for (int caller = 0; caller < 50; caller++) {
      assertThat(Collections.frequency(done, "s" + caller)).isEqualTo(Turns.AT_ONCE);
    }
  }

  @Test
  void moreThanMayWaitIsRefusedWithWhoseItIsAndWhatToDo() {
    Turns turns = turns(RateLimits.NONE);
    for (int i = 0; i < Turns.MOST_WAITING + Turns.AT_ONCE; i++) {
      assertThat(calls(turns, FLOOD, "flood")).isEmpty();
    }

    Turns.Refusal refusal = calls(turns, FLOOD, "one more").orElseThrow();

    assertThat(refusal.text())
        .startsWith("10000 calls (12240000 bytes) of principal flood wait already, and no more")
        .contains("--rate-limits");
    assertThat(refusal.retryAfter()).isEqualTo(1);
    assertThat(turns.refused()).isEqualTo(1);
    assertThat(calls(turns, HONEST, "honest")).as("another's").isEmpty();
    coreWorks(1);
    assertThat(calls(turns, FLOOD, "room again")).isEmpty();
  }

  @Test
  void bytesAreBoundedTooButOneCallIsAlwaysTaken() {
    Turns turns = turns(RateLimits.NONE);
    for (int i = 0; i < Turns.AT_ONCE; i++) {
      calls(turns, FLOOD, "with the core");
    }
    int most = (int) Turns.MOST_BYTES / 2;
    assertThat(calls(turns, FLOOD, "larger than all", false, most + 1)).isEmpty();

    assertThat(calls(turns, FLOOD, "small", false, 1)).isPresent();

    coreWorks(Integer.MAX_VALUE);
    assertThat(done).contains("larger than all").doesNotContain("small");
  }

  @Test
  void aPrincipalWithALimitIsTakenAtThatRate() {
    Turns turns = turns(limit("flood", 10, 100));
    for (int i = 0; i < 60; i++) {
      assertThat(calls(turns, FLOOD, "flood")).isEmpty();
    }
    calls(turns, HONEST, "honest");

    coreWorks(Integer.MAX_VALUE);
    assertThat(Collections.frequency(done, "flood")).as("a second's worth").isEqualTo(10);
    assertThat(done).contains("honest");

    passes(Duration.ofSeconds(3));
    assertThat(Collections.frequency(done, "flood")).isBetween(39, 40);

    passes(Duration.ofSeconds(3));
    assertThat(Collections.frequency(done, "flood")).isEqualTo(60);
    assertThat(timers).as("nothing waits").isEmpty();

    passes(Duration.ofHours(1));
    for (int i = 0; i < 60; i++) {
      calls(turns, FLOOD, "later");
    }
    coreWorks(Integer.MAX_VALUE);
    assertThat(Collections.frequency(done, "later"))
        .as("an hour's silence is no hour's worth")
        .isEqualTo(10);
  }

  @Test
  void beyondItsCapacityItIsToldItsLimitAndWhenToComeAgain() {
    Turns turns = turns(limit("flood", 0.5, 3));
    for (int i = 0; i < 4; i++) {
      assertThat(calls(turns, FLOOD, "flood")).isEmpty(); // one goes at once
    }

    Turns.Refusal refusal = calls(turns, FLOOD, "one more").orElseThrow();

    assertThat(refusal.text())
        .startsWith("3 calls (3672 bytes) of principal flood wait already, of which 0.5 a second");
    assertThat(refusal.retryAfter()).isEqualTo(2);
  }

  @Test
  void noneWaitsLongerThanItsConnectionLives() {
    Turns turns = turns(limit("flood", 2, 1_000_000));
    int taken = 0;
    while (calls(turns, FLOOD, "flood").isEmpty()) {
      taken++;
    }
    assertThat(taken).isEqualTo(2 + 120);
  }

  @Test
  void acknowledgementsAreNotKeptWaitingByOtherCallsNorKeepThemWaiting() {
    Turns turns = turns(limit("flood", 2, 1_000));
    for (int i = 0; i < 50; i++) {
      calls(turns, FLOOD, "other");
    }
    for (int i = 0; i < 10; i++) {
      calls(turns, FLOOD, "acknowledged", true, 100);
    }

    passes(Duration.ofSeconds(9));
    coreWorks(Integer.MAX_VALUE);

    assertThat(Collections.frequency(done, "acknowledged")).isBetween(8, 10);
    assertThat(Collections.frequency(done, "other")).isBetween(8, 12);
  }

  @Test
  void whoHasNoLimitOfItsOwnSharesTheDefaultWithTheOthers() {
    Turns turns =
        turns(new RateLimits(Map.of("batch", new Limit(0, 0)), Optional.of(new Limit(5, 100))));

    Caller batch = turns.caller(Optional.of("batch"), Optional.of("s1"), "1.2.3.4");
    Caller web = turns.caller(Optional.of("web"), Optional.of("s2"), "1.2.3.4");
    Caller farm = turns.caller(Optional.of("farm"), Optional.empty(), "1.2.3.4");
    assertThat(web).isEqualTo(farm).isNotEqualTo(batch);
    for (int i = 0; i < 20; i++) {
      calls(turns, batch, "batch");
      calls(turns, web, "others");
    }
    coreWorks(Integer.MAX_VALUE);

    assertThat(Collections.frequency(done, "batch")).isEqualTo(20);
    assertThat(Collections.frequency(done, "others")).isEqualTo(5);
  }

  @Test
  void withoutPrincipalsItIsTheStreamThatCountsAndWithoutOneTheAddress() {
    Turns turns = turns(RateLimits.NONE);

    assertThat(turns.caller(Optional.empty(), Optional.of("s1"), "1.2.3.4"))
        .isEqualTo(new Caller.OnStream("s1"));
    assertThat(turns.caller(Optional.empty(), Optional.empty(), "1.2.3.4"))
        .isEqualTo(new Caller.At("1.2.3.4"));
    assertThat(turns.caller(Optional.of("web"), Optional.of("s1"), "1.2.3.4"))
        .isEqualTo(new Caller.Principal("web"));
  }
}
