package io.pilothouse.dm.state;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.log.v1.ApplyFleet;
import io.pilothouse.api.log.v1.Command;
import io.pilothouse.api.log.v1.DecideOrder;
import io.pilothouse.api.log.v1.DrainMachine;
import io.pilothouse.api.log.v1.HoldDomain;
import io.pilothouse.api.log.v1.Refusal;
import io.pilothouse.api.log.v1.Reply;
import io.pilothouse.api.log.v1.SetFreeze;
import io.pilothouse.api.v1.Access;
import io.pilothouse.api.v1.AccessRole;
import io.pilothouse.api.v1.ApprovalPolicy;
import io.pilothouse.api.v1.AuditRecord;
import io.pilothouse.api.v1.Fleet;
import io.pilothouse.api.v1.Image;
import io.pilothouse.api.v1.Limit;
import io.pilothouse.api.v1.Order;
import io.pilothouse.api.v1.OrderKind;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What concerns more machines than one person may touch waits for a second one. */
class OrdersTest {
  private static final String BOB = "operator/bob";

  /** One person may touch two machines. */
  private static Fleet.Builder spec(OrderKind... kinds) {
    return QuickFleet.spec().toBuilder()
        .setApprovals(
            ApprovalPolicy.newBuilder()
                .setBlastRadius(Limit.newBuilder().setAbsolute(2))
                .addAllSecondPersonFor(List.of(kinds)));
  }

  private static Command.Builder drain(String machine) {
    return Command.newBuilder().setDrainMachine(DrainMachine.newBuilder().setMachine(machine));
  }

  private static Command.Builder freeze(boolean frozen) {
    return Command.newBuilder().setSetFreeze(SetFreeze.newBuilder().setFrozen(frozen));
  }

  private static Command.Builder apply(Fleet fleet) {
    return Command.newBuilder().setApplyFleet(ApplyFleet.newBuilder().setFleet(fleet));
  }

  private static Command.Builder approve(String order) {
    return Command.newBuilder().setDecideOrder(DecideOrder.newBuilder().setOrder(order));
  }

  private static Command.Builder deny(String order) {
    return Command.newBuilder()
        .setDecideOrder(DecideOrder.newBuilder().setOrder(order).setDeny(true));
  }

  private static Refusal refused(FleetScenario fleet, String principal, Command.Builder command) {
    Reply reply =
        fleet
            .commit(List.of(FleetScenario.request(command, principal, "as the test asks").build()))
            .get(0);
    assertThat(reply.hasRefusal()).as(principal + " was not refused").isTrue();
    return reply.getRefusal();
  }

  private static Order order(FleetScenario fleet, String id) {
    return fleet.state.order(id).orElseThrow();
  }

  /** Alice lets repairs go on, which concerns every machine. */
  private static FleetScenario unfreezeWaits() {
    FleetScenario fleet = FleetScenario.inService(spec(OrderKind.ORDER_UNFREEZE).build());
    fleet.sends(freeze(true));
    Reply reply = fleet.sends(freeze(false));
    assertThat(reply.getOrder()).isEqualTo("A-1");
    assertThat(fleet.state.freeze().getFrozen()).as("nothing was done yet").isTrue();
    return fleet;
  }

  @Test
  void withoutTheSettingNothingWaits() {
    FleetScenario fleet = FleetScenario.inService(spec().build());
    fleet.sends(freeze(true));
    assertThat(fleet.sends(freeze(false)).getOrder()).isEmpty();
    assertThat(fleet.state.freeze().getFrozen()).isFalse();
  }

