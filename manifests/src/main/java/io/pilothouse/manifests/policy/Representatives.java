package io.pilothouse.manifests.policy;

import io.pilothouse.api.v1.Action;
import io.pilothouse.api.v1.HistoryCount;
import io.pilothouse.api.v1.PastAction;
import io.pilothouse.api.v1.PolicyRule;
import io.pilothouse.api.v1.RepairPolicy;
import io.pilothouse.api.v1.Severity;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;

/**
 * Cases that stand for all cases of a policy: names that match its patterns and names that do not,
 * and histories around each of its numbers, one below, at it and one above. Where there are too
 * many, as many as the bound are taken, evenly and always the same.
 */
final class Representatives {
  static final int MOST = 20_000;
  static final long NOW = 1_000L * 24 * 3_600_000;
  private static final String OTHER = "other";

  final List<String> faults;
  final List<String> watchdogs;
  final List<String> types;

  /** Whether every combination of patterns that some name matches is represented. */
  final boolean namesAreComplete;

  private final long quietMs;
  private final List<Long> ages;
  private final List<Integer> runs;
  private final List<Boolean> helped;
  private final List<Boolean> same;

  Representatives(RepairPolicy filled, List<PolicyRule> rules) {
    Set<String> faultGlobs = new TreeSet<>();
    Set<String> watchdogGlobs = new TreeSet<>();
    Set<String> typeGlobs = new TreeSet<>();
    Set<Long> times = new TreeSet<>(Set.of(60_000L));
    Set<Integer> counts = new TreeSet<>(Set.of(1, 2));
    boolean outcomes = false;
    boolean sames = false;
    for (PolicyRule rule : rules) {
      faultGlobs.addAll(rule.getFaultsList());
      watchdogGlobs.addAll(rule.getWatchdogsList());
      typeGlobs.addAll(rule.getTypesList());
      around(rule.getQuietForMs(), times);
      outcomes |= rule.getLastOutcome() != PolicyRule.Outcome.OUTCOME_ANY;
      sames |= rule.getSameFault();
      for (HistoryCount count : rule.getCountsList()) {
        around(count.getWithinMs(), times);
        around(count.getAtLeast(), counts);
        around(count.getBelow(), counts);
      }
    }
    GlobNames.Names faultNames = GlobNames.of(faultGlobs, OTHER);
    GlobNames.Names watchdogNames = GlobNames.of(watchdogGlobs, OTHER);
    GlobNames.Names typeNames = GlobNames.of(typeGlobs, OTHER);
    faults = faultNames.names();
    watchdogs = watchdogNames.names();
    types = typeNames.names();
    namesAreComplete =
        faultNames.isComplete() && watchdogNames.isComplete() && typeNames.isComplete();
    quietMs = filled.getQuietMs();
    ages = List.copyOf(times);
    runs = List.copyOf(counts);
    helped = outcomes ? List.of(false, true) : List.of(false);
    same = sames ? List.of(true, false) : List.of(true);
  }

  private static void around(long time, Set<Long> times) {
    if (time > 0) {
      times.addAll(List.of(Math.max(1, time - 1), time, time + 1));
    }
  }

  private static void around(int count, Set<Integer> counts) {
    for (int each = count - 1; count > 0 && each <= count + 1; each++) {
      if (each > 0 && each <= FailureCase.PAST_KEPT) {
        counts.add(each);
      }
    }
  }

  /** How many cases there are, and how many of them {@link #forEach} takes. */
  long size() {
    long withHistory =
        (long) History.ACTIONS.size()
            * runs.size()
            * ages.size()
            * (1 + (long) History.ACTIONS.size() * runs.size() * ages.size())
            * helped.size()
            * same.size()
            * 2;
    return names() * (1 + withHistory);
  }

  private long names() {
    return 2L * faults.size() * watchdogs.size() * types.size();
  }

  /** The cases without a history first, then the others. */
  void forEach(Consumer<FailureCase> take) {
    long size = size();
    long names = names();
    long taken = Math.min(size, MOST);
    long stride = size <= MOST ? 1 : coprime(size);
    for (long i = 0; i < Math.min(names, taken); i++) {
      take.accept(at(i));
    }
    for (long i = 0; i < taken; i++) {
      long index = Math.floorMod(i * stride, size);
      if (index >= names) {
        take.accept(at(index));
      }
    }
  }

  /** A step that comes by every index once, and far apart. */
  private static long coprime(long size) {
    long step = size / 2 + 1_000_003;
    while (gcd(step, size) != 1) {
      step++;
    }
    return step % size;
  }

  private static long gcd(long a, long b) {
    return b == 0 ? a : gcd(b, a % b);
  }

  private FailureCase at(long index) {
    Digits digits = new Digits(index);
    Severity severity = digits.of(List.of(Severity.NORMAL, Severity.FATAL));
    String fault = digits.of(faults);
    String watchdog = digits.of(watchdogs);
    String type = digits.of(types);
    if (digits.rest == 0) {
      return failure(fault, severity, watchdog, type, List.of(), 0);
    }
    digits.rest--;
    Action last = digits.of(History.ACTIONS);
    int run = digits.of(runs);
    long age = digits.of(ages);
    boolean helps = digits.of(helped);
    String lastFault = digits.of(same) ? fault : fault + "-before";
    boolean flaps = digits.of(List.of(false, true));
    List<PastAction> past = new ArrayList<>();
    if (digits.rest > 0) {
      digits.rest--;
      Action before = digits.of(History.ACTIONS);
      int times = digits.of(runs);
      long longer = digits.of(ages);
      add(past, before, Math.min(times, FailureCase.PAST_KEPT - run), age + longer, false, fault);
    }
    add(past, last, run, age, helps, lastFault);
    return failure(
        fault, severity, watchdog, type, past, flaps ? FailureCase.FLAP_FACTOR * quietMs - 1 : age);
  }

  private FailureCase failure(
      String fault,
      Severity severity,
      String watchdog,
      String type,
      List<PastAction> past,
      long healthyMs) {
    long healthy = Math.max(healthyMs, past.isEmpty() ? 0 : 1);
    return new FailureCase(fault, severity, watchdog, type, past, NOW, NOW - healthy, NOW, quietMs);
  }

  private static void add(
      List<PastAction> past, Action action, int times, long age, boolean helped, String fault) {
    for (int i = 0; i < times; i++) {
      past.add(
          PastAction.newBuilder()
              .setAction(action)
              .setAt(NOW - age)
              .setEndedAt(NOW - age)
              .setHelped(helped)
              .setFault(fault)
              .build());
    }
  }

  /** An index as digits of mixed bases, the least one first. */
  private static final class Digits {
    private long rest;

    Digits(long index) {
      this.rest = index;
    }

    <T> T of(List<T> choices) {
      T choice = choices.get((int) (rest % choices.size()));
      rest /= choices.size();
      return choice;
    }
  }
}
