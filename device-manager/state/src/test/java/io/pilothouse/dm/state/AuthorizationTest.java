package io.pilothouse.dm.state;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.log.v1.AcquireLease;
import io.pilothouse.api.log.v1.ApplyFleet;
import io.pilothouse.api.log.v1.Command;
import io.pilothouse.api.log.v1.ControlRollout;
import io.pilothouse.api.log.v1.HoldMachine;
import io.pilothouse.api.log.v1.ObserveReplica;
import io.pilothouse.api.log.v1.Refusal;
import io.pilothouse.api.log.v1.Reply;
import io.pilothouse.api.log.v1.SetFreeze;
import io.pilothouse.api.log.v1.StartRollout;
import io.pilothouse.api.log.v1.Tick;
import io.pilothouse.api.v1.Access;
import io.pilothouse.api.v1.AccessRole;
import io.pilothouse.api.v1.AuditRecord;
import io.pilothouse.api.v1.DeploymentReplica;
import io.pilothouse.api.v1.Fleet;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Roles, decided in the log; and files that would lock somebody out. */
class AuthorizationTest {

  private static Access access(String name, String principal, AccessRole... roles) {
    return Access.newBuilder()
        .setName(name)
        .addPrincipals(principal)
        .addAllRoles(List.of(roles))
        .build();
  }

  private static Fleet with(Access... access) {
    return QuickFleet.spec().toBuilder().addAllAccess(List.of(access)).build();
  }

  private static final Access ALICE =
      access("alice", "operator/alice", AccessRole.ROLE_OPERATOR, AccessRole.ROLE_APPROVER);

  private static Command.Builder hold() {
    return Command.newBuilder().setHoldMachine(HoldMachine.newBuilder().setMachine("web-01"));
  }

  private static Command.Builder rollout(String type) {
    return Command.newBuilder()
        .setStartRollout(
            StartRollout.newBuilder().setType(type).setName("web").setVersion("9.9.9"));
  }

  private static Refusal refused(FleetScenario fleet, String principal, Command.Builder command) {
    Reply reply =
        fleet
            .commit(List.of(FleetScenario.request(command, principal, "as the test asks").build()))
            .get(0);
    assertThat(reply.hasRefusal()).as(principal + " was not refused").isTrue();
    return reply.getRefusal();
  }

  @Test
  void withoutAccessEveryOperatorMayDoEverything() {
    FleetScenario fleet = FleetScenario.inService();
    assertThat(Authorization.isOpen(fleet.state)).isTrue();
    fleet.sends("operator/anybody", hold());
  }

  @Test
  void withAccessOnlyThoseItNames() {
    FleetScenario fleet = FleetScenario.inService();
    fleet.apply(with(ALICE));
    fleet.sends("operator/alice", hold());
    Refusal refusal =
        refused(
            fleet,
            "operator/bob",
            Command.newBuilder().setSetFreeze(SetFreeze.newBuilder().setFrozen(true)));
    assertThat(refusal.getCode()).isEqualTo(Refusal.Code.NOT_ALLOWED);
    assertThat(refusal.getMessage())
        .isEqualTo("operator/bob lacks the role operator; it has no role");
    assertThat(refusal.getRemedy())
        .isEqualTo("add it in access.yaml, and have an operator (operator/alice) apply it");
    assertThat(fleet.state.freeze().getFrozen()).isFalse();
  }

  @Test
  void aNameMayBeAPattern() {
    FleetScenario fleet = FleetScenario.inService();
    fleet.apply(with(access("all", "operator/al*", AccessRole.ROLE_OPERATOR)));
    fleet.sends("operator/albert", hold());
    refused(fleet, "operator/bob", hold());
    refused(fleet, "watchdog/alice", hold());
  }

  @Test
  void theDeviceManagersOwnCommandsNeedNoRole() {
    FleetScenario fleet = FleetScenario.inService();
    fleet.apply(with(ALICE));
    fleet.sends("dm", Command.newBuilder().setTick(Tick.newBuilder()));
    fleet.machine("web-03").losesPower();
  }

  @Test
  void anEngineerStartsAndSteersRolloutsOfHerTypesOnly() {
    FleetScenario fleet = FleetScenario.inService();
    Access eve =
        access("eve", "operator/eve", AccessRole.ROLE_ENGINEER).toBuilder()
            .addTypes("frontend")
            .build();
    fleet.apply(with(ALICE, eve));
    assertThat(refused(fleet, "operator/eve", rollout("frontend")).getCode())
        .as("she may, but there is no such version")
        .isNotEqualTo(Refusal.Code.NOT_ALLOWED);
    assertThat(refused(fleet, "operator/eve", rollout("backend")).getMessage())
        .isEqualTo("operator/eve lacks the role operator, or engineer of backend; it has engineer");
    assertThat(
            refused(
                    fleet,
                    "operator/eve",
                    Command.newBuilder()
                        .setControlRollout(
                            ControlRollout.newBuilder()
                                .setRollout("O-9")
                                .setVerb(ControlRollout.Verb.PAUSE)))
                .getCode())
        .as("a rollout that there is not is of no type of hers")
        .isEqualTo(Refusal.Code.NOT_ALLOWED);
    assertThat(refused(fleet, "operator/eve", hold()).getCode())
        .isEqualTo(Refusal.Code.NOT_ALLOWED);
  }