  @Test
  void anOrderAboveTheBlastRadiusIsKeptAsItWasGiven() {
    FleetScenario fleet = unfreezeWaits();
    Order order = order(fleet, "A-1");
    assertThat(order.getState()).isEqualTo(Order.State.WAITS);
    assertThat(order.getWhat()).isEqualTo("let repairs go on");
    assertThat(order.getPrincipal()).isEqualTo("operator/alice");
    assertThat(order.getMachines()).isEqualTo(fleet.state.machines().size());
    assertThat(order.getLimit()).isEqualTo(2);
    assertThat(order.getDigest()).isEqualTo(StateDigest.hex(order.getCommand().toByteArray()));
    assertThat(StatusView.of(fleet.state, fleet.now()).getCodesList())
        .extracting(each -> each.getCode() + " " + each.getAction())
        .contains("ORDER_NEEDS_APPROVAL pilot approval show A-1");
  }

  @Test
  void aSecondPersonApprovesAndItIsDoneInTheNameOfTheFirst() {
    FleetScenario fleet = unfreezeWaits();
    fleet.sends(BOB, approve("A-1"));
    assertThat(fleet.state.freeze().getFrozen()).isFalse();
    assertThat(order(fleet, "A-1").getState()).isEqualTo(Order.State.DONE);
    assertThat(order(fleet, "A-1").getDecision().getPrincipal()).isEqualTo(BOB);
    AuditRecord done =
        fleet.state.audit().stream()
            .filter(each -> each.getSubject().equals("repair/freeze"))
            .reduce((a, b) -> b)
            .orElseThrow();
    assertThat(done.getPrincipal()).isEqualTo("operator/alice");
    assertThat(done.getReason()).contains("operator/bob approved: as the test asks");
    assertThat(fleet.state.audit())
        .filteredOn(each -> each.getSubject().equals("order/A-1"))
        .extracting(each -> each.getPrincipal() + " " + each.getTo())
        .containsExactly("operator/alice WAITS", BOB + " DONE");
  }

  @Test
  void whoGaveAnOrderCannotApproveIt() {
    FleetScenario fleet = unfreezeWaits();
    Refusal refusal = fleet.isRefused(approve("A-1"));
    assertThat(refusal.getCode()).isEqualTo(Refusal.Code.NOT_ALLOWED);
    assertThat(refusal.getMessage()).contains("a second person must approve it");
    assertThat(fleet.state.freeze().getFrozen()).isTrue();
  }

  @Test
  void onlyPeopleApprove() {
    FleetScenario fleet = unfreezeWaits();
    assertThat(refused(fleet, "satellite/repair-1", approve("A-1")).getMessage())
        .contains("is not a person");
  }

  @Test
  void whatIsDeniedIsNotDoneNorAskedAgain() {
    FleetScenario fleet = unfreezeWaits();
    fleet.sends(BOB, deny("A-1"));
    assertThat(order(fleet, "A-1").getState()).isEqualTo(Order.State.DENIED);
    assertThat(fleet.state.freeze().getFrozen()).isTrue();
    assertThat(refused(fleet, BOB, approve("A-1")).getMessage()).contains("DENIED");
    assertThat(refused(fleet, BOB, approve("A-9")).getCode()).isEqualTo(Refusal.Code.NOT_FOUND);
  }

  @Test
  void theSameOrderTwiceWaitsOnce() {
    FleetScenario fleet = unfreezeWaits();
    assertThat(fleet.sends(freeze(false)).getOrder()).isEqualTo("A-1");
    assertThat(fleet.sends(BOB, freeze(false)).getOrder()).isEqualTo("A-2");
  }

  @Test
  void anOrderThatNobodyApprovesExpiresAndIsForgotten() {
    FleetScenario fleet = unfreezeWaits();
    fleet.passes(Duration.ofHours(25));
    assertThat(order(fleet, "A-1").getState()).isEqualTo(Order.State.EXPIRED);
    assertThat(refused(fleet, BOB, approve("A-1")).getMessage()).contains("EXPIRED");
    fleet.passes(Duration.ofDays(31));
    assertThat(fleet.state.orders()).isEmpty();
  }

