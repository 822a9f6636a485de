package io.pilothouse.manifests;

import io.pilothouse.manifests.table.ObjectTable;
import io.pilothouse.manifests.table.Shapes;
import io.pilothouse.manifests.table.Units;

/** Fields of a RepairPolicy. */
final class RepairPolicyTable {
  private RepairPolicyTable() {}

  static ObjectTable<RepairPolicyDraft> table() {
    return ObjectTable.<RepairPolicyDraft>of()
        .required(
            "name",
            Shapes.name("quick"),
            (draft, value) -> draft.policy.setName(value),
            "Its name.")
        .optional(
            "confirm-after",
            Units.duration(),
            (draft, value) -> draft.policy.setConfirmAfterMs(value.toMillis()),
            "How long an error must last to be a failure; fatal ones at once; default 60s.")
        .optional(
            "quiet",
            Units.duration(),
            (draft, value) -> draft.policy.setQuietMs(value.toMillis()),
            "Error-free time in Probation before a machine is HEALTHY; default 5m.")
        .optional(
            "probation-max",
            Units.duration(),
            (draft, value) -> draft.policy.setProbationMaxMs(value.toMillis()),
            "Time after an action in which errors are expected; default 30m.")
        .optional(
            "unknown-max",
            Units.duration(),
            (draft, value) -> draft.policy.setUnknownMaxMs(value.toMillis()),
            "How long a required watchdog may be UNKNOWN; default 15m.")
        .optional(
            "history-window",
            Units.duration(),
            (draft, value) -> draft.policy.setHistoryWindowMs(value.toMillis()),
            "How far back failures count for the choice of the action; default 72h.")
        .optional(
            "reboots",
            Shapes.count(1, 100),
            (draft, value) -> draft.policy.setReboots(value),
            "Reboots before ReImage; default 2.")
        .optional(
            "max-attempts",
            Shapes.count(1, 1000),
            (draft, value) -> draft.policy.setMaxAttempts(value),
            "Actions within attempts-window before a person is asked; default 5.")
        .optional(
            "attempts-window",
            Units.duration(),
            (draft, value) -> draft.policy.setAttemptsWindowMs(value.toMillis()),
            "See max-attempts; default 7d.")
        .optional(
            "execute-deadline",
            Units.duration(),
            (draft, value) -> draft.policy.setExecuteDeadlineMs(value.toMillis()),
            "Time in which an action must have been carried out; default 10m.")
        .optional(
            "verify-deadline",
            Units.duration(),
            (draft, value) -> draft.policy.setVerifyDeadlineMs(value.toMillis()),
            "Time in which its effect must have been seen; default 30m.")
        .optional(
            "drain",
            Units.duration(),
            (draft, value) -> draft.policy.setDrainMs(value.toMillis()),
            "How long its processes have to stop before an action; default 60s.")
        .optional(
            "rules",
            Shapes.list(Shapes.placed(PolicyRuleTable.rule())),
            RepairPolicyDraft::rules,
            "Which action a failure gets, the first that matches; default: the ladder.");
  }
}
