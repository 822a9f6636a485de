package io.pilothouse.manifests.policy;

import io.pilothouse.api.v1.Action;
import io.pilothouse.api.v1.PastAction;
import io.pilothouse.api.v1.PolicyRule;
import io.pilothouse.api.v1.Severity;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Which rules are never reached. A rule is called so only when that is certain: everything but the
 * counts and times of a history is tried, value by value, and for these {@link Facts} reckon.
 */
final class Reachability {
  private static final long MOST_CELLS = 30_000;

  /**
   * Why a rule is never the one that decides.
   *
   * @param by numbers of the rules that match whenever it does; empty = it can never match
   */
  record Never(Set<Integer> by) {}

  private final List<PolicyRule> rules;
  private final List<FailureCase> cells;

  private Reachability(List<PolicyRule> rules, List<FailureCase> cells) {
    this.rules = rules;
    this.cells = cells;
  }

  /** Empty when that is too much to try; then nothing is called unreachable. */
  static Optional<Reachability> of(List<PolicyRule> rules, Representatives cases) {
    long names = 2L * cases.faults.size() * cases.watchdogs.size() * cases.types.size();
    if (!cases.namesAreComplete || names * 21 > MOST_CELLS) {
      return Optional.empty();
    }
    List<FailureCase> cells = new ArrayList<>();
    for (Severity severity : List.of(Severity.NORMAL, Severity.FATAL)) {
      for (String fault : cases.faults) {
        for (String watchdog : cases.watchdogs) {
          for (String type : cases.types) {
            cells.add(cell(severity, fault, watchdog, type, List.of()));
            lasts(fault)
                .forEach(last -> cells.add(cell(severity, fault, watchdog, type, List.of(last))));
          }
        }
      }
    }
    return Optional.of(new Reachability(rules, cells));
  }

  /** A case of which everything but counts and times is meant. */
  private static FailureCase cell(
      Severity severity, String fault, String watchdog, String type, List<PastAction> past) {
    return new FailureCase(fault, severity, watchdog, type, past, 1, 1, 1, 0);
  }

  private static List<PastAction> lasts(String fault) {
    List<PastAction> lasts = new ArrayList<>();
    for (Action action : History.ACTIONS) {
      for (boolean helped : new boolean[] {false, true}) {
        for (String of : List.of(fault, fault + "-before")) {
          lasts.add(
              PastAction.newBuilder().setAction(action).setHelped(helped).setFault(of).build());
        }
      }
    }
    return lasts;
  }

  /** Why the rule of this number is never reached; empty when it may be. */
  Optional<Never> never(int number) {
    PolicyRule rule = rules.get(number - 1);
    Set<Integer> by = new TreeSet<>();
    for (FailureCase cell : cells) {
      Optional<Facts> facts = facts(rule, cell);
      if (facts.isEmpty()) {
        continue;
      }
      int earlier = 1;
      while (earlier < number && !covers(rules.get(earlier - 1), cell, facts.get())) {
        earlier++;
      }
      if (earlier == number) {
        return Optional.empty();
      }
      by.add(earlier);
    }
    return Optional.of(new Never(single(number).map(Set::of).orElse(by)));
  }

  /** One rule that alone is enough reads better than several that together are. */
  private Optional<Integer> single(int number) {
    PolicyRule rule = rules.get(number - 1);
    for (int i = 1; i < number; i++) {
      PolicyRule earlier = rules.get(i - 1);
      boolean meets = false;
      boolean always = true;
      for (FailureCase cell : cells) {
        Optional<Facts> facts = facts(rule, cell);
        meets |= facts.isPresent();
        always &= facts.isEmpty() || covers(earlier, cell, facts.get());
      }
      if (meets && always) {
        return Optional.of(i);
      }
    }
    return Optional.empty();
  }

  /** What is known when the rule matches in this cell; empty when it cannot. */
  private static Optional<Facts> facts(PolicyRule rule, FailureCase cell) {
    if (!RuleMatch.matchesBeside(rule, cell)) {
      return Optional.empty();
    }
    if (cell.past().isEmpty()) {
      return RuleMatch.matches(rule, cell)
          ? Optional.of(new Facts(Action.ACTION_UNSPECIFIED))
          : Optional.empty();
    }
    Facts facts = new Facts(cell.lastAction()).with(rule);
    return facts.areImpossible() ? Optional.empty() : Optional.of(facts);
  }

  private static boolean covers(PolicyRule rule, FailureCase cell, Facts facts) {
    return cell.past().isEmpty()
        ? RuleMatch.matches(rule, cell)
        : RuleMatch.matchesBeside(rule, cell) && facts.imply(rule);
  }
}
