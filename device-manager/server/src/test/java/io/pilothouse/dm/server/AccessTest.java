package io.pilothouse.dm.server;

import static io.pilothouse.dm.server.EdgeHarness.refusal;
import static io.pilothouse.dm.server.EdgeHarness.remedy;
import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.MethodDescriptor;
import io.grpc.ServiceDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.ProtoMethodDescriptorSupplier;
import io.pilothouse.api.log.v1.ApplyFleet;
import io.pilothouse.api.log.v1.Command;
import io.pilothouse.api.v1.AccessRole;
import io.pilothouse.api.v1.AcquireLeaseRequest;
import io.pilothouse.api.v1.ControlMachineRequest;
import io.pilothouse.api.v1.DecideOrderRequest;
import io.pilothouse.api.v1.DecideRepairRequest;
import io.pilothouse.api.v1.Fleet;
import io.pilothouse.api.v1.FleetRequest;
import io.pilothouse.api.v1.GetStatusRequest;
import io.pilothouse.api.v1.Limit;
import io.pilothouse.api.v1.ListOrdersRequest;
import io.pilothouse.api.v1.MachineApiGrpc;
import io.pilothouse.api.v1.Manifest;
import io.pilothouse.api.v1.OperatorGrpc;
import io.pilothouse.api.v1.OperatorGrpc.OperatorBlockingStub;
import io.pilothouse.api.v1.Order;
import io.pilothouse.api.v1.OrderKind;
import io.pilothouse.api.v1.PullRepairsRequest;
import io.pilothouse.api.v1.RegisterManifestRequest;
import io.pilothouse.api.v1.ReplicasGrpc;
import io.pilothouse.api.v1.SatelliteGrpc;
import io.pilothouse.api.v1.VersionRef;
import io.pilothouse.api.v1.WatchdogApiGrpc;
import io.pilothouse.api.v1.WatchdogReportRequest;
import io.pilothouse.api.v1.WriteContext;
import io.pilothouse.api.v1.WriteReply;
import io.pilothouse.dm.state.Need;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Who is let in to what. */
class AccessTest {
  private static final Principal SATELLITE = principal("satellite/repair-1");
  private static final List<ServiceDescriptor> SERVICES =
      List.of(
          OperatorGrpc.getServiceDescriptor(),
          MachineApiGrpc.getServiceDescriptor(),
          SatelliteGrpc.getServiceDescriptor(),
          ReplicasGrpc.getServiceDescriptor(),
          WatchdogApiGrpc.getServiceDescriptor());

  private final EdgeHarness dm = new EdgeHarness();

  @AfterEach
  void close() {
    dm.close();
  }

  private static Principal principal(String text) {
    return Principal.parse(text).orElseThrow();
  }

  private OperatorBlockingStub as(String principal) {
    return OperatorGrpc.newBlockingStub(dm.as(principal, ""));
  }

  private static io.pilothouse.api.v1.Access access(
      String name, List<String> principals, AccessRole... roles) {
    return io.pilothouse.api.v1.Access.newBuilder()
        .setName(name)
        .addAllPrincipals(principals)
        .addAllRoles(List.of(roles))
        .build();
  }

  /** alice runs the fleet, vera looks, anna approves, eve rolls out frontends. */
  private static Fleet closed() {
    return TestFleet.spec().toBuilder()
        .addAccess(access("approvers", List.of("operator/anna"), AccessRole.ROLE_APPROVER))
        .addAccess(
            access("engineers", List.of("operator/eve"), AccessRole.ROLE_ENGINEER).toBuilder()
                .addTypes("frontend"))
        .addAccess(
            access(
                "operators", List.of("operator/alice", "operator/setup"), AccessRole.ROLE_OPERATOR))
        .addAccess(
            access("satellites", List.of("satellite/repair-*"), AccessRole.ROLE_SATELLITE)
                .toBuilder()
                .addLeases("repair"))
        .addAccess(access("viewers", List.of("operator/vera"), AccessRole.ROLE_VIEWER))
        .build();
  }

  private void isClosed() {
    dm.fleet.decide(Command.newBuilder().setApplyFleet(ApplyFleet.newBuilder().setFleet(closed())));
  }

