package io.pilothouse.dm.state;

import io.pilothouse.api.log.v1.Command;
import io.pilothouse.api.log.v1.Refusal;
import io.pilothouse.api.v1.AccessRole;
import io.pilothouse.api.v1.MachineType;
import io.pilothouse.api.v1.Rollout;
import io.pilothouse.manifests.access.Principals;
import io.pilothouse.manifests.access.Roles;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Whether a principal may do what it asks for. The edge asks before it does any work; for commands
 * the log decides, in the state that they change, so that a role that was taken away a moment ago
 * is not used once more.
 */
public final class Authorization {
  /** The Device Manager's own principal: timers, silence, rehearsals. */
  public static final String SELF = "dm";

  private Authorization() {}

  /** Whether the fleet has no Access: every operator may do everything. */
  public static boolean isOpen(Entities state) {
    return state.indexes().access.grants().areOpen();
  }

  /** Why the principal may not, and what to do about it; empty when it may. */
  public static Optional<Refusal> objection(Entities state, String principal, Need need) {
    Grants grants = state.indexes().access.grants();
    return grants.areOpen() || grants.hasAny(principal, need.roles())
        ? Optional.empty()
        : Optional.of(
            lacking(grants, principal, Roles.word(need.least(Principals.kind(principal)))));
  }

  /** As {@link #objection(Entities, String, Need)}, with what the command itself is about. */
  public static Optional<Refusal> objection(Entities state, String principal, Command command) {
    Grants grants = state.indexes().access.grants();
    if (grants.areOpen() || principal.equals(SELF)) {
      return Optional.empty();
    }
    return switch (command.getKindCase()) {
      case APPLY_FLEET,
          STAGE_FLEET,
          REMOVE_MANIFEST,
          HOLD_MACHINE,
          UNHOLD_MACHINE,
          MACHINE_REPLACED,
          SET_FREEZE,
          PROMOTE_WATCHDOG,
          DRAIN_MACHINE,
          UNDRAIN_MACHINE,
          DECOMMISSION_MACHINE,
          RETRY_PROVISIONING,
          RESOLVE_INCIDENT,
          HOLD_DOMAIN,
          SET_FEATURE_LEVEL ->
          objection(state, principal, Need.OPERATE);
      case DECIDE_REPAIR, DECIDE_ORDER -> objection(state, principal, Need.APPROVE);
      case REGISTER_MANIFEST ->
          engineer(
              grants,
              principal,
              typesWith(state, command.getRegisterManifest().getManifest().getRef().getName()));
      case START_ROLLOUT ->
          engineer(grants, principal, Set.of(command.getStartRollout().getType()));
      case CONTROL_ROLLOUT ->
          engineer(grants, principal, typesOf(state, command.getControlRollout().getRollout()));
      case ACQUIRE_LEASE ->
          objection(state, principal, Need.SATELLITE)
              .or(() -> lease(grants, principal, command.getAcquireLease().getRole()));
      // tokens are no secrets: a satellite works under the leases that it may take, and no others
      case RELEASE_LEASE ->
          objection(state, principal, Need.SATELLITE)
              .or(() -> lease(grants, principal, command.getReleaseLease().getRole()));
      case CLAIM_REPAIR, REPORT_REPAIR ->
          objection(state, principal, Need.SATELLITE).or(() -> lease(grants, principal, "repair"));
      case DISCOVER, REPORT_PROVISIONING ->
          objection(state, principal, Need.SATELLITE)
              .or(() -> lease(grants, principal, "provisioning"));
      case REDEEM_ENROLMENT ->
          objection(state, principal, Need.SATELLITE)
              .or(() -> lease(grants, principal, "provisioning"));
      case OPEN_ENROLMENT ->
          command.getOpenEnrolment().getLeaseToken() == 0
              ? objection(state, principal, Need.OPERATE)
              : objection(state, principal, Need.SATELLITE)
                  .or(() -> lease(grants, principal, "provisioning"));
      case UPDATE_OFFERS ->
          objection(state, principal, Need.SATELLITE)
              .or(() -> lease(grants, principal, "scheduler"));
      case OBSERVE_REPLICA ->
          objection(state, principal, Need.SATELLITE).or(() -> deployment(state, principal));
      // reports: who may say what of whom is in keys and definitions, which the edge looks at
      case REGISTER_MACHINE, OBSERVE_MACHINE, APPLY_VERDICTS -> Optional.empty();
      case TICK, NOTICE_SILENCE, KIND_NOT_SET -> Optional.empty();
    };
  }

