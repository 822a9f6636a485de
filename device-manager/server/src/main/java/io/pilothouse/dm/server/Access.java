package io.pilothouse.dm.server;

import java.util.Optional;
import java.util.Set;

/**
 * Which kind of principal may call what. A machine speaks only as a machine and a satellite only as
 * a satellite, which may also look at what operators see; operators are kept out of the others'
 * ways in because those act under keys and leases. Whom a watchdog lets report is in its
 * definition, so anybody may call that service; see {@link ReportRights}.
 */
final class Access {

  static final String OPERATOR = "pilothouse.v1.Operator";
  static final String MACHINE = "pilothouse.v1.MachineApi";
  static final String SATELLITE = "pilothouse.v1.Satellite";

  static final String WATCHDOG = "pilothouse.v1.WatchdogApi";

  static final String REPLICAS = "pilothouse.v1.Replicas";

  /** Methods of the operators' service that change nothing: open to satellites. */
  private static final Set<String> OPERATOR_READS =
      Set.of(
          "GetStatus",
          "ListMachines",
          "GetMachine",
          "ListEvents",
          "Explain",
          "GetFleet",
          "PlanFleet",
          "ListManifests",
          "PlanRollout",
          "ListRollouts",
          "ListRepairs",
          "GetBudget",
          "ListWatchdogs",
          "ListIncidents",
          "ReadRecord");

  private Access() {}

  /** Why the call is not allowed; empty when it is. */
  static Optional<String> objection(Principal principal, String service, String method) {
    boolean allowed =
        switch (principal.kind()) {
          case OPERATOR ->
              service.equals(OPERATOR) || service.equals(WATCHDOG) || service.equals(REPLICAS);
          case MACHINE -> service.equals(MACHINE) || service.equals(WATCHDOG);
          case SATELLITE ->
              service.equals(SATELLITE)
                  || service.equals(WATCHDOG)
                  || (service.equals(OPERATOR) && !isWrite(method));
          case WATCHDOG -> service.equals(WATCHDOG);
        };
    return allowed
        ? Optional.empty()
        : Optional.of("%s may not call %s/%s".formatted(principal, service, method));
  }

  /**
   * Whether the method of the operators' service may change something; so may one not known here.
   */
  static boolean isWrite(String method) {
    return !OPERATOR_READS.contains(method);
  }
}
