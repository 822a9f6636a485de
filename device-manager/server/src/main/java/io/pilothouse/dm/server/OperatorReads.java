package io.pilothouse.dm.server;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.pilothouse.api.v1.Condition;
import io.pilothouse.api.v1.ExplainRequest;
import io.pilothouse.api.v1.Explanation;
import io.pilothouse.api.v1.GetBudgetReply;
import io.pilothouse.api.v1.GetMachineReply;
import io.pilothouse.api.v1.HeardFrom;
import io.pilothouse.api.v1.Lifecycle;
import io.pilothouse.api.v1.ListMachinesReply;
import io.pilothouse.api.v1.ListMachinesRequest;
import io.pilothouse.api.v1.ListOrdersReply;
import io.pilothouse.api.v1.ListOrdersRequest;
import io.pilothouse.api.v1.ListRepairsReply;
import io.pilothouse.api.v1.ListRepairsRequest;
import io.pilothouse.api.v1.ListRolloutsReply;
import io.pilothouse.api.v1.ListRolloutsRequest;
import io.pilothouse.api.v1.ListWatchdogsReply;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.Order;
import io.pilothouse.api.v1.Repair;
import io.pilothouse.api.v1.Rollout;
import io.pilothouse.api.v1.RolloutPlan;
import io.pilothouse.api.v1.StartRolloutRequest;
import io.pilothouse.api.v1.Verdict;
import io.pilothouse.api.v1.WatchdogRow;
import io.pilothouse.api.v1.WatchdogSpec;
import io.pilothouse.dm.state.BudgetView;
import io.pilothouse.dm.state.Entities;
import io.pilothouse.dm.state.Explainer;
import io.pilothouse.dm.state.Policies;
import io.pilothouse.dm.state.RefusedException;
import io.pilothouse.dm.state.RolloutPlanner;
import io.pilothouse.dm.state.State;
import io.pilothouse.dm.state.Table;
import io.pilothouse.manifests.pattern.Near;
import java.time.Instant;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What operators look at: the leader's state, once a majority has confirmed that it leads. */
final class OperatorReads {

  private static final int MOST_NAMED = 20;

  private final Ledger ledger;
  private final Writes writes;
  private final Term term;
  private final Clocks clocks;

  OperatorReads(Ledger ledger, Writes writes, Term term, Clocks clocks) {
    this.ledger = ledger;
    this.writes = writes;
    this.term = term;
    this.clocks = clocks;
  }

  /** A look at the state, which may say no. */
  private interface Look<T> {
    T at(State state, long revision) throws RefusedException;
  }

  private <T> T look(Look<T> look) {
    writes.linearize();
    return ledger.read(
        state -> {
          try {
            return look.at(state, ledger.appliedIndex());
          } catch (RefusedException e) {
            throw Refusals.of(e.refusal());
          }
        });
  }

  ListMachinesReply machines(ListMachinesRequest wanted) {
    return look(
        (state, revision) -> {
          ListMachinesReply.Builder reply = ListMachinesReply.newBuilder().setRevision(revision);
          state.machines().stream()
              .filter(machine -> matches(machine, wanted))
              .map(Shown::machine)
              .forEach(reply::addItems);
          return reply.build();
        });
  }

  private static boolean matches(Machine machine, ListMachinesRequest wanted) {
    return machine.getKind() == wanted.getKind()
        && isOr(wanted.getType(), machine.getType())
        && isOr(wanted.getScaleUnit(), machine.getScaleUnit())
        && isOr(wanted.getRack(), machine.getRack())
        && (wanted.getLifecycle() == Lifecycle.LIFECYCLE_UNSPECIFIED
            || wanted.getLifecycle() == machine.getLifecycle())
        && (wanted.getCondition() == Condition.CONDITION_UNSPECIFIED
            || (wanted.getCondition() == machine.getCondition()
                && machine.getLifecycle() == Lifecycle.IN_SERVICE));
  }

  private static boolean isOr(String wanted, String value) {
    return wanted.isEmpty() || wanted.equals(value);
  }

  GetMachineReply machine(String name) {
    LastHeard heard = term.lastHeard();
    return look(
        (state, revision) -> {
          Machine machine =
              state
                  .machine(name)
                  .orElseThrow(() -> missing("machine", name, names(state), "machine list"));
          GetMachineReply.Builder reply =
              GetMachineReply.newBuilder()
                  .setMachine(Shown.machine(machine))
                  .addAllVerdicts(state.verdicts(name))
                  .setRevision(revision);
          state.repair(machine.getRepairId()).ifPresent(reply::setRepair);
          for (WatchdogSpec spec : Policies.watchdogsOf(state, machine)) {
            OptionalLong at = heard.at(name, spec.getName());
            HeardFrom.Builder from =
                HeardFrom.newBuilder()
                    .setWatchdog(spec.getName())
                    .setValidForMs(Policies.validForMs(spec));
            at.ifPresent(nanos -> from.setAt(clocks.wallTimeOf(nanos).toEpochMilli()));
            reply.addHeard(from);
          }
          return reply.build();
        });
  }

  Explanation explain(ExplainRequest request) {
    return look(
        (state, revision) ->
            Explainer.explain(state, request.getKind(), request.getName(), later(state.now())));
  }

  /** Without their commands: those may be as large as the fleet. */
  ListOrdersReply orders(ListOrdersRequest wanted) {
    return look(
        (state, revision) -> {
          ListOrdersReply.Builder reply = ListOrdersReply.newBuilder().setRevision(revision);
          state.orders().stream()
              .filter(each -> isOr(wanted.getId(), each.getId()))
              .filter(each -> !wanted.getWaitingOnly() || each.getState() == Order.State.WAITS)
              .sorted(Comparator.comparingLong(Order::getNumber))
              .forEach(each -> reply.addItems(each.toBuilder().clearCommand()));
          if (!wanted.getId().isEmpty() && reply.getItemsCount() == 0) {
            List<String> known = state.orders().stream().map(Order::getId).toList();
            throw missing("order", wanted.getId(), known, "approval list");
          }
          return reply.build();
        });
  }