  /** Why the principal may not act under a lease, whoever holds it; empty when it may. */
  static Optional<Refusal> leaseObjection(Entities state, String principal, String lease) {
    Grants grants = state.indexes().access.grants();
    return grants.areOpen() ? Optional.empty() : lease(grants, principal, lease);
  }

  static void require(Draft draft) throws RefusedException {
    require(draft, draft.request().getPrincipal(), draft.request().getCommand());
  }

  static void require(Entities state, String principal, Command command) throws RefusedException {
    Optional<Refusal> objection = objection(state, principal, command);
    if (objection.isPresent()) {
      throw new RefusedException(objection.get());
    }
  }

  private static Optional<Refusal> engineer(Grants grants, String principal, Set<String> types) {
    return grants.has(principal, AccessRole.ROLE_OPERATOR) || grants.isEngineer(principal, types)
        ? Optional.empty()
        : Optional.of(
            lacking(
                grants,
                principal,
                types.isEmpty()
                    ? "operator"
                    : "operator, or engineer of " + String.join(" or ", types)));
  }

  /** Machine types that a version of this name can come to. */
  private static Set<String> typesWith(Entities state, String name) {
    Set<String> types = new TreeSet<>();
    for (MachineType type : state.fleet().getTypesList()) {
      if (List.of(type.getManifest(), type.getImage(), type.getWatchdogSet(), type.getAgent())
          .contains(name)) {
        types.add(type.getName());
      }
    }
    return types;
  }

  private static Set<String> typesOf(Entities state, String rollout) {
    return state.rollout(rollout).map(Rollout::getType).map(Set::of).orElse(Set.of());
  }

  private static Optional<Refusal> lease(Grants grants, String principal, String lease) {
    return grants.mayLease(principal, lease)
        ? Optional.empty()
        : Optional.of(
            Refusal.newBuilder()
                .setCode(Refusal.Code.NOT_ALLOWED)
                .setMessage("%s may not take the lease %s".formatted(principal, lease))
                .setRemedy(
                    "its Access document names other leases: add this one to leases, or leave the"
                        + " key out, and have an operator apply it")
                .build());
  }

  /** Machines are sent to a deployment replica, and what it says that it holds is believed. */
  private static Optional<Refusal> deployment(Entities state, String principal) {
    return !FeatureLevel.has(state, FeatureLevel.OWN_REPLICAS)
            || state.indexes().access.grants().mayLease(principal, "deployment")
        ? Optional.empty()
        : Optional.of(
            Refusal.newBuilder()
                .setCode(Refusal.Code.NOT_ALLOWED)
                .setMessage(principal + " may not serve as a deployment replica")
                .setRemedy(
                    "its Access document names leases, and so leaves it these alone: leave the key"
                        + " out for deployment replicas, and have an operator apply it")
                .build());
  }

  private static Refusal lacking(Grants grants, String principal, String role) {
    Set<AccessRole> roles = grants.of(principal);
    String has =
        roles.isEmpty()
            ? "no role"
            : String.join(", ", roles.stream().map(Roles::word).sorted().toList());
    return Refusal.newBuilder()
        .setCode(Refusal.Code.NOT_ALLOWED)
        .setMessage("%s lacks the role %s; it has %s".formatted(principal, role, has))
        .setRemedy(
            "add it in access.yaml, and have an operator (%s) apply it"
                .formatted(grants.some(AccessRole.ROLE_OPERATOR)))
        .build();
  }
}
