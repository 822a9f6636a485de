package io.pilothouse.manifests.policy;

import io.pilothouse.api.v1.HistoryCount;
import io.pilothouse.api.v1.PastAction;
import io.pilothouse.api.v1.PolicyRule;
import io.pilothouse.api.v1.RepairPolicy;
import io.pilothouse.api.v1.Severity;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Policies and cases of one seed, close enough to each other that all kinds of meetings happen. */
final class RandomPolicies {
  private static final long HOUR = 3_600_000;
  private static final List<String> GLOBS =
      List.of("disk.*", "*.smart", "disk.smart", "mem?", "*", "x*y");
  private static final List<String> NAMES =
      List.of("disk.smart", "disk.full", "net.smart", "mem1", "memory", "xy", "xzy", "other", "");
  private static final List<Long> TIMES = List.of(HOUR, 2 * HOUR, 24 * HOUR, 72 * HOUR);

  private final Random random;

  RandomPolicies(long seed) {
    random = new Random(seed);
  }

  RepairPolicy policy() {
    RepairPolicy.Builder policy = RepairPolicy.newBuilder().setName("random");
    int rules = 1 + random.nextInt(6);
    for (int i = 0; i < rules; i++) {
      policy.addRules(rule());
    }
    return policy.build();
  }

  private PolicyRule rule() {
    PolicyRule.Builder rule = PolicyRule.newBuilder().setAction(pick(History.ACTIONS));
    if (random.nextInt(4) == 0) {
      rule.setSeverity(random.nextBoolean() ? Severity.FATAL : Severity.NORMAL);
    }
    if (random.nextInt(3) == 0) {
      rule.addFaults(pick(GLOBS));
      if (random.nextBoolean()) {
        rule.addFaults(pick(GLOBS));
      }
    }
    if (random.nextInt(6) == 0) {
      rule.addWatchdogs(pick(GLOBS));
    }
    if (random.nextInt(8) == 0) {
      rule.addTypes(pick(GLOBS));
    }
    if (random.nextInt(4) == 0) {
      rule.setQuietForMs(pick(TIMES));
    }
    if (random.nextInt(3) == 0) {
      rule.addLastActions(pick(History.ACTIONS));
    }
    if (random.nextInt(6) == 0) {
      rule.setLastOutcome(
          random.nextBoolean() ? PolicyRule.Outcome.HELPED : PolicyRule.Outcome.NOT_HELPED);
    }
    if (random.nextInt(8) == 0) {
      rule.setSameFault(true);
    }
    for (int i = random.nextInt(3); i > 0; i--) {
      rule.addCounts(count());
    }
    return rule.build();
  }

  private HistoryCount count() {
    HistoryCount.Builder count =
        HistoryCount.newBuilder()
            .setWhat(
                pick(
                    List.of(
                        HistoryCount.What.FAILURES,
                        HistoryCount.What.ACTIONS,
                        HistoryCount.What.IN_A_ROW)));
    if (count.getWhat() == HistoryCount.What.IN_A_ROW
        || (count.getWhat() == HistoryCount.What.ACTIONS && random.nextBoolean())) {
      count.addOf(pick(History.ACTIONS));
      if (random.nextBoolean()) {
        count.addOf(pick(History.ACTIONS));
      }
    }
    int kind = random.nextInt(3);
    if (kind != 0) {
      count.setAtLeast(1 + random.nextInt(4));
    }
    if (kind != 1) {
      count.setBelow(1 + random.nextInt(5));
    }
    if (random.nextBoolean()) {
      count.setWithinMs(pick(TIMES));
    }
    return count.build();
  }

  /** A history as the Device Manager writes it: oldest first, one over before the next begins. */
  FailureCase failure() {
    long now = 1000 * 24 * HOUR;
    List<PastAction> newestFirst = new ArrayList<>();
    String fault = pick(NAMES);
    long at = now;
    for (int i = random.nextInt(random.nextBoolean() ? 4 : FailureCase.PAST_KEPT + 1); i > 0; i--) {
      long ended = at - random.nextLong(random.nextBoolean() ? 2 : pick(TIMES) + 2);
      at = ended - random.nextLong(random.nextBoolean() ? 2 : HOUR);
      newestFirst.add(
          PastAction.newBuilder()
              .setAction(pick(History.ACTIONS))
              .setAt(at)
              .setEndedAt(random.nextInt(5) == 0 ? 0 : ended)
              .setHelped(random.nextBoolean())
              .setFault(random.nextBoolean() ? fault : pick(NAMES))
              .build());
    }
    return new FailureCase(
        fault,
        pick(List.of(Severity.NORMAL, Severity.FATAL, Severity.SEVERITY_UNSPECIFIED)),
        pick(NAMES),
        pick(NAMES),
        newestFirst.reversed(),
        now,
        random.nextInt(4) == 0 ? 0 : now - random.nextLong(2 * HOUR),
        now,
        300_000);
  }

  private <T> T pick(List<T> of) {
    return of.get(random.nextInt(of.size()));
  }
}