  RolloutPlan planRollout(StartRolloutRequest wanted) {
    return look(
        (state, revision) ->
            RolloutPlanner.plan(
                    state,
                    wanted.getType(),
                    wanted.getName(),
                    wanted.getVersion(),
                    wanted.getFirstList())
                .toBuilder()
                .setRevision(revision)
                .build());
  }

  ListRolloutsReply rollouts(ListRolloutsRequest wanted) {
    return look(
        (state, revision) -> {
          ListRolloutsReply.Builder reply = ListRolloutsReply.newBuilder().setRevision(revision);
          state.rollouts().stream()
              .filter(each -> isOr(wanted.getId(), each.getId()))
              .filter(each -> isOr(wanted.getType(), each.getType()))
              .sorted(Comparator.comparingLong(Rollout::getOrder))
              .forEach(reply::addItems);
          if (!wanted.getId().isEmpty() && reply.getItemsCount() == 0) {
            throw missing("rollout", wanted.getId(), List.of(), "rollout list");
          }
          return reply.build();
        });
  }

  ListRepairsReply repairs(ListRepairsRequest wanted) {
    return look(
        (state, revision) -> {
          ListRepairsReply.Builder reply =
              ListRepairsReply.newBuilder().setRevision(revision).setFreeze(state.freeze());
          state.repairs().stream()
              .filter(each -> isOr(wanted.getId(), each.getId()))
              .filter(each -> !wanted.getOpenOnly() || isOpen(each))
              .filter(each -> !wanted.getTicketsOnly() || (each.hasTicket() && isOpen(each)))
              .sorted(Comparator.comparingLong(Repair::getOrder).thenComparing(Repair::getId))
              .forEach(reply::addItems);
          if (!wanted.getId().isEmpty() && reply.getItemsCount() == 0) {
            throw missing("repair", wanted.getId(), List.of(), "repair list");
          }
          return reply.build();
        });
  }

  private static boolean isOpen(Repair repair) {
    return switch (repair.getState()) {
      case ASSIGNED, WAITING, READY, CLAIMED, REPAIR_DRAINING, EXECUTING, VERIFYING -> true;
      case DONE, FAILED, EXPIRED, STATE_UNSPECIFIED, UNRECOGNIZED -> false;
    };
  }

  GetBudgetReply budget() {
    return look(
        (state, revision) ->
            GetBudgetReply.newBuilder()
                .addAllItems(BudgetView.lines(state))
                .setRevision(revision)
                .build());
  }

  ListWatchdogsReply watchdogs() {
    LastHeard heard = term.lastHeard();
    return look(
        (state, revision) -> {
          Map<String, WatchdogRow.Builder> rows = new TreeMap<>();
          for (WatchdogSpec spec : state.fleet().getWatchdogsList()) {
            WatchdogRow.Builder row = WatchdogRow.newBuilder().setSpec(spec);
            state.watchdog(spec.getName()).ifPresent(row::setState);
            rows.put(spec.getName(), row);
          }
          for (Verdict verdict : state.verdicts()) {
            WatchdogRow.@Nullable Builder row = rows.get(verdict.getWatchdog());
            if (row != null) {
              count(row, verdict);
            }
          }
          ListWatchdogsReply.Builder reply = ListWatchdogsReply.newBuilder().setRevision(revision);
          soft(heard, rows);
          rows.values().forEach(reply::addItems);
          return reply.build();
        });
  }

  /** What only the leader has in mind. */
  private static void soft(LastHeard heard, Map<String, WatchdogRow.Builder> rows) {
    rows.forEach((name, row) -> row.setShed(heard.floods().shed(name)));
    for (Map.Entry<String, Reporter> reporter : heard.reporters()) {
      for (String watchdog : reporter.getValue().watchdogs()) {
        WatchdogRow.@Nullable Builder row = rows.get(watchdog);
        if (row != null && row.getReportersCount() < MOST_NAMED) {
          row.addReporters(reporter.getKey());
        }
      }
    }
  }

  private static void count(WatchdogRow.Builder row, Verdict verdict) {
    if (verdict.getSilent()) {
      row.setSilent(row.getSilent() + 1);
      return;
    }
    switch (verdict.getKind()) {
      case OK -> row.setOk(row.getOk() + 1);
      case WARNING -> row.setWarning(row.getWarning() + 1);
      case ERROR -> {
        row.setError(row.getError() + 1);
        if (row.getErrorMachinesCount() < MOST_NAMED) {
          row.addErrorMachines(verdict.getMachine());
        }
      }
      case UNKNOWN -> row.setUnknown(row.getUnknown() + 1);
      case VERDICT_UNSPECIFIED, UNRECOGNIZED -> {}
    }
  }

  /** The state's timeouts were stamped by leaders whose clock may be ahead of ours. */
  private Instant later(Instant stateNow) {
    Instant now = clocks.now();
    return now.isAfter(stateNow) ? now : stateNow;
  }

  private static Set<String> names(Entities state) {
    return state.table(Table.MACHINE).keySet();
  }

  private static StatusRuntimeException missing(
      String kind, String name, Collection<String> known, String command) {
    return Refusals.of(
        Status.Code.NOT_FOUND,
        "no %s \"%s\" is known%s".formatted(kind, name, Near.hint(name, known)),
        "`pilot %s` shows those there are".formatted(command));
  }
}
