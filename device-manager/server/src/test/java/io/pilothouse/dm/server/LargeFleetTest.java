package io.pilothouse.dm.server;

import static io.pilothouse.dm.server.EdgeHarness.refusal;
import static io.pilothouse.dm.server.EdgeHarness.remedy;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.pilothouse.api.log.v1.ApplyFleet;
import io.pilothouse.api.log.v1.Command;
import io.pilothouse.api.log.v1.Request;
import io.pilothouse.api.v1.AccessRole;
import io.pilothouse.api.v1.Fleet;
import io.pilothouse.api.v1.FleetChange;
import io.pilothouse.api.v1.FleetPlan;
import io.pilothouse.api.v1.FleetRequest;
import io.pilothouse.api.v1.InventoryMachine;
import io.pilothouse.api.v1.OperatorGrpc;
import io.pilothouse.api.v1.WriteContext;
import io.pilothouse.api.v1.WriteReply;
import io.pilothouse.dm.raft.Exceptions;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Fleets that neither a request nor an entry holds as they are. */
class LargeFleetTest {

  private static final WriteContext CONTEXT =
      WriteContext.newBuilder().setClientId("cli-1").setSequence(1).setReason("why").build();

  /** Of what cannot be packed much: more than one entry takes. */
  private static final Fleet LARGE = fleet(7_000, 700);

  private final EdgeHarness dm = new EdgeHarness();

  @AfterEach
  void close() {
    dm.close();
  }

  private static Fleet fleet(int machines, int text) {
    Random random = new Random(7);
    byte[] bytes = new byte[text * 3 / 4];
    Fleet.Builder fleet = TestFleet.spec().toBuilder();
    for (int i = 0; i < machines; i++) {
      random.nextBytes(bytes);
      fleet.addMachines(
          InventoryMachine.newBuilder()
              .setName("m-%06d".formatted(i))
              .setType("frontend")
              .setScaleUnit("su-1")
              .setModel(Base64.getEncoder().encodeToString(bytes)));
    }
    return fleet.build();
  }

  private static FleetRequest.Builder packed(Fleet fleet) {
    return FleetRequest.newBuilder()
        .setPacked(Packing.of(fleet, true).getPacked())
        .setPackedSize(fleet.getSerializedSize())
        .setContext(CONTEXT);
  }

  private List<Command.KindCase> logged() {
    return dm.ledger.submitted().stream()
        .map(Request::getCommand)
        .map(Command::getKindCase)
        .filter(each -> each != Command.KindCase.TICK)
        .toList();
  }

  @Test
  void itComesIntoTheLogInPartsAndIsAppliedAtOnce() {
    FleetPlan plan = dm.operator().planFleet(packed(LARGE).build());
    assertThat(logged()).as("a plan is a read").isEmpty();
    assertThat(plan.getChangesTotal()).isEqualTo(plan.getChangesCount()).isGreaterThan(7_000);

    WriteReply reply =
        dm.operator().applyFleet(packed(LARGE).setIfRevision(plan.getRevision()).build());

    assertThat(logged())
        .startsWith(Command.KindCase.STAGE_FLEET, Command.KindCase.STAGE_FLEET)
        .endsWith(Command.KindCase.APPLY_FLEET);
    assertThat(logged().stream().filter(Command.KindCase.APPLY_FLEET::equals)).hasSize(1);
    assertThat(dm.ledger.submitted())
        .allSatisfy(each -> assertThat(each.getSerializedSize()).isLessThan(4 << 20));
    assertThat(dm.fleet.machine("m-006999").getModel()).hasSize(700);
    assertThat(dm.ledger.<Integer>read(state -> state.fleetParts().size())).isZero();
    assertThat(reply.getRevision()).isEqualTo(dm.ledger.appliedIndex());
    assertThat(dm.operator().planFleet(packed(LARGE).build()).getChangesTotal()).isZero();
  }

