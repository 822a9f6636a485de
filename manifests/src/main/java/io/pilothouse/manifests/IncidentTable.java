package io.pilothouse.manifests;

import io.pilothouse.api.v1.ApprovalPolicy;
import io.pilothouse.api.v1.IncidentPolicy;
import io.pilothouse.manifests.access.OrderKinds;
import io.pilothouse.manifests.table.ObjectTable;
import io.pilothouse.manifests.table.Shapes;
import io.pilothouse.manifests.table.Units;

/** Fields of a Cluster that say when errors are one incident, and when a person must agree. */
final class IncidentTable {
  private static final int MOST_MACHINES = 1_000_000;

  private IncidentTable() {}

  static ObjectTable<IncidentPolicy.Builder> incidents() {
    return ObjectTable.<IncidentPolicy.Builder>of()
        .optional(
            "machines",
            Shapes.count(2, MOST_MACHINES),
            IncidentPolicy.Builder::setMachines,
            "Fewest machines that make an incident; default 5.")
        .optional(
            "share",
            Units.share(),
            IncidentPolicy.Builder::setShare,
            "Share of the new errors that one value must explain; default 60%.")
        .optional(
            "base-factor",
            Shapes.count(2, 1000),
            IncidentPolicy.Builder::setBaseFactor,
            "How many times the usual rate of errors is too much; default 10.")
        .optional(
            "window",
            Units.duration(),
            (policy, value) -> policy.setWindowMs(value.toMillis()),
            "For how long an error is new; default 10m.")
        .optional(
            "mass-machines",
            Shapes.count(2, MOST_MACHINES),
            IncidentPolicy.Builder::setMassMachines,
            "Mass-failure stop: at least so many machines lost within the window; default 5 …")
        .optional(
            "mass-share",
            Units.share(),
            IncidentPolicy.Builder::setMassShare,
            "… and more than this share of the fleet, a unit, rack, switch, feed or type;"
                + " default 15%.")
        .optional(
            "quiet",
            Units.duration(),
            (policy, value) -> policy.setQuietMs(value.toMillis()),
            "How long the errors must be gone before an incident closes; default 1m.")
        .optional(
            "trial-after",
            Units.duration(),
            (policy, value) -> policy.setTrialAfterMs(value.toMillis()),
            "After this time one machine is repaired, to see whether repairs help; default 1h.")
        .optional(
            "noise-share",
            Units.share(),
            IncidentPolicy.Builder::setNoiseShare,
            "Share of its machines in ERROR that makes a watchdog suspect; default 20%.");
  }

  static ObjectTable<ApprovalPolicy.Builder> approvals() {
    return ObjectTable.<ApprovalPolicy.Builder>of()
        .optional(
            "destructive",
            Units.limit(),
            ApprovalPolicy.Builder::setDestructive,
            "ReImage and Replace within the window that go unasked; default 2%, at least 3.")
        .optional(
            "window",
            Units.duration(),
            (policy, value) -> policy.setWindowMs(value.toMillis()),
            "See destructive; default 1h.")
        .optional(
            "blast-radius",
            Units.limit(),
            ApprovalPolicy.Builder::setBlastRadius,
            "Machines that one person may release or touch at once; default 5%, at least 3.")
        .optional(
            "second-person-for",
            Shapes.list(Shapes.oneOf(OrderKinds.byWord())),
            ApprovalPolicy.Builder::addAllSecondPersonFor,
            "Orders that wait for a second person when they concern more machines than the blast"
                + " radius: apply, rollout, drain, decommission, unhold, unfreeze; default: none.");
  }
}
