package io.pilothouse.manifests.policy;

import io.pilothouse.api.v1.Action;
import io.pilothouse.api.v1.PastAction;
import io.pilothouse.api.v1.PolicyRule;
import io.pilothouse.api.v1.RepairPolicy;
import io.pilothouse.api.v1.Severity;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/** Plays a machine that nothing helps, to see whether a person ever hears of it. */
final class Loops {
  private static final int STEPS = 3 * FailureCase.PAST_KEPT;
  private static final int SHOWN = 6;
  private static final int MOST_NAMES = 200;
  private static final List<Action> STRONG =
      List.of(Action.REBOOT, Action.RE_IMAGE, Action.REPLACE);

  private final RepairPolicy policy;
  private final List<PolicyRule> rules;
  private final SortedMap<Integer, Finding> found = new TreeMap<>();

  private Loops(RepairPolicy policy, List<PolicyRule> rules) {
    this.policy = policy;
    this.rules = rules;
  }

  static List<Finding> find(RepairPolicy filled, List<PolicyRule> rules, Representatives cases) {
    Loops loops = new Loops(filled, rules);
    int tried = 0;
    for (String fault : cases.faults) {
      for (String watchdog : cases.watchdogs) {
        for (String type : cases.types) {
          if (tried++ < MOST_NAMES) {
            for (Severity severity : List.of(Severity.NORMAL, Severity.FATAL)) {
              loops.play(fault, severity, watchdog, type, true);
              loops.play(fault, severity, watchdog, type, false);
            }
          }
        }
      }
    }
    return List.copyOf(loops.found.values());
  }

  /** {@code flaps}: it gets HEALTHY for a moment after each action. */
  private void play(String fault, Severity severity, String watchdog, String type, boolean flaps) {
    long healthy = flaps ? FailureCase.FLAP_FACTOR * policy.getQuietMs() - 1 : 0;
    long step =
        flaps
            ? policy.getQuietMs() + healthy + policy.getConfirmAfterMs()
            : policy.getProbationMaxMs() + policy.getConfirmAfterMs();
    long now = Representatives.NOW;
    List<PastAction> past = new ArrayList<>();
    List<String> actions = new ArrayList<>();
    int strong = 0;
    for (int i = 0; i < STEPS; i++) {
      FailureCase failure =
          new FailureCase(
              fault, severity, watchdog, type, past, now, now - healthy, now, policy.getQuietMs());
      int number = Evaluator.first(rules, failure);
      if (number == 0
          || rules.get(number - 1).getAction() == Action.ESCALATE
          || rules.get(number - 1).getApproval()) {
        return;
      }
      Action action = rules.get(number - 1).getAction();
      actions.add(RuleWords.action(action));
      if (i >= STEPS - FailureCase.PAST_KEPT && STRONG.contains(action)) {
        strong = number;
      }
      past.add(
          PastAction.newBuilder()
              .setAction(action)
              .setAt(now)
              .setEndedAt(now)
              .setHelped(flaps)
              .setFault(fault)
              .build());
      if (past.size() > FailureCase.PAST_KEPT) {
        past.remove(FailureCase.leastTelling(past));
      }
      now += step;
    }
    if (strong > 0) {
      found.putIfAbsent(
          strong,
          new Finding(
              strong,
              ("it goes on for ever: %s that fails again %s after each action gets %s, …; nobody is"
                      + " asked; put before it, for example: {when: {actions: {at-least: 5, within:"
                      + " 7d}}, do: Escalate}")
                  .formatted(
                      "a machine with the %s fault \"%s\""
                          .formatted(severity == Severity.FATAL ? "fatal" : "normal", fault),
                      RuleWords.elapsed(step),
                      String.join(", ", actions.subList(0, SHOWN)))));
    }
  }
}
