package io.pilothouse.manifests;

import io.pilothouse.api.v1.RepairPolicy;
import io.pilothouse.manifests.table.ObjectTable;
import io.pilothouse.manifests.table.Shapes;
import io.pilothouse.manifests.table.Units;

/** Fields of a RepairPolicy. */
final class RepairPolicyTable {
  private RepairPolicyTable() {}

  static ObjectTable<RepairPolicy.Builder> table() {
    return ObjectTable.<RepairPolicy.Builder>of()
        .required("name", Shapes.name("quick"), RepairPolicy.Builder::setName, "Its name.")
        .optional(
            "confirm-after",
            Units.duration(),
            (policy, value) -> policy.setConfirmAfterMs(value.toMillis()),
            "How long an error must last to be a failure; fatal ones at once; default 60s.")
        .optional(
            "quiet",
            Units.duration(),
            (policy, value) -> policy.setQuietMs(value.toMillis()),
            "Error-free time in Probation before a machine is HEALTHY; default 5m.")
        .optional(
            "probation-max",
            Units.duration(),
            (policy, value) -> policy.setProbationMaxMs(value.toMillis()),
            "Time after an action in which errors are expected; default 30m.")
        .optional(
            "unknown-max",
            Units.duration(),
            (policy, value) -> policy.setUnknownMaxMs(value.toMillis()),
            "How long a required watchdog may be UNKNOWN; default 15m.")
        .optional(
            "history-window",
            Units.duration(),
            (policy, value) -> policy.setHistoryWindowMs(value.toMillis()),
            "How far back failures count for the choice of the action; default 72h.")
        .optional(
            "reboots",
            Shapes.count(1, 100),
            RepairPolicy.Builder::setReboots,
            "Reboots before ReImage; default 2.")
        .optional(
            "max-attempts",
            Shapes.count(1, 1000),
            RepairPolicy.Builder::setMaxAttempts,
            "Actions within attempts-window before a person is asked; default 5.")
        .optional(
            "attempts-window",
            Units.duration(),
            (policy, value) -> policy.setAttemptsWindowMs(value.toMillis()),
            "See max-attempts; default 7d.")
        .optional(
            "execute-deadline",
            Units.duration(),
            (policy, value) -> policy.setExecuteDeadlineMs(value.toMillis()),
            "Time in which an action must have been carried out; default 10m.")
        .optional(
            "verify-deadline",
            Units.duration(),
            (policy, value) -> policy.setVerifyDeadlineMs(value.toMillis()),
            "Time in which its effect must have been seen; default 30m.");
  }
}
