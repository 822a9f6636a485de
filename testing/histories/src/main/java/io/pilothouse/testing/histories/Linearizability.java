package io.pilothouse.testing.histories;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Whether a history could have come from one machine that does one operation after the other, each
 * at some moment between its call and its answer (Herlihy and Wing 1990). The search is that of
 * Wing and Gong (1993) with Lowe's memory of what was tried (2017), key by key.
 */
public final class Linearizability {
  private final long deadline;

  /** What the search found out. */
  public sealed interface Verdict {
    /** An order was found for every key. */
    record Linearizable() implements Verdict {}

    /**
     * There is none.
     *
     * @param operation whose answer no order explains
     * @param state that the longest order had led to
     */
    record Violation(Operation operation, String state) implements Verdict {}

    /** The time was up first. */
    record Undecided(String key, int operations) implements Verdict {}
  }

  /** Call or answer in the list of what is not ordered yet. */
  private static final class Event {
    private final Operation operation;
    private final int number;

    /** The answer that belongs to a call; null for an answer. */
    private final @Nullable Event answer;

    private @Nullable Event before;
    private @Nullable Event after;

    private Event(Operation operation, int number, @Nullable Event answer) {
      this.operation = operation;
      this.number = number;
      this.answer = answer;
    }
  }

  private record Tried(BitSet ordered, String state) {}

  private record Step(Event call, String stateBefore) {}

  private Linearizability(long deadline) {
    this.deadline = deadline;
  }

  /**
   * Checks a history.
   *
   * @param budget for all keys together
   */
  public static Verdict check(List<Operation> history, Duration budget) {
    Map<String, List<Operation>> keys = new TreeMap<>();
    for (Operation each : history) {
      boolean says =
          !(each.call() instanceof Operation.Call.Read) || each.returned() != Operation.NEVER;
      if (says) {
        keys.computeIfAbsent(each.key(), key -> new ArrayList<>()).add(each);
      }
    }
    Linearizability search = new Linearizability(System.nanoTime() + budget.toNanos());
    for (Map.Entry<String, List<Operation>> each : keys.entrySet()) {
      Optional<Verdict> trouble = search.one(each.getKey(), each.getValue());
      if (trouble.isPresent()) {
        return trouble.get();
      }
    }
    return new Verdict.Linearizable();
  }

  private Optional<Verdict> one(String key, List<Operation> operations) {
    Event head = events(operations);
    BitSet ordered = new BitSet(operations.size());
    Set<Tried> tried = new HashSet<>();
    Deque<Step> steps = new ArrayDeque<>();
    String state = HoldModel.NOT_HELD;
    int most = -1;
    Optional<Verdict> deepest = Optional.empty();
    Event event = head.after;
    while (event != null) {
      if (System.nanoTime() - deadline > 0) {
        return Optional.of(new Verdict.Undecided(key, operations.size()));
      }
      if (event.answer != null) {
        Optional<String> next = HoldModel.step(state, event.operation);
        boolean isNew = false;
        if (next.isPresent()) {
          ordered.set(event.number);
          isNew = tried.add(new Tried((BitSet) ordered.clone(), next.get()));
          if (!isNew) {
            ordered.clear(event.number);
          }
        }
        if (isNew) {
          steps.push(new Step(event, state));
          state = next.get();
          lift(event);
          event = head.after;
        } else {
          event = event.after;
        }
      } else {
        // an answer whose call found no place before it: the last step was wrong
        if (steps.size() > most) {
          most = steps.size();
          deepest = Optional.of(new Verdict.Violation(event.operation, state));
        }
        if (steps.isEmpty()) {
          return deepest;
        }
        Step last = steps.pop();
        state = last.stateBefore();
        ordered.clear(last.call().number);
        unlift(last.call());
        event = last.call().after;
      }
    }
    return Optional.empty();
  }

  /** All calls and answers in the order of time, behind a head. */
  private static Event events(List<Operation> operations) {
    record Timed(long at, boolean isAnswer, Event event) {}
    List<Timed> timed = new ArrayList<>();
    for (int i = 0; i < operations.size(); i++) {
      Operation operation = operations.get(i);
      Event answer = new Event(operation, i, null);
      timed.add(new Timed(operation.invoked(), false, new Event(operation, i, answer)));
      timed.add(new Timed(operation.returned(), true, answer));
    }
    // at the same time: calls first, so that they count as concurrent
    timed.sort(Comparator.comparingLong(Timed::at).thenComparing(Timed::isAnswer));
    Event head = new Event(operations.getFirst(), -1, null);
    Event last = head;
    for (Timed each : timed) {
      last.after = each.event();
      each.event().before = last;
      last = each.event();
    }
    return head;
  }

  private static void lift(Event call) {
    unlink(call);
    unlink(answerOf(call));
  }

  private static void unlift(Event call) {
    link(answerOf(call));
    link(call);
  }

  private static Event answerOf(Event call) {
    if (call.answer == null) {
      throw new IllegalStateException("an answer has no answer");
    }
    return call.answer;
  }

  private static void unlink(Event event) {
    if (event.before != null) {
      event.before.after = event.after;
    }
    if (event.after != null) {
      event.after.before = event.before;
    }
  }

  private static void link(Event event) {
    if (event.before != null) {
      event.before.after = event;
    }
    if (event.after != null) {
      event.after.before = event;
    }
  }
}