  @Test
  void aSatelliteTakesTheLeasesThatItsAccessNames() {
    FleetScenario fleet = FleetScenario.inService();
    fleet.apply(
        with(
            ALICE,
            access("repair", "satellite/repair-*", AccessRole.ROLE_SATELLITE).toBuilder()
                .addLeases("repair")
                .build()));
    fleet.sends("satellite/repair-1", lease("repair"));
    assertThat(refused(fleet, "satellite/repair-1", lease("scheduler")).getMessage())
        .contains("may not take the lease scheduler");
    assertThat(refused(fleet, "satellite/other", lease("repair")).getMessage())
        .contains("lacks the role satellite");
  }

  /** Machines are sent to it, and believe what it says that it holds. */
  @Test
  void aSatelliteWhoseAccessNamesLeasesIsNoDeploymentReplica() {
    Fleet access =
        with(
            ALICE,
            access("repair", "satellite/repair-*", AccessRole.ROLE_SATELLITE).toBuilder()
                .addLeases("repair")
                .build(),
            access("deployment", "satellite/deployment-*", AccessRole.ROLE_SATELLITE));
    FleetScenario fleet = FleetScenario.inService();
    fleet.apply(access);
    fleet.sends("satellite/deployment-2", replica("deployment-2"));
    assertThat(refused(fleet, "satellite/repair-1", replica("repair-1")).getMessage())
        .isEqualTo("satellite/repair-1 may not serve as a deployment replica");

    FleetScenario older = FleetScenario.bornAt(FeatureLevel.OWN_REPLICAS - 1);
    older.apply(access);
    older.sends("satellite/repair-1", replica("repair-1"));
  }

  private static Command.Builder replica(String id) {
    return Command.newBuilder()
        .setObserveReplica(
            ObserveReplica.newBuilder()
                .setReplica(
                    DeploymentReplica.newBuilder()
                        .setId(id)
                        .setAddress("127.0.0.1:2")
                        .setUp(true)));
  }

  private static Command.Builder lease(String role) {
    return Command.newBuilder()
        .setAcquireLease(
            AcquireLease.newBuilder().setRole(role).setHolder("somebody").setTtlMs(60_000));
  }

  @Test
  void satellitesThatNoAccessNamesKeepTheirWayIn() {
    FleetScenario fleet = FleetScenario.inService();
    fleet.apply(with(ALICE));
    fleet.sends("satellite/any", lease("scheduler"));
  }

  // nobody locks himself out

  @Test
  void whoAppliesKeepsTheRoleToApply() {
    FleetScenario fleet = FleetScenario.inService();
    Refusal refusal = fleet.refuses(with(access("bob", "operator/bob", AccessRole.ROLE_OPERATOR)));
    assertThat(refusal.getCode()).isEqualTo(Refusal.Code.PRECONDITION);
    assertThat(refusal.getMessage()).contains("would take the role operator from operator/alice");
    assertThat(Authorization.isOpen(fleet.state)).isTrue();
  }

  @Test
  void anotherOperatorMayTakeItAway() {
    FleetScenario fleet = FleetScenario.inService();
    Access bob = access("bob", "operator/bob", AccessRole.ROLE_OPERATOR);
    fleet.apply(with(ALICE, bob));
    fleet.sends(
        "operator/bob",
        Command.newBuilder().setApplyFleet(ApplyFleet.newBuilder().setFleet(with(bob))));
    refused(fleet, "operator/alice", hold());
  }

  @Test
  void leavingTheFileOutDoesNotOpenTheFleet() {
    FleetScenario fleet = FleetScenario.inService();
    fleet.apply(with(ALICE));
    Refusal refusal = fleet.refuses(QuickFleet.spec());
    assertThat(refusal.getMessage()).contains("the files have no Access any more");
    assertThat(refusal.getRemedy()).contains("operator/*");
    refused(fleet, "operator/bob", hold());
  }

  @Test
  void whatNobodyCanMeanIsRefusedByTheGroundTruthToo() {
    FleetScenario fleet = FleetScenario.inService();
    Refusal refusal =
        fleet.refuses(
            with(
                ALICE,
                access("odd", "machine/web-01", AccessRole.ROLE_APPROVER).toBuilder()
                    .addTypes("nothing")
                    .addLeases("kitchen")
                    .build()));
    assertThat(refusal.getCode()).isEqualTo(Refusal.Code.INVALID);
    assertThat(refusal.getMessage())
        .contains(
            "access odd: roles: machine/web-01 cannot be approver; that is for operator",
            "access odd: types: only an engineer has types",
            "access odd: no machine type \"nothing\"",
            "access odd: leases: only a satellite takes leases",
            "access odd: leases: \"kitchen\" is not one of provisioning, repair, scheduler");
  }

  @Test
  void aChangeOfAccessIsInTheTrailWithWhatItChanges() {
    FleetScenario fleet = FleetScenario.inService();
    fleet.apply(with(ALICE));
    fleet.apply(with(ALICE.toBuilder().addRoles(AccessRole.ROLE_VIEWER).build()));
    List<AuditRecord> applied =
        fleet.state.audit().stream().filter(each -> each.getKind().equals("FLEET")).toList();
    assertThat(applied.get(applied.size() - 2).getEvidenceList())
        .containsExactly("add access/alice");
    assertThat(applied.get(applied.size() - 1).getEvidenceList())
        .containsExactly(
            "change access/alice: roles: operator, approver -> operator, approver, viewer");
  }
}