  @Test
  void whatWouldBeRefusedIsRefusedAtOnce() {
    FleetScenario fleet =
        FleetScenario.inService(spec(OrderKind.ORDER_DRAIN, OrderKind.ORDER_UNHOLD).build());
    fleet.sends(drain("web-01"));
    fleet.sends(drain("web-02"));
    assertThat(fleet.isRefused(drain("web-77")).getCode()).isEqualTo(Refusal.Code.NOT_FOUND);
    fleet.isRefused(
        Command.newBuilder()
            .setHoldDomain(HoldDomain.newBuilder().setDomain("fleet").setEnd(true)));
    assertThat(fleet.state.orders()).isEmpty();
  }

  private static Command.Builder hold(Duration length) {
    return Command.newBuilder()
        .setHoldDomain(HoldDomain.newBuilder().setDomain("fleet").setForMs(length.toMillis()));
  }

  private static long heldUntil(FleetScenario fleet) {
    return fleet.state.domainHold("fleet").orElseThrow().getHold().getUntil();
  }

  /** Or one person could hold what is held for a second, and it would end by itself. */
  @Test
  void whoHasAHoldEndEarlierEndsIt() {
    FleetScenario fleet = FleetScenario.inService(spec(OrderKind.ORDER_UNHOLD).build());
    assertThat(fleet.sends(hold(Duration.ZERO)).getOrder()).as("nothing was held").isEmpty();

    assertThat(fleet.sends(hold(Duration.ofSeconds(1))).getOrder()).isEqualTo("A-1");
    assertThat(order(fleet, "A-1").getWhat()).isEqualTo("end the hold of fleet earlier");
    fleet.passes(Duration.ofSeconds(2));
    assertThat(heldUntil(fleet)).as("without end").isZero();

    fleet.sends(BOB, approve("A-1"));
    assertThat(heldUntil(fleet))
        .as("a second from now")
        .isEqualTo(fleet.now().toEpochMilli() + 1_000);
    assertThat(fleet.sends(hold(Duration.ofHours(2))).getOrder()).as("longer").isEmpty();
    assertThat(fleet.sends(hold(Duration.ofHours(1))).getOrder()).isEqualTo("A-2");
    assertThat(fleet.sends(hold(Duration.ZERO)).getOrder()).as("without end").isEmpty();
    assertThat(heldUntil(fleet)).isZero();
  }

  @Test
  void belowItsLevelAHoldWasReplacedByAnyOther() {
    FleetScenario fleet = FleetScenario.bornAt(FeatureLevel.SHORTENED_HOLDS - 1);
    fleet.apply(spec(OrderKind.ORDER_UNHOLD).build());
    fleet.sends(hold(Duration.ZERO));
    assertThat(fleet.sends(hold(Duration.ofSeconds(1))).getOrder()).isEmpty();
    assertThat(heldUntil(fleet)).isPositive();
  }

  @Test
  void manySmallDrainsAreOneLargeOne() {
    FleetScenario fleet = FleetScenario.inService(spec(OrderKind.ORDER_DRAIN).build());
    assertThat(fleet.sends(drain("web-01")).getOrder()).isEmpty();
    assertThat(fleet.sends(drain("web-02")).getOrder()).isEmpty();
    assertThat(fleet.sends(drain("web-03")).getOrder()).isEqualTo("A-1");
    assertThat(fleet.state.machine("web-03").orElseThrow().getDrainRequested()).isFalse();
    fleet.sends(BOB, approve("A-1"));
    assertThat(
            fleet.state.audit().stream()
                .filter(each -> each.getMachine().equals("web-03"))
                .filter(each -> each.getTo().equals("drain asked")))
        .hasSize(1);
  }

  @Test
  void anOrderThatHasGrownIsGivenAgain() {
    FleetScenario fleet = FleetScenario.inService(spec(OrderKind.ORDER_DRAIN).build());
    fleet.sends(drain("web-01"));
    fleet.sends(drain("web-02"));
    fleet.sends(drain("web-03"));
    fleet.sends(drain("web-04"));
    fleet.sends(BOB, approve("A-1"));
    Refusal refusal = refused(fleet, BOB, approve("A-2"));
    assertThat(refusal.getMessage())
        .isEqualTo("A-2 concerned 3 machines when it was given, and 4 now");
    assertThat(order(fleet, "A-2").getState()).isEqualTo(Order.State.WAITS);
  }