  @Test
  void aFleetThatDoesNotComePackedIsPackedHere() {
    dm.operator().applyFleet(FleetRequest.newBuilder().setFleet(LARGE).build());
    assertThat(logged()).startsWith(Command.KindCase.STAGE_FLEET);
    assertThat(dm.fleet.machine("m-000000").getModel()).hasSize(700);
  }

  @Test
  void aRepeatedCallIsAnsweredAsTheFirstAndStagesNothing() {
    WriteReply first = dm.operator().applyFleet(packed(LARGE).build());
    int before = logged().size();
    assertThat(dm.operator().applyFleet(packed(LARGE).build())).isEqualTo(first);
    assertThat(logged()).hasSize(before + 1);
    assertThat(dm.ledger.<Integer>read(state -> state.fleetParts().size())).isZero();
  }

  @Test
  void whatBrokeOffGoesOnWhereItWas() {
    dm.operator().applyFleet(FleetRequest.newBuilder().setFleet(TestFleet.spec()).build());
    int parts = (int) logged(LARGE);
    // as if the leader had ended behind the first part
    dm.fleet.decide(firstPart());
    dm.ledger.failWith(Exceptions.outcomeUnknown("leadership was lost"));
    StatusRuntimeException lost = refusal(() -> dm.operator().applyFleet(packed(LARGE).build()));
    assertThat(lost.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
    assertThat(dm.ledger.<Boolean>read(state -> state.machine("m-000000").isPresent())).isFalse();

    dm.ledger.failWith(null);
    dm.operator().applyFleet(packed(LARGE).build());

    assertThat(logged().stream().filter(Command.KindCase.STAGE_FLEET::equals)).hasSize(parts);
    assertThat(dm.fleet.machine("m-000000").getModel()).hasSize(700);
  }

  private static long logged(Fleet fleet) {
    return Math.ceilDiv(Packing.of(fleet, true).getPacked().size(), 3 << 20);
  }

  private static Command.Builder firstPart() {
    ByteString packed = Packing.of(LARGE, true).getPacked();
    Command.Builder command = Command.newBuilder();
    command
        .getStageFleetBuilder()
        .setSha256(Packing.sha256(packed))
        .setBytes(packed.substring(0, 3 << 20));
    return command;
  }

  @Test
  void anotherReplicaNamesTheLeaderAndStagesNothing() {
    dm.ledger.leaderIs(Optional.of(FakeLedger.OTHER));
    for (StatusRuntimeException each :
        List.of(
            refusal(() -> dm.operator().applyFleet(packed(LARGE).build())),
            refusal(() -> dm.operator().planFleet(packed(LARGE).build())))) {
      assertThat(each.getTrailers().get(Refusals.LEADER)).isNotNull();
    }
    assertThat(logged()).isEmpty();
  }

  @Test
  void whatCannotBeAFleetIsRefusedBeforeAnythingIsLogged() {
    FleetRequest both = packed(LARGE).setFleet(TestFleet.spec()).build();
    FleetRequest beyond = packed(LARGE).setPackedSize((256 << 20) + 1).build();
    FleetRequest negative = packed(LARGE).setPackedSize(-1).build();
    for (FleetRequest each : List.of(both, beyond, negative)) {
      StatusRuntimeException apply = refusal(() -> dm.operator().applyFleet(each));
      StatusRuntimeException plan = refusal(() -> dm.operator().planFleet(each));
      assertThat(apply.getStatus().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
      assertThat(plan.getStatus().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
      assertThat(plan.getStatus().getDescription()).isEqualTo(apply.getStatus().getDescription());
      assertThat(remedy(apply)).isNotBlank();
    }
    assertThat(logged()).isEmpty();
  }

  @Test
  void whatIsDamagedIsRefusedByPlanAndApplyInTheSameWords() {
    FleetRequest damaged =
        packed(LARGE).setPacked(packed(LARGE).getPacked().substring(0, 2 << 20)).build();
    StatusRuntimeException plan = refusal(() -> dm.operator().planFleet(damaged));
    StatusRuntimeException apply = refusal(() -> dm.operator().applyFleet(damaged));
    assertThat(plan.getStatus().getDescription())
        .startsWith("the packed fleet cannot be read: it ends after")
        .isEqualTo(apply.getStatus().getDescription());
  }

  @Test
  void ofVeryManyChangesThoseThatSayMostAreListed() {
    dm.fleet.apply();
    Fleet.Builder many = fleet(FleetReads.MOST_LISTED, 3).toBuilder();
    many.removeMachines(1); // web-02, expected only
    many.getTypesBuilder(0).setRepairPolicy("default");
    FleetPlan plan =
        dm.operator().planFleet(FleetRequest.newBuilder().setFleet(many.build()).build());
    assertThat(plan.getChangesCount()).isEqualTo(FleetReads.MOST_LISTED);
    assertThat(plan.getChangesTotal()).isEqualTo(FleetReads.MOST_LISTED + 2);
    assertThat(plan.getRemovalsTotal()).isEqualTo(1);
    assertThat(plan.getChangesList().stream().map(FleetChange::getObject).limit(3))
        .containsExactly("machine/web-02", "type/frontend", "machine/m-000000");
    assertThat(plan.getMachinesTouched()).isEqualTo(FleetReads.MOST_LISTED + 2);
  }

  @Test
  void largeFleetsAreLookedAtOneAfterTheOther() {
    dm.ledger.hold();
    CompletableFuture<WriteReply> first =
        dm.asynchronously(() -> dm.operator().applyFleet(packed(LARGE).build()));
    EdgeHarness.until(() -> dm.ledger.held() > 0);
    CompletableFuture<FleetPlan> second =
        dm.asynchronously(() -> dm.operator().planFleet(packed(LARGE).build()));
    EdgeHarness.until(() -> dm.edge.largeFleets().waiting() == 1);
    dm.operator().planFleet(FleetRequest.newBuilder().setFleet(TestFleet.spec()).build());
    assertThat(second).as("a plan waits for no entry, only for its turn").isNotDone();
    assertThat(first).isNotDone();
    dm.ledger.release();
    long revision = EdgeHarness.get(first).getRevision();
    assertThat(EdgeHarness.get(second).getRevision()).isPositive().isLessThanOrEqualTo(revision);
    assertThat(EdgeHarness.get(second).getChangesTotal()).as("it came after").isZero();
  }

  @Test
  void whoLosesTheRightWhileWaitingHasNothingUnpacked() {
    allow("operator/alice", "operator/setup", "operator/olga");
    OperatorGrpc.OperatorBlockingStub olga =
        OperatorGrpc.newBlockingStub(dm.as("operator/olga", ""));
    FleetRequest damaged =
        packed(LARGE).setPacked(packed(LARGE).getPacked().substring(0, 2 << 20)).build();
    CompletableFuture<StatusRuntimeException> plan =
        dm.edge
            .largeFleets()
            .oneByOne(
                () -> {
                  CompletableFuture<StatusRuntimeException> waits =
                      dm.asynchronously(() -> refusal(() -> olga.planFleet(damaged)));
                  EdgeHarness.until(() -> dm.edge.largeFleets().waiting() == 1);
                  allow("operator/alice", "operator/setup");
                  return waits;
                });
    assertThat(EdgeHarness.get(plan).getStatus().getCode())
        .as("what was sent is damaged, but that was not looked at")
        .isEqualTo(Status.Code.PERMISSION_DENIED);
    assertThat(remedy(EdgeHarness.get(plan))).isNotBlank();
  }

  /** Only these may do anything. */
  private void allow(String... operators) {
    Fleet.Builder fleet = TestFleet.spec().toBuilder();
    fleet
        .addAccessBuilder()
        .setName("operators")
        .addAllPrincipals(List.of(operators))
        .addRoles(AccessRole.ROLE_OPERATOR);
    dm.fleet.decide(Command.newBuilder().setApplyFleet(ApplyFleet.newBuilder().setFleet(fleet)));
  }
}