  private static void looks(OperatorBlockingStub who) {
    assertThat(who.getStatus(GetStatusRequest.getDefaultInstance()).getFleet()).isEqualTo("test");
  }

  private static WriteReply holds(OperatorBlockingStub who) {
    return who.controlMachine(
        ControlMachineRequest.newBuilder()
            .setMachine("web-01")
            .setVerb("hold")
            .setContext(WriteContext.newBuilder().setReason("disk swap"))
            .build());
  }

  private static StatusRuntimeException denied(ThrowingCallable call) {
    StatusRuntimeException refusal = refusal(call);
    assertThat(refusal.getStatus().getCode()).isEqualTo(Status.Code.PERMISSION_DENIED);
    return refusal;
  }

  // the table

  /** A method that is added later is nobody's until somebody says what it needs. */
  @Test
  void everyMethodOfEveryServiceSaysWhatItNeeds() {
    for (ServiceDescriptor service : SERVICES) {
      for (MethodDescriptor<?, ?> method : service.getMethods()) {
        String name = Objects.requireNonNull(method.getBareMethodName());
        assertThat(Access.need(service.getName(), name))
            .as("add %s/%s to the table in Access".formatted(service.getName(), name))
            .isPresent();
      }
    }
    assertThat(SERVICES)
        .extracting(ServiceDescriptor::getName)
        .containsAll(
            dm.edge.services().stream()
                .map(each -> each.getServiceDescriptor().getName())
                .toList());
  }

  @Test
  void ordersLooksAndRepairsGoBeforeWhatMachinesSendAllTheTime() {
    for (MethodDescriptor<?, ?> method : OperatorGrpc.getServiceDescriptor().getMethods()) {
      String name = Objects.requireNonNull(method.getBareMethodName());
      assertThat(Access.callClass(Access.OPERATOR, name))
          .as(name)
          .isEqualTo(
              name.equals("ReadRecord") ? CallClass.BACKGROUND : CallClass.OPERATOR_AND_REPAIR);
    }
    for (String name : List.of("AcquireLease", "PullRepairs", "ClaimRepair", "ReportRepair")) {
      assertThat(Access.callClass(Access.SATELLITE, name))
          .as(name)
          .isEqualTo(CallClass.OPERATOR_AND_REPAIR);
    }
    assertThat(Access.callClass(Access.MACHINE, "Report")).isEqualTo(CallClass.REPORT);
    assertThat(Access.callClass(Access.WATCHDOG, "Report")).isEqualTo(CallClass.REPORT);
    assertThat(Access.callClass(Access.MACHINE, "Pull")).isEqualTo(CallClass.PULL);
    assertThat(Access.callClass(Access.MACHINE, "Unknown")).isEqualTo(CallClass.BACKGROUND);
  }

  @Test
  void whatAnswersLikeAWriteIsNoRead() {
    for (MethodDescriptor<?, ?> method : OperatorGrpc.getServiceDescriptor().getMethods()) {
      var schema = (ProtoMethodDescriptorSupplier) method.getSchemaDescriptor();
      boolean writes =
          Objects.requireNonNull(schema)
              .getMethodDescriptor()
              .getOutputType()
              .equals(WriteReply.getDescriptor());
      String name = Objects.requireNonNull(method.getBareMethodName());
      if (name.equals("ReadRecord")) {
        continue; // changes nothing, and shows what operators alone may see
      }
      assertThat(Access.isWrite(name)).as(name).isEqualTo(writes);
      assertThat(Access.ofKind(SATELLITE, Access.OPERATOR, name).isPresent())
          .as(name + " by a satellite")
          .isEqualTo(writes);
    }
  }

  @Test
  void aMethodThatNobodyKnowsIsNobodys() {
    assertThat(Access.need(Access.OPERATOR, "EraseAll")).isEmpty();
    assertThat(Access.isWrite("EraseAll")).isTrue();
    for (String who : List.of("satellite/repair-1", "operator/alice", "machine/web-01")) {
      assertThat(Access.ofKind(principal(who), Access.OPERATOR, "EraseAll"))
          .map(Access.Objection::message)
          .contains(who + " may not call pilothouse.v1.Operator/EraseAll");
    }
  }

