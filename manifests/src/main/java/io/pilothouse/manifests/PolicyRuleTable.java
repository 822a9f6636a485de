package io.pilothouse.manifests;

import io.pilothouse.api.v1.Action;
import io.pilothouse.api.v1.HistoryCount;
import io.pilothouse.api.v1.PolicyRule;
import io.pilothouse.api.v1.Severity;
import io.pilothouse.manifests.policy.FailureCase;
import io.pilothouse.manifests.table.ObjectTable;
import io.pilothouse.manifests.table.Shape;
import io.pilothouse.manifests.table.Shapes;
import io.pilothouse.manifests.table.Units;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Fields of one rule of a RepairPolicy. */
final class PolicyRuleTable {
  private static final Shape<Action> ACTION =
      Shapes.oneOf(
          new TreeMap<>(
              Map.of(
                  "DoNothing", Action.DO_NOTHING,
                  "Reboot", Action.REBOOT,
                  "ReImage", Action.RE_IMAGE,
                  "Replace", Action.REPLACE,
                  "Escalate", Action.ESCALATE)));

  private PolicyRuleTable() {}

  static Shape<PolicyRule.Builder> rule() {
    return Shapes.object(
        ObjectTable.<PolicyRule.Builder>of()
            .optional(
                "name",
                Shapes.matching(
                    "[^\\p{Cntrl}]{1,80}", "clean record", "a name of 1 to 80 characters"),
                PolicyRule.Builder::setName,
                "What people see when it decides; default: its conditions.")
            .optional(
                "when",
                Shapes.object(when(), PolicyRule::newBuilder),
                (rule, value) -> rule.mergeFrom(value.build()),
                "What must hold, all of it; left out: always.")
            .required("do", ACTION, PolicyRule.Builder::setAction, "The action that is assigned.")
            .optional(
                "approval",
                Shapes.flag(),
                PolicyRule.Builder::setApproval,
                "Whether a person must agree first; default false."),
        PolicyRule::newBuilder);
  }

  private static ObjectTable<PolicyRule.Builder> when() {
    return names(ObjectTable.of())
        .optional(
            "quiet-for",
            Units.duration(),
            (rule, value) -> rule.setQuietForMs(value.toMillis()),
            "No action for so long, and HEALTHY for at least 3 x quiet since; or none ever.")
        .optional(
            "last-action",
            Shapes.oneOrMore(ACTION),
            PolicyRule.Builder::addAllLastActions,
            "The last action was one of these.")
        .optional(
            "last-outcome",
            Shapes.oneOf(
                new TreeMap<>(
                    Map.of(
                        "helped",
                        PolicyRule.Outcome.HELPED,
                        "did-not-help",
                        PolicyRule.Outcome.NOT_HELPED))),
            PolicyRule.Builder::setLastOutcome,
            "Whether the machine became HEALTHY after the last action.")
        .optional(
            "same-fault",
            Shapes.yes("same-fault"),
            PolicyRule.Builder::setSameFault,
            "The last action was for this very fault code.")
        .optional(
            "failures",
            Shapes.oneOrMore(count(HistoryCount.What.FAILURES)),
            PolicyRuleTable::counts,
            "How often an action was assigned, DoNothing included.")
        .optional(
            "actions",
            Shapes.oneOrMore(count(HistoryCount.What.ACTIONS)),
            PolicyRuleTable::counts,
            "How many actions there were, of the kinds in of; default: all but DoNothing.")
        .optional(
            "in-a-row",
            Shapes.oneOrMore(count(HistoryCount.What.IN_A_ROW)),
            PolicyRuleTable::counts,
            "How many of the last actions, unbroken, are of the kinds in of.");
  }

  private static ObjectTable<PolicyRule.Builder> names(ObjectTable<PolicyRule.Builder> table) {
    return table
        .optional(
            "severity",
            Shapes.oneOf(new TreeMap<>(Map.of("fatal", Severity.FATAL, "normal", Severity.NORMAL))),
            PolicyRule.Builder::setSeverity,
            "Of the fault.")
        .optional(
            "fault",
            Shapes.oneOrMore(glob("disk.*", "fault code")),
            PolicyRule.Builder::addAllFaults,
            "The fault code matches one of these; * is any characters, ? is one.")
        .optional(
            "watchdog",
            Shapes.oneOrMore(glob("smart", "watchdog")),
            PolicyRule.Builder::addAllWatchdogs,
            "The watchdog that raised it matches one of these.")
        .optional(
            "type",
            Shapes.oneOrMore(glob("frontend", "machine type")),
            PolicyRule.Builder::addAllTypes,
            "The machine's type matches one of these.");
  }

  private static Shape<String> glob(String example, String what) {
    return Shapes.matching(
        "[A-Za-z0-9._:/@*?-]{1,100}",
        example,
        "a pattern of a %s; patterns have 1 to 100 of A-Z a-z 0-9 . _ : / @ - * ?".formatted(what));
  }

  private static void counts(PolicyRule.Builder rule, List<HistoryCount.Builder> counts) {
    counts.forEach(rule::addCounts);
  }

  /** A bound of a count, which is of kept actions and so never above their number. */
  private static Shape<HistoryCount.Builder> count(HistoryCount.What what) {
    ObjectTable<HistoryCount.Builder> table = ObjectTable.of();
    if (what == HistoryCount.What.ACTIONS) {
      table =
          table.optional(
              "of", Shapes.oneOrMore(ACTION), HistoryCount.Builder::addAllOf, "The kinds.");
    } else if (what == HistoryCount.What.IN_A_ROW) {
      table =
          table.required(
              "of", Shapes.oneOrMore(ACTION), HistoryCount.Builder::addAllOf, "The kinds.");
    }
    table =
        table
            .optional(
                "at-least",
                Shapes.count(1, FailureCase.PAST_KEPT),
                HistoryCount.Builder::setAtLeast,
                "So many or more.")
            .optional(
                "below",
                Shapes.count(1, FailureCase.PAST_KEPT),
                HistoryCount.Builder::setBelow,
                "Fewer than so many.")
            .optional(
                "within",
                Units.duration(),
                (count, value) -> count.setWithinMs(value.toMillis()),
                "Assigned no longer ago; default: the last %s actions."
                    .formatted(FailureCase.PAST_KEPT));
    return Shapes.checked(
        Shapes.object(table, () -> HistoryCount.newBuilder().setWhat(what)),
        count -> count.getAtLeast() > 0 || count.getBelow() > 0,
        "it asks for nothing; write at-least, below or both");
  }
}
