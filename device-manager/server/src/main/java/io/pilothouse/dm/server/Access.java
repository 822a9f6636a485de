package io.pilothouse.dm.server;

import static java.util.Map.entry;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
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
 * a watchdog lets report is in its definition, see {@link ReportRights}. The same table says how
 * much a call matters when not all can be served, see {@link Admission}.
 */
final class Access {

  static final String OPERATOR = "pilothouse.v1.Operator";
  static final String MACHINE = "pilothouse.v1.MachineApi";
  static final String SATELLITE = "pilothouse.v1.Satellite";
  static final String WATCHDOG = "pilothouse.v1.WatchdogApi";
  static final String REPLICAS = "pilothouse.v1.Replicas";

  private static final String OTHER_KIND =
      "call as a principal of the kind that this service is for";

  /** What a call of a method takes, and how much it matters. */
  private record Rule(Need need, CallClass callClass) {}

  private static final Map<String, Map<String, Rule>> RULES =
      Map.of(
          OPERATOR,
          Map.ofEntries(
              entry("GetStatus", urgent(Need.READ)),
              entry("ListMachines", urgent(Need.READ)),
              entry("GetMachine", urgent(Need.READ)),
              entry("ListEvents", urgent(Need.READ)),
              entry("Explain", urgent(Need.READ)),
              entry("GetFleet", urgent(Need.READ)),
              entry("PlanFleet", urgent(Need.READ)),
              entry("ApplyFleet", urgent(Need.OPERATE)),
              entry("RegisterManifest", urgent(Need.ENGINEER)),
              entry("ListManifests", urgent(Need.READ)),
              entry("RemoveManifest", urgent(Need.OPERATE)),
              entry("PlanRollout", urgent(Need.READ)),
              entry("StartRollout", urgent(Need.ENGINEER)),
              entry("ControlRollout", urgent(Need.ENGINEER)),
              entry("ListRollouts", urgent(Need.READ)),
              entry("ControlMachine", urgent(Need.OPERATE)),
              entry("ListRepairs", urgent(Need.READ)),
              entry("SetFreeze", urgent(Need.OPERATE)),
              entry("GetBudget", urgent(Need.READ)),
              entry("ListWatchdogs", urgent(Need.READ)),
              entry("SetWatchdogMode", urgent(Need.OPERATE)),
              entry("ListIncidents", urgent(Need.READ)),
              entry("ResolveIncident", urgent(Need.OPERATE)),
              entry("DecideRepair", urgent(Need.APPROVE)),
              entry("HoldDomain", urgent(Need.OPERATE)),
              entry("ListOrders", urgent(Need.READ)),
              entry("DecideOrder", urgent(Need.APPROVE)),
              // the record is the whole state and every command, hashes of keys with it
              entry("ReadRecord", background(Need.OPERATE))),
          MACHINE,
          Map.of(
              "Register", report(Need.MACHINE),
              "Pull", pull(Need.MACHINE),
              "Report", report(Need.MACHINE)),
          SATELLITE,
          Map.ofEntries(
              entry("AcquireLease", urgent(Need.SATELLITE)),
              entry("ReleaseLease", urgent(Need.SATELLITE)),
              entry("PullRepairs", urgent(Need.SATELLITE)),
              entry("ClaimRepair", urgent(Need.SATELLITE)),
              entry("ReportRepair", urgent(Need.SATELLITE)),
              entry("PullProvisioning", urgent(Need.SATELLITE)),
              entry("ReportDiscovered", report(Need.SATELLITE)),
              entry("ReportProvisioning", urgent(Need.SATELLITE)),
              entry("OpenEnrolment", urgent(Need.SATELLITE)),
              entry("RedeemEnrolment", urgent(Need.SATELLITE)),
              entry("PullTargets", pull(Need.SATELLITE)),
              entry("ReportVerdicts", report(Need.SATELLITE)),
              entry("PullManifests", pull(Need.SATELLITE)),
              // what was offered of a machine that fails must be taken back
              entry("PullOfferable", urgent(Need.SATELLITE)),
              // frameworks wait for it before they are told that they are subscribed
              entry("UpdateOffers", urgent(Need.SATELLITE)),
              entry("ReadOffers", urgent(Need.SATELLITE)),
              entry("CheckAccess", urgent(Need.SATELLITE)),
              entry("ReportReplica", report(Need.SATELLITE))),
          WATCHDOG,
          Map.of("Report", report(Need.REPORT)),
          REPLICAS,
          Map.of(
              "GetMembers", urgent(Need.READ),
              "ChangeMembers", urgent(Need.OPERATE),
              // a backup is the whole state, hashes of keys with it
              "BeginBackup", urgent(Need.OPERATE),
              "ReadBackup", background(Need.OPERATE),
              "EndBackup", urgent(Need.OPERATE),
              "SetFeatureLevel", urgent(Need.OPERATE)));

  /** Why a call is not allowed, and what to do. */
  record Objection(String message, String remedy) {
    StatusRuntimeException refusal() {
      return Refusals.of(Status.Code.PERMISSION_DENIED, message, remedy);
    }
  }

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
    return rule(service, method).map(Rule::need);
  }

  /** How much a call matters; one of a method that nobody thought of matters least. */
  static CallClass callClass(String service, String method) {
    return rule(service, method).map(Rule::callClass).orElse(CallClass.BACKGROUND);
  }

  private static Optional<Rule> rule(String service, String method) {
    return Optional.ofNullable(RULES.getOrDefault(service, Map.of()).get(method));
  }

  private static Rule urgent(Need need) {
    return new Rule(need, CallClass.OPERATOR_AND_REPAIR);
  }

  private static Rule report(Need need) {
    return new Rule(need, CallClass.REPORT);
  }

  private static Rule pull(Need need) {
    return new Rule(need, CallClass.PULL);
  }

  private static Rule background(Need need) {
    return new Rule(need, CallClass.BACKGROUND);
  }

  /**
   * Whether the method of the operators' service may change something; so may one not known here.
   */
  static boolean isWrite(String method) {
    return need(OPERATOR, method).filter(Need.READ::equals).isEmpty();
  }
}
