package io.pilothouse.manifests.writing;

import io.pilothouse.api.v1.HistoryCount;
import io.pilothouse.api.v1.PolicyRule;
import io.pilothouse.api.v1.RepairPolicy;
import io.pilothouse.manifests.policy.RuleWords;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** How failures are judged and repaired. */
final class RepairPolicyText {
  private RepairPolicyText() {}

  static Document of(RepairPolicy policy) {
    return Document.of("RepairPolicy")
        .text("name", policy.getName())
        .duration("confirm-after", policy.getConfirmAfterMs())
        .duration("quiet", policy.getQuietMs())
        .duration("probation-max", policy.getProbationMaxMs())
        .duration("unknown-max", policy.getUnknownMaxMs())
        .duration("history-window", policy.getHistoryWindowMs())
        .number("reboots", policy.getReboots())
        .number("max-attempts", policy.getMaxAttempts())
        .duration("attempts-window", policy.getAttemptsWindowMs())
        .duration("execute-deadline", policy.getExecuteDeadlineMs())
        .duration("verify-deadline", policy.getVerifyDeadlineMs())
        .duration("drain", policy.getDrainMs())
        .objects("rules", policy.getRulesList().stream().map(RepairPolicyText::rule).toList());
  }

  private static Document rule(PolicyRule rule) {
    Document when = when(rule);
    return new Document()
        .text("name", rule.getName())
        .object("when", !when.isEmpty(), when)
        .text("do", RuleWords.action(rule.getAction()))
        .flag("approval", rule.getApproval());
  }

  private static Document when(PolicyRule rule) {
    Document when =
        new Document()
            .text("severity", Words.of(rule.getSeverity()))
            .oneOrMore("fault", rule.getFaultsList())
            .oneOrMore("watchdog", rule.getWatchdogsList())
            .oneOrMore("type", rule.getTypesList())
            .duration("quiet-for", rule.getQuietForMs())
            .oneOrMore(
                "last-action", rule.getLastActionsList().stream().map(RuleWords::action).toList())
            .text(
                "last-outcome",
                switch (rule.getLastOutcome()) {
                  case HELPED -> "helped";
                  case NOT_HELPED -> "did-not-help";
                  case OUTCOME_ANY, UNRECOGNIZED -> "";
                })
            .flag("same-fault", rule.getSameFault());
    // a key holds all counts of its kind, and counts are kept in the order of the keys
    Map<HistoryCount.What, List<Document>> counts = new LinkedHashMap<>();
    for (HistoryCount each : rule.getCountsList()) {
      counts.computeIfAbsent(each.getWhat(), any -> new ArrayList<>()).add(count(each));
    }
    counts.forEach((what, each) -> when.oneOrMoreObjects(Words.of(what), each));
    return when;
  }

  private static Document count(HistoryCount count) {
    return new Document()
        .oneOrMore("of", count.getOfList().stream().map(RuleWords::action).toList())
        .number("at-least", count.getAtLeast())
        .number("below", count.getBelow())
        .duration("within", count.getWithinMs());
  }
}
