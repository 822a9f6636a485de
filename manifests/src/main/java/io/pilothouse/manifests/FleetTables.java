package io.pilothouse.manifests;

import io.pilothouse.api.v1.ApprovalPolicy;
import io.pilothouse.api.v1.Budgets;
import io.pilothouse.api.v1.ContentPolicy;
import io.pilothouse.api.v1.DeviceKind;
import io.pilothouse.api.v1.Fleet;
import io.pilothouse.api.v1.Image;
import io.pilothouse.api.v1.IncidentPolicy;
import io.pilothouse.api.v1.MachineType;
import io.pilothouse.api.v1.OfferPolicy;
import io.pilothouse.api.v1.ProvisioningPolicy;
import io.pilothouse.api.v1.TransferLimits;
import io.pilothouse.manifests.table.ObjectTable;
import io.pilothouse.manifests.table.Shape;
import io.pilothouse.manifests.table.Shapes;
import io.pilothouse.manifests.table.Units;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The kinds of a fleet directory and their fields. Those of watchdogs and units are beside it. */
final class FleetTables {
  /** Versions are path names on machines, and must be read as texts by every YAML reader. */
  static final String VERSION = "[A-Za-z0-9][A-Za-z0-9._+-]{0,62}";

  static final Kind<Fleet.Builder> CLUSTER =
      new Kind<>(
          "Cluster",
          "The fleet as a whole; exactly one document.",
          Fleet::newBuilder,
          ObjectTable.<Fleet.Builder>of()
              .required("name", Shapes.name("quickstart"), Fleet.Builder::setName, "Fleet's name.")
              .optional(
                  "budgets",
                  Shapes.object(budgets(), Budgets::newBuilder),
                  Fleet.Builder::setBudgets,
                  "How many machines may be unavailable at once.")
              .optional(
                  "report-every",
                  Units.duration(),
                  (fleet, value) -> fleet.setReportEveryMs(value.toMillis()),
                  "How often agents report; default 5s.")
              .optional(
                  "provisioning",
                  Shapes.object(provisioning(), ProvisioningPolicy::newBuilder),
                  Fleet.Builder::setProvisioning,
                  "How machines are installed.")
              .optional(
                  "incidents",
                  Shapes.object(IncidentTable.incidents(), IncidentPolicy::newBuilder),
                  Fleet.Builder::setIncidents,
                  "When errors are one incident rather than many failures.")
              .optional(
                  "approvals",
                  Shapes.object(IncidentTable.approvals(), ApprovalPolicy::newBuilder),
                  Fleet.Builder::setApprovals,
                  "What needs a person, or a second one.")
              .optional(
                  "transfers",
                  Shapes.object(transfers(), TransferLimits::newBuilder),
                  Fleet.Builder::setTransfers,
                  "Bytes a second that contents may take on their way to machines.")
              .optional(
                  "manifest-keys",
                  SigningTable.keys(),
                  (fleet, value) ->
                      fleet.addAllManifestKeys(value.stream().map(each -> each.build()).toList()),
                  "Who may sign versions.")
              .optional(
                  "contents",
                  Shapes.object(SigningTable.contents(), ContentPolicy::newBuilder),
                  Fleet.Builder::setContents,
                  "Which versions are taken, and how many are kept."));

  static final Kind<MachineType.Builder> MACHINE_TYPE =
      new Kind<>(
          "MachineType",
          "Machines that do the same work.",
          MachineType::newBuilder,
          ObjectTable.<MachineType.Builder>of()
              .required("name", Shapes.name("frontend"), MachineType.Builder::setName, "Its name.")
              .optional(
                  "device",
                  Shapes.oneOf(
                      new TreeMap<>(
                          Map.of(
                              "machine",
                              DeviceKind.DEVICE_MACHINE,
                              "switch",
                              DeviceKind.DEVICE_SWITCH))),
                  MachineType.Builder::setDevice,
                  "What its members are; default machine. A switch is watched and repaired, and"
                      + " neither installed nor given a manifest, watchdog set or agent.")
              .optional(
                  "image",
                  Shapes.reference("Image", "base"),
                  MachineType.Builder::setImage,
                  "Name of the Image that its machines are installed with; required but for"
                      + " switches.")
              .optional(
                  "manifest",
                  Shapes.name("web"),
                  MachineType.Builder::setManifest,
                  "Name of the manifest that its machines run; rollouts move the version.")
              .optional(
                  "watchdog-set",
                  Shapes.name("checks"),
                  MachineType.Builder::setWatchdogSet,
                  "Name of the watchdog set whose scripts take the place of those of the watchdogs"
                      + " they are named after; rollouts move the version.")
              .optional(
                  "agent",
                  Shapes.name("pilot-agent"),
                  MachineType.Builder::setAgent,
                  "Name of the contents with the agent that its machines run, once a rollout has"
                      + " given them a version; before that, the one of their image.")
              .optional(
                  "watchdogs",
                  Shapes.list(Shapes.reference("Watchdog", "heartbeat")),
                  MachineType.Builder::addAllWatchdogs,
                  "Names of the watchdogs that every machine of the type must have.")
              .optional(
                  "repair-policy",
                  Shapes.reference("RepairPolicy", "quick"),
                  MachineType.Builder::setRepairPolicy,
                  "Name of a RepairPolicy; default: the defaults of each field.")
              .optional(
                  "rollout-policy",
                  Shapes.reference("RolloutPolicy", "quick"),
                  MachineType.Builder::setRolloutPolicy,
                  "Name of a RolloutPolicy; default: the defaults of each field.")
              .optional(
                  "offers",
                  Shapes.object(OffersTable.table(), OfferPolicy::newBuilder),
                  MachineType.Builder::setOffers,
                  "What of each of its machines is offered to frameworks; default: nothing."));

