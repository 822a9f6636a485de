package io.pilothouse.dm.state;

import io.pilothouse.api.v1.PolicyRule;
import io.pilothouse.manifests.policy.RuleWords;
import java.util.ArrayList;
import java.util.List;

/** What changes in a list of rules: those taken out, then those put in, by their numbers. */
final class RuleDiff {
  private RuleDiff() {}

  static List<String> lines(List<PolicyRule> before, List<PolicyRule> after) {
    int shorter = Math.min(before.size(), after.size());
    int head = 0;
    while (head < shorter && before.get(head).equals(after.get(head))) {
      head++;
    }
    int tail = 0;
    while (tail < shorter - head
        && before.get(before.size() - 1 - tail).equals(after.get(after.size() - 1 - tail))) {
      tail++;
    }
    List<String> lines = new ArrayList<>();
    for (int i = head; i < before.size() - tail; i++) {
      lines.add("rule - " + RuleWords.full(i + 1, before.get(i)));
    }
    for (int i = head; i < after.size() - tail; i++) {
      lines.add("rule + " + RuleWords.full(i + 1, after.get(i)));
    }
    return lines;
  }
}
