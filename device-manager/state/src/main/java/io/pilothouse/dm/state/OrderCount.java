package io.pilothouse.dm.state;

import io.pilothouse.api.log.v1.Command;
import io.pilothouse.api.log.v1.HoldDomain;
import io.pilothouse.api.log.v1.StartRollout;
import io.pilothouse.api.v1.Fleet;
import io.pilothouse.api.v1.FleetChange;
import io.pilothouse.api.v1.Lifecycle;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.OrderKind;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * How many machines an order concerns. Drains and decommissions name one machine each: they count
 * together with what is away already, or many small orders would be a large one.
 *
 * @param what for people: what is ordered
 */
record OrderCount(OrderKind kind, String what, int machines) {
  /** Who may do what, and scripts, which can do anything where they run. */
  private static final List<String> OF_ALL = List.of("access/", "watchdog/");

  /** Of a command that can concern many; empty for all others. */
  static Optional<OrderKind> kind(Entities state, Command command) {
    return Optional.ofNullable(
        switch (command.getKindCase()) {
          case APPLY_FLEET -> OrderKind.ORDER_APPLY;
          case START_ROLLOUT -> OrderKind.ORDER_ROLLOUT;
          case DRAIN_MACHINE -> OrderKind.ORDER_DRAIN;
          case DECOMMISSION_MACHINE -> OrderKind.ORDER_DECOMMISSION;
          case HOLD_DOMAIN ->
              DomainHolds.endsEarlier(state, command.getHoldDomain())
                  ? OrderKind.ORDER_UNHOLD
                  : null;
          case SET_FREEZE -> command.getSetFreeze().getFrozen() ? null : OrderKind.ORDER_UNFREEZE;
          default -> null;
        });
  }

  /** Counts; looks at every machine. */
  static Optional<OrderCount> of(Entities state, Command command) throws RefusedException {
    Optional<OrderKind> kind = kind(state, command);
    return kind.isEmpty() ? Optional.empty() : Optional.of(of(state, kind.get(), command));
  }

  private static OrderCount of(Entities state, OrderKind kind, Command command)
      throws RefusedException {
    return switch (kind) {
      case ORDER_APPLY -> {
        Fleet wanted = PackedFleet.of(state, command.getApplyFleet());
        yield apply(state, wanted, FleetDiff.of(state, wanted));
      }
      case ORDER_ROLLOUT -> rollout(state, command.getStartRollout());
      case ORDER_DRAIN ->
          new OrderCount(
              kind,
              "drain " + command.getDrainMachine().getMachine(),
              1 + count(state, OrderCount::isAway));
      case ORDER_DECOMMISSION ->
          new OrderCount(
              kind,
              "decommission " + command.getDecommissionMachine().getMachine(),
              1 + decommissionedLately(state));
      case ORDER_UNHOLD -> unhold(state, command.getHoldDomain());
      case ORDER_UNFREEZE ->
          new OrderCount(
              kind,
              "let repairs go on",
              count(state, each -> each.getLifecycle() == Lifecycle.IN_SERVICE));
      case ORDER_KIND_UNSPECIFIED, UNRECOGNIZED ->
          throw new IllegalStateException("no order is of kind " + kind);
    };
  }

  /**
   * What the plan counts, but for machines that are added; and all machines for what a person could
   * take the others' by.
   */
  static OrderCount apply(Entities state, Fleet wanted, List<FleetChange> changes) {
    boolean all =
        changes.stream().anyMatch(each -> OF_ALL.stream().anyMatch(each.getObject()::startsWith));
    int machines =
        all
            ? count(state, each -> each.getLifecycle() != Lifecycle.DECOMMISSIONED)
            : new FleetReach(state, wanted).touched(changes);
    return new OrderCount(OrderKind.ORDER_APPLY, "apply fleet files", machines);
  }

  private static OrderCount rollout(Entities state, StartRollout order) {
    return new OrderCount(
        OrderKind.ORDER_ROLLOUT,
        "roll out %s@%s on %s".formatted(order.getName(), order.getVersion(), order.getType()),
        count(
            state,
            each ->
                each.getType().equals(order.getType())
                    && each.getLifecycle() == Lifecycle.IN_SERVICE));
  }

  private static OrderCount unhold(Entities state, HoldDomain order) {
    return new OrderCount(
        OrderKind.ORDER_UNHOLD,
        "end the hold of " + order.getDomain() + (order.getEnd() ? "" : " earlier"),
        count(state, each -> DomainHolds.domainsOf(each).contains(order.getDomain())));
  }

  private static boolean isAway(Machine machine) {
    return machine.getDrainRequested()
        || machine.getLifecycle() == Lifecycle.DRAINING
        || machine.getLifecycle() == Lifecycle.MAINTENANCE;
  }

  private static int decommissionedLately(Entities state) {
    long since = state.meta().getNow() - Approvals.windowMs(state);
    return count(
        state, each -> each.getLifecycle() == Lifecycle.DECOMMISSIONED && each.getSince() > since);
  }

  private static int count(Entities state, Predicate<Machine> which) {
    return (int) state.machines().stream().filter(which).count();
  }
}
