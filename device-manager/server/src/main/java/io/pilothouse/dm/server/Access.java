package io.pilothouse.dm.server;

import static java.util.Map.entry;

import io.pilothouse.api.log.v1.Refusal;
import io.pilothouse.dm.state.Authorization;
import io.pilothouse.dm.state.Need;
import java.util.Map;
import java.util.Optional;

/**
 * Who may call what. First by kind of principal: a machine speaks only as a machine and a satellite
 * only as a satellite, which may also look at what operators see; operators are kept out of the
 * others' ways in because those act under keys and leases. Then by role, once the fleet has an
 * Access: what a method needs is in one table, and a method that is not in it is nobody's. What a
 * command is about (the type of an engineer, the lease of a satellite) is decided in the log; whom
 * a watchdog lets report is in its definition, see {@link ReportRights}.
 */
final class Access {

  static final String OPERATOR = "pilothouse.v1.Operator";
  static final String MACHINE = "pilothouse.v1.MachineApi";
  static final String SATELLITE = "pilothouse.v1.Satellite";
  static final String WATCHDOG = "pilothouse.v1.WatchdogApi";
  static final String REPLICAS = "pilothouse.v1.Replicas";

  private static final String OTHER_KIND =
      "call as a principal of the kind that this service is for";

  private static final Map<String, Map<String, Need>> NEEDS =
      Map.of(
          OPERATOR,
          Map.ofEntries(
              entry("GetStatus", Need.READ),
              entry("ListMachines", Need.READ),
              entry("GetMachine", Need.READ),
              entry("ListEvents", Need.READ),
              entry("Explain", Need.READ),
              entry("GetFleet", Need.READ),
              entry("PlanFleet", Need.READ),
              entry("ApplyFleet", Need.OPERATE),
              entry("RegisterManifest", Need.ENGINEER),
              entry("ListManifests", Need.READ),
              entry("RemoveManifest", Need.OPERATE),
              entry("PlanRollout", Need.READ),
              entry("StartRollout", Need.ENGINEER),
              entry("ControlRollout", Need.ENGINEER),
              entry("ListRollouts", Need.READ),
              entry("ControlMachine", Need.OPERATE),
              entry("ListRepairs", Need.READ),
              entry("SetFreeze", Need.OPERATE),
              entry("GetBudget", Need.READ),
              entry("ListWatchdogs", Need.READ),
              entry("SetWatchdogMode", Need.OPERATE),
              entry("ListIncidents", Need.READ),
              entry("ResolveIncident", Need.OPERATE),
              entry("DecideRepair", Need.APPROVE),
              entry("HoldDomain", Need.OPERATE),
              entry("ListOrders", Need.READ),
              entry("DecideOrder", Need.APPROVE),
              // the record is the whole state and every command, hashes of keys with it
              entry("ReadRecord", Need.OPERATE)),
          MACHINE,
          Map.of("Register", Need.MACHINE, "Pull", Need.MACHINE, "Report", Need.MACHINE),
          SATELLITE,
          Map.ofEntries(
              entry("AcquireLease", Need.SATELLITE),
              entry("ReleaseLease", Need.SATELLITE),
              entry("PullRepairs", Need.SATELLITE),
              entry("ClaimRepair", Need.SATELLITE),
              entry("ReportRepair", Need.SATELLITE),
              entry("PullProvisioning", Need.SATELLITE),
              entry("ReportDiscovered", Need.SATELLITE),
              entry("ReportProvisioning", Need.SATELLITE),
              entry("PullTargets", Need.SATELLITE),
              entry("ReportVerdicts", Need.SATELLITE),
              entry("PullManifests", Need.SATELLITE),
              entry("ReportReplica", Need.SATELLITE)),
          WATCHDOG,
          Map.of("Report", Need.REPORT),
          REPLICAS,
          Map.of(
              "GetMembers", Need.READ,
              "ChangeMembers", Need.OPERATE,
              // a backup is the whole state, hashes of keys with it
              "BeginBackup", Need.OPERATE,
              "ReadBackup", Need.OPERATE,
              "EndBackup", Need.OPERATE));

  /** Why a call is not allowed, and what to do. */
  record Objection(String message, String remedy) {}

  private final Ledger ledger;

  Access(Ledger ledger) {
    this.ledger = ledger;
  }

  /** By kind and by role, in this replica's applied state; empty when the call is allowed. */
  Optional<Objection> objection(Principal principal, String service, String method) {
    Optional<Objection> byKind = ofKind(principal, service, method);
    if (byKind.isPresent()) {
      return byKind;
    }
    Need need = need(service, method).orElseThrow();
    Optional<Refusal> byRole =
        ledger.read(state -> Authorization.objection(state, principal.toString(), need));
    return byRole.map(
        each -> new Objection("%s: %s".formatted(method, each.getMessage()), each.getRemedy()));
  }

  /** Why the kind of principal alone forbids the call; empty when it does not. */
  static Optional<Objection> ofKind(Principal principal, String service, String method) {
    Optional<Need> need = need(service, method);
    boolean read = service.equals(OPERATOR) && need.filter(Need.READ::equals).isPresent();
    boolean allowed =
        need.isPresent()
            && switch (principal.kind()) {
              case OPERATOR ->
                  service.equals(OPERATOR) || service.equals(WATCHDOG) || service.equals(REPLICAS);
              case MACHINE -> service.equals(MACHINE) || service.equals(WATCHDOG);
              case SATELLITE -> service.equals(SATELLITE) || service.equals(WATCHDOG) || read;
              case WATCHDOG -> service.equals(WATCHDOG);
              case FRAMEWORK -> read;
            };
    return allowed
        ? Optional.empty()
        : Optional.of(
            new Objection(
                "%s may not call %s/%s".formatted(principal, service, method), OTHER_KIND));
  }

  /** What a method needs; empty for one that nobody thought of: it is nobody's. */
  static Optional<Need> need(String service, String method) {
    return Optional.ofNullable(NEEDS.getOrDefault(service, Map.of()).get(method));
  }

  /**
   * Whether the method of the operators' service may change something; so may one not known here.
   */
  static boolean isWrite(String method) {
    return need(OPERATOR, method).filter(Need.READ::equals).isEmpty();
  }
}