  @Test
  void anApplyIsBoundToTheFleetThatItWasComparedWith() {
    FleetScenario fleet = FleetScenario.inService(spec(OrderKind.ORDER_APPLY).build());
    Fleet.Builder other = spec(OrderKind.ORDER_APPLY);
    other.getTypesBuilder(0).setManifest("other");
    Reply reply = fleet.sends(apply(other.build()));
    assertThat(order(fleet, reply.getOrder()).getLinesList())
        .anyMatch(each -> each.startsWith("change type/frontend"));
    Fleet.Builder small =
        spec(OrderKind.ORDER_APPLY)
            .addImages(Image.newBuilder().setName("unused").setVersion("1.0.0"));
    assertThat(fleet.sends(apply(small.build())).getOrder()).as("touches none").isEmpty();
    assertThat(refused(fleet, BOB, approve(reply.getOrder())).getMessage())
        .contains("the server's copy has moved on");
  }

  /** Or one person could take the rule away, and then do what it forbids. */
  @Test
  void whoMayDoWhatConcernsEveryMachine() {
    FleetScenario fleet = FleetScenario.inService(spec(OrderKind.ORDER_APPLY).build());
    assertThat(fleet.sends(apply(spec().build())).getOrder()).isEqualTo("A-1");
    Access alice =
        Access.newBuilder()
            .setName("alice")
            .addPrincipals("operator/alice")
            .addRoles(AccessRole.ROLE_OPERATOR)
            .build();
    assertThat(fleet.sends(apply(spec(OrderKind.ORDER_APPLY).addAccess(alice).build())).getOrder())
        .isEqualTo("A-2");
  }

  @Test
  void whatNamesNoMachineConcernsEveryOne() {
    FleetScenario fleet = FleetScenario.inService(spec(OrderKind.ORDER_APPLY).build());
    Fleet limits = spec(OrderKind.ORDER_APPLY).setReportEveryMs(7_000).build();
    assertThat(fleet.sends(apply(limits)).getOrder()).isEqualTo("A-1");
    Fleet script =
        spec(OrderKind.ORDER_APPLY)
            .addWatchdogs(
                spec().getWatchdogs(0).toBuilder().setName("mine").addTypes("frontend").build())
            .build();
    assertThat(fleet.sends(apply(script)).getOrder()).isEqualTo("A-2");
  }

  @Test
  void whoGaveItMustStillBeAllowedTo() {
    FleetScenario fleet = unfreezeWaits();
    Access bob =
        Access.newBuilder()
            .setName("bob")
            .addPrincipals(BOB)
            .addRoles(AccessRole.ROLE_OPERATOR)
            .addRoles(AccessRole.ROLE_APPROVER)
            .build();
    fleet.sends(BOB, apply(spec(OrderKind.ORDER_UNFREEZE).addAccess(bob).build()));
    assertThat(refused(fleet, BOB, approve("A-1")).getMessage())
        .contains("operator/alice lacks the role operator");
    assertThat(fleet.state.freeze().getFrozen()).isTrue();
  }

  @Test
  void withRolesOnlyAnApproverApproves() {
    FleetScenario fleet = unfreezeWaits();
    Access everybody =
        Access.newBuilder()
            .setName("everybody")
            .addPrincipals("operator/*")
            .addRoles(AccessRole.ROLE_OPERATOR)
            .build();
    fleet.sends(BOB, apply(spec(OrderKind.ORDER_UNFREEZE).addAccess(everybody).build()));
    assertThat(refused(fleet, BOB, approve("A-1")).getMessage())
        .contains("operator/bob lacks the role approver");
  }
}
