package io.pilothouse.dm.server;

import static io.pilothouse.dm.server.EdgeHarness.KEY;
import static io.pilothouse.dm.server.EdgeHarness.refusal;
import static io.pilothouse.dm.server.EdgeHarness.remedy;
import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Channel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.pilothouse.api.log.v1.Request;
import io.pilothouse.api.v1.ControlRolloutRequest;
import io.pilothouse.api.v1.ExplainRequest;
import io.pilothouse.api.v1.Fleet;
import io.pilothouse.api.v1.FleetPlan;
import io.pilothouse.api.v1.FleetRequest;
import io.pilothouse.api.v1.GetFleetReply;
import io.pilothouse.api.v1.GetFleetRequest;
import io.pilothouse.api.v1.GetMachineRequest;
import io.pilothouse.api.v1.GetStatusRequest;
import io.pilothouse.api.v1.HealthCode;
import io.pilothouse.api.v1.ListMachinesRequest;
import io.pilothouse.api.v1.ListWatchdogsRequest;
import io.pilothouse.api.v1.OperatorGrpc;
import io.pilothouse.api.v1.PullTargetsRequest;
import io.pilothouse.api.v1.SatelliteGrpc;
import io.pilothouse.api.v1.SetFreezeRequest;
import io.pilothouse.api.v1.StartRolloutRequest;
import io.pilothouse.api.v1.StatusReply;
import io.pilothouse.api.v1.WriteContext;
import io.pilothouse.api.v1.WriteReply;
import io.pilothouse.dm.raft.Exceptions;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class OperatorServiceTest {

  private final EdgeHarness dm = new EdgeHarness();

  @BeforeEach
  void fleet() {
    dm.fleet.apply();
  }

  @AfterEach
  void close() {
    dm.close();
  }

  @Test
  void aWriteCarriesWhoWhyAndItsRequestId() {
    WriteReply reply = dm.hold("web-01");

    Request logged = dm.ledger.submitted().getLast();
    assertThat(logged.getPrincipal()).isEqualTo("operator/alice");
    assertThat(logged.getReason()).isEqualTo("disk swap");
    assertThat(logged.getRequestId()).isEqualTo("test-1");
    assertThat(reply.getRevision()).isEqualTo(dm.ledger.appliedIndex());
    assertThat(dm.fleet.machine("web-01").getHold().getPrincipal()).isEqualTo("operator/alice");
  }

  @Test
  void aWriteRepeatedUnderItsSequenceIsDoneOnce() {
    SetFreezeRequest freeze =
        SetFreezeRequest.newBuilder()
            .setFrozen(true)
            .setContext(
                WriteContext.newBuilder().setClientId("cli-1").setSequence(7).setReason("storm"))
            .build();

    WriteReply first = dm.operator().setFreeze(freeze);
    WriteReply again = dm.operator().setFreeze(freeze);

    assertThat(again).isEqualTo(first);
  }

  @Test
  void anotherReplicaNamesTheLeader() {
    dm.ledger.leaderIs(Optional.of(FakeLedger.OTHER));

    StatusRuntimeException write = refusal(() -> dm.hold("web-01"));
    StatusRuntimeException read =
        refusal(() -> dm.operator().getStatus(GetStatusRequest.getDefaultInstance()));

    assertThat(List.of(write, read))
        .allSatisfy(
            each -> {
              assertThat(each.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
              assertThat(each.getTrailers().get(Refusals.LEADER))
                  .isEqualTo("127.0.0.1:18502,127.0.0.1:18522");
            });
  }

  @Test
  void withoutALeaderTheAnswerSaysSo() {
    dm.ledger.leaderIs(Optional.empty());

    StatusRuntimeException refusal =
        refusal(() -> dm.operator().getStatus(GetStatusRequest.getDefaultInstance()));

    assertThat(refusal.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
    assertThat(refusal.getTrailers().get(Refusals.LEADER)).isNull();
    assertThat(remedy(refusal)).contains("majority");
  }

  @Test
  void troubleOfTheReplicaIsToldApart() {
    dm.ledger.failWith(Exceptions.overloaded("2000 requests wait already"));
    StatusRuntimeException overloaded = refusal(() -> dm.hold("web-01"));
    dm.ledger.failWith(Exceptions.outcomeUnknown("leadership was lost"));
    StatusRuntimeException unknown = refusal(() -> dm.hold("web-01"));

    assertThat(overloaded.getStatus().getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
    assertThat(unknown.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
    assertThat(remedy(unknown)).contains("same client id");
  }

  @Test
  void refusalsCarryStatusMessageAndRemedy() {
    StatusRuntimeException missing = refusal(() -> dm.hold("web-99"));
    StatusRuntimeException verb =
        refusal(
            () ->
                dm.operator()
                    .controlRollout(
                        ControlRolloutRequest.newBuilder()
                            .setRollout("O-1")
                            .setVerb("stop")
                            .build()));
    StatusRuntimeException machine =
        refusal(
            () ->
                dm.operator().getMachine(GetMachineRequest.newBuilder().setName("web-99").build()));
    StatusRuntimeException type =
        refusal(
            () ->
                dm.operator()
                    .planRollout(
                        StartRolloutRequest.newBuilder()
                            .setType("frontent")
                            .setName("web")
                            .setVersion("1.0.0")
                            .build()));

    assertThat(missing.getStatus().getCode()).isEqualTo(Status.Code.NOT_FOUND);
    assertThat(remedy(missing)).contains("pilot machine list");
    assertThat(verb.getStatus().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
    assertThat(verb.getStatus().getDescription()).contains("'stop'").contains("rollback");
    assertThat(machine.getStatus().getCode()).isEqualTo(Status.Code.NOT_FOUND);
    assertThat(type.getStatus().getCode()).isEqualTo(Status.Code.NOT_FOUND);
    assertThat(type.getStatus().getDescription()).contains("frontend");
  }

  @Test
  void eachKindOfPrincipalHasItsOwnWayIn() {
    StatusRuntimeException machine =
        refusal(
            () ->
                OperatorGrpc.newBlockingStub(dm.as("machine/web-01", KEY))
                    .listMachines(ListMachinesRequest.getDefaultInstance()));
    StatusRuntimeException satellite =
        refusal(
            () ->
                OperatorGrpc.newBlockingStub(dm.as("satellite/repair-1", ""))
                    .setFreeze(SetFreezeRequest.getDefaultInstance()));
    StatusRuntimeException operator =
        refusal(
            () ->
                SatelliteGrpc.newBlockingStub(dm.as("operator/alice", ""))
                    .pullTargets(PullTargetsRequest.getDefaultInstance()));

    assertThat(List.of(machine, satellite, operator))
        .allSatisfy(
            each ->
                assertThat(each.getStatus().getCode()).isEqualTo(Status.Code.PERMISSION_DENIED));
    assertThat(
            OperatorGrpc.newBlockingStub(dm.as("satellite/deployment-1", ""))
                .listMachines(ListMachinesRequest.getDefaultInstance())
                .getItemsCount())
        .isEqualTo(2);
  }

  @Test
  void aCallWithoutAPrincipalIsNobodys() {
    Channel bare = dm.channel();

    StatusRuntimeException none =
        refusal(
            () ->
                OperatorGrpc.newBlockingStub(bare)
                    .getStatus(GetStatusRequest.getDefaultInstance()));
    StatusRuntimeException wrong =
        refusal(
            () ->
                OperatorGrpc.newBlockingStub(dm.as("root", ""))
                    .getStatus(GetStatusRequest.getDefaultInstance()));

    assertThat(none.getStatus().getCode()).isEqualTo(Status.Code.UNAUTHENTICATED);
    assertThat(wrong.getStatus().getDescription()).contains("'root'").contains("operator/NAME");
  }

  @Test
  void callsAreMeasuredByMethodAndStatus() {
    dm.hold("web-01");

    assertThat(
            dm.metrics
                .get("dm.calls")
                .tag("method", "ControlMachine")
                .tag("status", "OK")
                .timer()
                .count())
        .isEqualTo(1);
  }

  @Test
  void statusShowsTheReplicas() {
    StatusReply well = dm.operator().getStatus(GetStatusRequest.getDefaultInstance());
    dm.ledger.thirdSilentFor(Duration.ofSeconds(4));
    StatusReply down = dm.operator().getStatus(GetStatusRequest.getDefaultInstance());

    assertThat(well.getLeader()).isEqualTo("dm-1");
    assertThat(well.getQuorum()).isTrue();
    assertThat(well.getReplicasList()).allMatch(each -> each.getUp());
    assertThat(well.getRevision()).isEqualTo(dm.ledger.appliedIndex());
    assertThat(down.getQuorum()).isTrue();
    assertThat(down.getHealth()).isEqualTo("HEALTH_WARN");
    assertThat(down.getCodesList())
        .filteredOn(each -> each.getCode().equals("DM_REPLICA_DOWN"))
        .extracting(HealthCode::getScope)
        .containsExactly("dm/dm-3");
  }

  @Test
  void aPlanSaysWhatAnApplyWouldDoAndDoesNothing() {
    Fleet changed =
        TestFleet.spec().toBuilder()
            .setTypes(0, TestFleet.spec().getTypes(0).toBuilder().setManifest("shop"))
            .build();
    int before = dm.ledger.submitted().size();

    FleetPlan plan = dm.operator().planFleet(FleetRequest.newBuilder().setFleet(changed).build());
    FleetPlan none =
        dm.operator().planFleet(FleetRequest.newBuilder().setFleet(TestFleet.spec()).build());

    assertThat(plan.getChangesList()).hasSize(1);
    assertThat(plan.getChanges(0).getObject()).isEqualTo("type/frontend");
    assertThat(plan.getMachinesTouched()).isEqualTo(2);
    assertThat(plan.getRevision()).isEqualTo(1);
    assertThat(none.getChangesList()).isEmpty();
    assertThat(dm.ledger.submitted()).hasSize(before);
    assertThat(dm.ledger.<Fleet>read(state -> state.fleet()).getTypes(0).getManifest())
        .isEqualTo("web");
  }

  @Test
  void aPlanRefusesWhatAnApplyRefuses() {
    dm.fleet.serve("web-01", KEY);
    Fleet without = TestFleet.spec().toBuilder().removeMachines(0).build();
    FleetRequest request = FleetRequest.newBuilder().setFleet(without).build();

    StatusRuntimeException plan = refusal(() -> dm.operator().planFleet(request));
    StatusRuntimeException apply = refusal(() -> dm.operator().applyFleet(request));
    StatusRuntimeException stale =
        refusal(
            () ->
                dm.operator()
                    .planFleet(
                        FleetRequest.newBuilder()
                            .setFleet(TestFleet.spec())
                            .setIfRevision(99)
                            .build()));

    assertThat(plan.getStatus()).hasToString(apply.getStatus().toString());
    assertThat(plan.getStatus().getDescription()).contains("web-01");
    assertThat(stale.getStatus().getCode()).isEqualTo(Status.Code.FAILED_PRECONDITION);
  }

  @Test
  void theStoredFleetComesBackWithItsInventory() {
    GetFleetReply reply = dm.operator().getFleet(GetFleetRequest.getDefaultInstance());

    assertThat(reply.getFleet()).isEqualTo(TestFleet.spec());
    assertThat(reply.getRevision()).isEqualTo(1);
  }

  @Test
  void readsShowWhatIsThere() {
    dm.fleet.serve("web-01", KEY);

    assertThat(
            dm.operator()
                .getMachine(GetMachineRequest.newBuilder().setName("web-01").build())
                .getHeardList())
        .hasSize(3)
        .allMatch(each -> each.getValidForMs() == 15_000);
    assertThat(
            dm.operator()
                .explain(ExplainRequest.newBuilder().setKind("machine").setName("web-01").build())
                .getSentence())
        .contains("no report yet from heartbeat, disk, reachable");
    assertThat(
            dm.operator().listWatchdogs(ListWatchdogsRequest.getDefaultInstance()).getItemsList())
        .extracting(each -> each.getSpec().getName())
        .containsExactly("disk", "heartbeat", "reachable");
    assertThat(
            dm.operator()
                .listMachines(ListMachinesRequest.newBuilder().setType("backend").build())
                .getItemsList())
        .isEmpty();
  }
}