  @Test
  void aKindOfPrincipalStaysInItsOwnServices() {
    assertThat(Access.ofKind(principal("operator/alice"), Access.MACHINE, "Pull")).isPresent();
    assertThat(Access.ofKind(principal("operator/alice"), Access.SATELLITE, "AcquireLease"))
        .isPresent();
    assertThat(Access.ofKind(principal("watchdog/burn"), Access.OPERATOR, "GetStatus")).isPresent();
    assertThat(Access.ofKind(principal("framework/batch"), Access.OPERATOR, "ListMachines"))
        .isEmpty();
    assertThat(Access.ofKind(principal("framework/batch"), Access.OPERATOR, "ApplyFleet"))
        .isPresent();
    assertThat(Access.need(Access.OPERATOR, "DecideRepair")).isEqualTo(Optional.of(Need.APPROVE));
  }

  // by role

  @Test
  void aFleetWithoutAccessIsOpenToEveryOperatorAndSaysSo() {
    dm.fleet.apply();
    assertThat(holds(as("operator/anybody")).getRevision()).isPositive();
    assertThat(
            as("operator/anybody").getStatus(GetStatusRequest.getDefaultInstance()).getAccessOpen())
        .isTrue();
  }

  @Test
  void whoHasNoRoleIsKeptOutAndToldWhoCanChangeThat() {
    isClosed();
    StatusRuntimeException refusal = denied(() -> looks(as("operator/mallory")));
    assertThat(refusal.getStatus().getDescription())
        .isEqualTo("GetStatus: operator/mallory lacks the role viewer; it has no role");
    assertThat(remedy(refusal))
        .isEqualTo(
            "add it in access.yaml, and have an operator (operator/alice, operator/setup) apply it");
    denied(() -> looks(as("framework/batch")));
  }

  @Test
  void aViewerLooksAndPlansAndChangesNothing() {
    isClosed();
    looks(as("operator/vera"));
    assertThat(
            as("operator/vera")
                .planFleet(
                    FleetRequest.newBuilder()
                        .setFleet(closed().toBuilder().removeAccess(4))
                        .build())
                .getChangesList())
        .extracting(each -> each.getVerb() + " " + each.getObject())
        .containsExactly("remove access/viewers");
    assertThat(denied(() -> holds(as("operator/vera"))).getStatus().getDescription())
        .contains("lacks the role operator; it has viewer");
  }

  @Test
  void anOperatorDoesEverythingButApprove() {
    isClosed();
    holds(as("operator/alice"));
    DecideRepairRequest approval =
        DecideRepairRequest.newBuilder()
            .setRepair("R-1")
            .setContext(WriteContext.newBuilder().setReason("ok"))
            .build();
    assertThat(
            denied(() -> as("operator/alice").decideRepair(approval)).getStatus().getDescription())
        .contains("operator/alice lacks the role approver");
    assertThat(refusal(() -> as("operator/anna").decideRepair(approval)).getStatus().getCode())
        .as("there is no such repair, but she may ask")
        .isEqualTo(Status.Code.NOT_FOUND);
    denied(() -> holds(as("operator/anna")));
  }

  @Test
  void anEngineerRegistersVersionsOfHerTypesOnly() {
    isClosed();
    register("web", false);
    StatusRuntimeException refusal = denied(() -> register("kernel", false));
    assertThat(refusal.getStatus().getDescription())
        .isEqualTo("operator/eve lacks the role operator; it has engineer");
    denied(() -> register("kernel", true));
    looks(as("operator/eve"));
    denied(() -> holds(as("operator/eve")));
  }

  private void register(String name, boolean checkOnly) {
    VersionRef ref =
        VersionRef.newBuilder().setName(name).setVersion("1.0.0").setDigest("b".repeat(64)).build();
    var unused =
        as("operator/eve")
            .registerManifest(
                RegisterManifestRequest.newBuilder()
                    .setManifest(Manifest.newBuilder().setRef(ref))
                    .setCheckOnly(checkOnly)
                    .build());
  }