  static final Kind<Image.Builder> IMAGE =
      new Kind<>(
          "Image",
          "What a machine's disk is installed with.",
          Image::newBuilder,
          ObjectTable.<Image.Builder>of()
              .required("name", Shapes.name("base"), Image.Builder::setName, "Its name.")
              .required("version", version(), Image.Builder::setVersion, "Its version, quoted."));

  static final Kind<RepairPolicyDraft> REPAIR_POLICY =
      new Kind<>(
          "RepairPolicy",
          "How failures of a type's machines are judged and repaired.",
          RepairPolicyDraft::new,
          RepairPolicyTable.table());

  /** In the order in which messages list them. */
  static final List<Kind<?>> ALL =
      List.of(
          CLUSTER,
          MACHINE_TYPE,
          UnitTable.SCALE_UNIT,
          REPAIR_POLICY,
          RolloutPolicyTable.ROLLOUT_POLICY,
          WatchdogTable.WATCHDOG,
          IMAGE,
          AccessTable.ACCESS,
          RoleTable.ROLE);

  private FleetTables() {}

  static Shape<String> version() {
    return Shapes.matching(
        VERSION,
        "\"1.0\"",
        "a version; versions have 1 to 63 of A-Z a-z 0-9 . _ + - and begin with a letter or digit");
  }

  private static ObjectTable<Budgets.Builder> budgets() {
    return ObjectTable.<Budgets.Builder>of()
        .optional("fleet", Units.limit(), Budgets.Builder::setFleet, "Of the fleet; default 5%.")
        .optional(
            "unit", Units.limit(), Budgets.Builder::setUnit, "Of each scale unit; default 10%.")
        .optional("rack", Units.limit(), Budgets.Builder::setRack, "Of each rack; default 20%.")
        .optional(
            "switch",
            Units.limit(),
            Budgets.Builder::setSwitch,
            "Of the machines behind each switch; default 10%.")
        .optional(
            "feed", Units.limit(), Budgets.Builder::setFeed, "Of each power feed; default 10%.")
        .optional(
            "type", Units.limit(), Budgets.Builder::setType, "Of each machine type; default 5%.");
  }

  private static ObjectTable<TransferLimits.Builder> transfers() {
    return ObjectTable.<TransferLimits.Builder>of()
        .optional(
            "machine",
            Units.size(),
            TransferLimits.Builder::setMachine,
            "What one machine takes a second, all transfers together; default: its agent's"
                + " --bandwidth, 50MiB.")
        .optional(
            "machine-serves",
            Units.size(),
            TransferLimits.Builder::setMachineServes,
            "What one machine gives a second to others of its rack and unit; default 50MiB.")
        .optional(
            "rack-uplink",
            Units.size(),
            TransferLimits.Builder::setRackUplink,
            "What the machines of a rack take a second from outside it, together; each has an"
                + " equal share. Default: no limit.");
  }

  private static ObjectTable<ProvisioningPolicy.Builder> provisioning() {
    return ObjectTable.<ProvisioningPolicy.Builder>of()
        .optional(
            "max-concurrent",
            Shapes.count(1, 100_000),
            ProvisioningPolicy.Builder::setMaxConcurrent,
            "Installs at once; default 20.")
        .optional(
            "step-deadline",
            Units.duration(),
            (policy, value) -> policy.setStepDeadlineMs(value.toMillis()),
            "Time that a step has; default 30m.")
        .optional(
            "max-attempts",
            Shapes.count(1, 1000),
            ProvisioningPolicy.Builder::setMaxAttempts,
            "Attempts before a person is asked; default 3.")
        .optional(
            "retry-after",
            Units.duration(),
            (policy, value) -> policy.setRetryAfterMs(value.toMillis()),
            "Wait before the second attempt, doubled each time; default 1m.");
  }
}
