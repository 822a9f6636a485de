package io.pilothouse.testing.histories;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.testing.histories.Linearizability.Verdict;
import io.pilothouse.testing.histories.Operation.Call;
import io.pilothouse.testing.histories.Operation.Outcome;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The checker itself: histories known to be right, and histories known to be wrong. */
class LinearizabilityTest {
  private static final Duration BUDGET = Duration.ofSeconds(20);

  private final List<Operation> history = new ArrayList<>();

  @Test
  void oneAfterTheOtherIsRight() {
    hold("a", 0, 1);
    reads("a", 2, 3);
    unhold(new Outcome.Done(), 4, 5);
    reads("", 6, 7);
    unhold(new Outcome.Refused(), 8, 9);
    assertThat(verdict()).isInstanceOf(Verdict.Linearizable.class);
  }

  @Test
  void concurrentReadsMaySeeEitherButNotGoBack() {
    hold("a", 0, 1);
    hold("b", 2, 9);
    reads("a", 3, 4);
    reads("b", 5, 6);
    assertThat(verdict()).isInstanceOf(Verdict.Linearizable.class);
    reads("a", 7, 8);
    assertThat(verdict()).isInstanceOf(Verdict.Violation.class);
  }

  @Test
  void aStaleReadIsWrong() {
    hold("a", 0, 1);
    hold("b", 2, 3);
    reads("a", 4, 5);
    assertThat(verdict())
        .isInstanceOfSatisfying(
            Verdict.Violation.class,
            wrong -> {
              assertThat(wrong.operation().invoked()).isEqualTo(4);
              assertThat(wrong.state()).isEqualTo("b");
            });
  }

  @Test
  void aLostWriteIsWrong() {
    hold("a", 0, 1);
    reads("", 2, 3);
    assertThat(verdict()).isInstanceOf(Verdict.Violation.class);
  }

  @Test
  void aWriteThatWasDoneTwiceIsWrong() {
    hold("a", 0, 1);
    hold("b", 2, 3);
    reads("b", 4, 5);
    reads("a", 6, 7); // "a" came again, of a retry
    assertThat(verdict()).isInstanceOf(Verdict.Violation.class);
  }

  @Test
  void anEndThatWasAcknowledgedToTwoIsWrong() {
    hold("a", 0, 1);
    unhold(new Outcome.Done(), 2, 5);
    unhold(new Outcome.Done(), 3, 6);
    assertThat(verdict()).isInstanceOf(Verdict.Violation.class);
  }

  @Test
  void whatNobodyKnowsMayHaveHappenedLateOrNever() {
    hold("a", 0, 1);
    unknownHold("b", 2);
    reads("a", 3, 4);
    reads("b", 50, 60);
    assertThat(verdict()).isInstanceOf(Verdict.Linearizable.class);
    reads("a", 70, 80); // but it does not go away again
    assertThat(verdict()).isInstanceOf(Verdict.Violation.class);
  }

  @Test
  void whatNobodyKnowsDoesNotHappenBeforeItWasAsked() {
    hold("a", 0, 1);
    reads("b", 2, 3);
    unknownHold("b", 4);
    assertThat(verdict()).isInstanceOf(Verdict.Violation.class);
  }

  @Test
  void keysDoNotConcernEachOther() {
    add("m-1", new Call.Hold("a"), new Outcome.Done(), 0, 1);
    add("m-2", new Call.Read(), new Outcome.Value(""), 2, 3);
    assertThat(verdict()).isInstanceOf(Verdict.Linearizable.class);
  }

  @Test
  void aHistoryFromOneRegisterIsRightHoweverItsCallsOverlap() {
    for (int seed = 0; seed < 20; seed++) {
      history.clear();
      ofOneRegister(new Random(seed), 300);
      assertThat(verdict()).as("seed %s", seed).isInstanceOf(Verdict.Linearizable.class);
    }
  }

  @Test
  void oneReadOfAnOlderValueInALongHistoryIsFound() {
    for (int seed = 0; seed < 20; seed++) {
      history.clear();
      ofOneRegister(new Random(seed), 300);
      spoilARead(new Random(seed));
      assertThat(verdict()).as("seed %s", seed).isInstanceOf(Verdict.Violation.class);
    }
  }

  @Test
  void theSearchGivesUpWhenItsTimeIsOver() {
    ofOneRegister(new Random(1), 400);
    assertThat(Linearizability.check(history, Duration.ofNanos(-1)))
        .isInstanceOf(Verdict.Undecided.class);
  }

  /**
   * Operations take effect one after the other; calls and answers lie up to four effects around.
   */
  private void ofOneRegister(Random random, int operations) {
    String state = "";
    for (int i = 0; i < operations; i++) {
      long at = 100L * i + 5_000;
      long invoked = at - random.nextInt(400);
      long returned = at + random.nextInt(400);
      boolean known = random.nextInt(40) > 0;
      switch (random.nextInt(4)) {
        case 0 -> {
          state = "v" + i;
          Outcome outcome = known ? new Outcome.Done() : new Outcome.Unknown();
          add("m", new Call.Hold(state), outcome, invoked, known ? returned : Operation.NEVER);
        }
        case 1 -> {
          Outcome outcome = state.isEmpty() ? new Outcome.Refused() : new Outcome.Done();
          state = "";
          add("m", new Call.Unhold("u" + i), outcome, invoked, returned);
        }
        default -> add("m", new Call.Read(), new Outcome.Value(state), invoked, returned);
      }
    }
    Collections.shuffle(history, random);
  }

  /** A read, later than everything else, sees the first value that was ever written. */
  private void spoilARead(Random random) {
    List<Operation> writes =
        history.stream()
            .filter(each -> each.call() instanceof Call.Hold && each.returned() != Operation.NEVER)
            .sorted((a, b) -> Long.compare(a.invoked(), b.invoked()))
            .toList();
    Operation first = writes.getFirst();
    long after = 200_000L + random.nextInt(100);
    hold("last", 100_000, 100_001);
    add(
        "m",
        new Call.Read(),
        new Outcome.Value(((Call.Hold) first.call()).reason()),
        after,
        after + 1);
  }

  private Verdict verdict() {
    return Linearizability.check(history, BUDGET);
  }

  private void hold(String reason, long invoked, long returned) {
    add("m", new Call.Hold(reason), new Outcome.Done(), invoked, returned);
  }

  private void unknownHold(String reason, long invoked) {
    add("m", new Call.Hold(reason), new Outcome.Unknown(), invoked, Operation.NEVER);
  }

  private void unhold(Outcome outcome, long invoked, long returned) {
    add("m", new Call.Unhold("u" + invoked), outcome, invoked, returned);
  }

  private void reads(String value, long invoked, long returned) {
    add("m", new Call.Read(), new Outcome.Value(value), invoked, returned);
  }

  private void add(String key, Call call, Outcome outcome, long invoked, long returned) {
    history.add(new Operation(history.size(), key, call, outcome, invoked, returned));
  }
}