  @Test
  void satellitesAreThoseThatAreNamed() {
    isClosed();
    var unused = dm.satellite("repair-1").pullRepairs(PullRepairsRequest.getDefaultInstance());
    takes("repair-1", "repair");
    assertThat(denied(() -> takes("repair-1", "provisioning")).getStatus().getDescription())
        .isEqualTo("satellite/repair-1 may not take the lease provisioning");
    assertThat(denied(() -> takes("rogue", "repair")).getStatus().getDescription())
        .contains("satellite/rogue lacks the role satellite");
  }

  private void takes(String satellite, String role) {
    var unused =
        dm.satellite(satellite)
            .acquireLease(
                AcquireLeaseRequest.newBuilder()
                    .setRole(role)
                    .setHolder(satellite)
                    .setTtlMs(10_000)
                    .build());
  }

  @Test
  void watchdogsAndMachinesKeepTheirWaysIn() {
    isClosed();
    WatchdogReportRequest nothing = WatchdogReportRequest.getDefaultInstance();
    for (String who : List.of("watchdog/burn", "machine/web-01", "operator/alice")) {
      StatusRuntimeException refusal =
          refusal(() -> WatchdogApiGrpc.newBlockingStub(dm.as(who, "")).report(nothing));
      assertThat(refusal.getStatus().getCode())
          .as(who + " is let in, and told that its report is empty")
          .isEqualTo(Status.Code.INVALID_ARGUMENT);
    }
    denied(() -> WatchdogApiGrpc.newBlockingStub(dm.as("operator/vera", "")).report(nothing));
  }

  /** The role is looked at where the command is decided: what the edge let in is not enough. */
  @Test
  void aRoleThatIsTakenAwayMeanwhileIsNotUsedOnceMore() {
    isClosed();
    Fleet without =
        closed().toBuilder()
            .setAccess(2, access("operators", List.of("operator/setup"), AccessRole.ROLE_OPERATOR))
            .build();
    Access edge = new Access(dm.ledger);
    assertThat(edge.objection(principal("operator/alice"), Access.OPERATOR, "SetFreeze")).isEmpty();
    dm.fleet.decide(Command.newBuilder().setApplyFleet(ApplyFleet.newBuilder().setFleet(without)));
    assertThat(edge.objection(principal("operator/alice"), Access.OPERATOR, "SetFreeze"))
        .isPresent();
    denied(() -> holds(as("operator/alice")));
  }

  /** Through the whole edge: what waits, who may see it, and who may say yes. */
  @Test
  void anOrderAboveTheBlastRadiusWaitsForAnApprover() {
    Fleet.Builder spec = closed().toBuilder();
    spec.getApprovalsBuilder()
        .setBlastRadius(Limit.newBuilder().setAbsolute(1))
        .addSecondPersonFor(OrderKind.ORDER_APPLY);
    dm.fleet.decide(Command.newBuilder().setApplyFleet(ApplyFleet.newBuilder().setFleet(spec)));
    Fleet wide =
        spec.setAccess(4, access("viewers", List.of("operator/*"), AccessRole.ROLE_VIEWER)).build();

    FleetRequest planned = FleetRequest.newBuilder().setFleet(wide).build();
    assertThat(as("operator/alice").planFleet(planned).getChangesCount()).isEqualTo(1);
    WriteReply reply =
        as("operator/alice")
            .applyFleet(
                FleetRequest.newBuilder()
                    .setFleet(wide)
                    .setContext(WriteContext.newBuilder().setReason("all may look"))
                    .build());

    assertThat(reply.getOrder()).isEqualTo("A-1");
    denied(() -> looks(as("operator/guest")));
    Order order =
        as("operator/vera").listOrders(ListOrdersRequest.getDefaultInstance()).getItems(0);
    assertThat(order.getWhat()).isEqualTo("apply fleet files");
    assertThat(order.getLinesList()).anyMatch(each -> each.startsWith("change access/viewers"));
    assertThat(order.getCommand().isEmpty()).as("too large to show").isTrue();
    denied(() -> approves("operator/alice"));
    denied(() -> approves("operator/vera"));
    approves("operator/anna");
    looks(as("operator/guest"));
  }

  private void approves(String who) {
    var unused =
        as(who)
            .decideOrder(
                DecideOrderRequest.newBuilder()
                    .setOrder("A-1")
                    .setContext(WriteContext.newBuilder().setReason("fine"))
                    .build());
  }
}
