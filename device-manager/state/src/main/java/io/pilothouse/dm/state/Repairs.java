package io.pilothouse.dm.state;

import io.pilothouse.api.v1.Action;
import io.pilothouse.api.v1.AuditRecord;
import io.pilothouse.api.v1.Condition;
import io.pilothouse.api.v1.ErrorState;
import io.pilothouse.api.v1.Lifecycle;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.PastAction;
import io.pilothouse.api.v1.ProbationCause;
import io.pilothouse.api.v1.Repair;
import io.pilothouse.api.v1.RepairPolicy;
import io.pilothouse.api.v1.VersionRef;
import io.pilothouse.manifests.policy.Decision;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.stream.Collectors;

/**
 * Repair tasks, from the action that is chosen to the end. {@link RepairAdmission} lets them begin,
 * {@link RepairWork} takes what the Repair Service reports, {@link RepairDrain} has the processes
 * stop first, {@link Approvals} has a person's word.
 */
final class Repairs {
  private static final int CLOSED_KEPT = 1000;
  private static final int CLOSED_KEPT_AT_MOST = 10_000;

  private Repairs() {}

  /** A machine just entered FAILURE. */
  static void failed(Draft draft, String name) {
    Machine machine = draft.machine(name).orElseThrow();
    if (Rollouts.explains(draft, machine)) {
      Rollouts.machineFailed(draft, machine);
    } else {
      assign(draft, machine);
    }
  }

  /** Chooses and records the next action for a machine in FAILURE. */
  static boolean assign(Draft draft, Machine machine) {
    RepairPolicy policy = Policies.repair(draft, machine);
    ErrorState error = machine.getError();
    Decision choice = Ladder.choose(error, machine, policy, draft.now());
    Action action = Switches.possible(machine, choice.action());
    String rule = Switches.rule(machine, choice.action(), choice.shown());
    long number = draft.meta().getNextRepair() + 1;
    draft.put(draft.meta().toBuilder().setNextRepair(number).build());
    Repair repair =
        Repair.newBuilder()
            .setId("R-" + number)
            .setMachine(machine.getName())
            .setAction(action)
            .setState(Repair.State.ASSIGNED)
            .setCreatedAt(draft.nowMillis())
            .setSince(draft.nowMillis())
            .setFault(error.getFault())
            .setSeverity(error.getSeverity())
            .addAllEvidence(Conditions.evidence(draft, machine, error))
            .setRule(rule)
            .addAllConsidered(choice.considered())
            .setNeedsApproval(choice.approval())
            .setOrder(number)
            .setErrorSince(error.getSince())
            .addAllBudgetThen(Budget.standing(draft, machine))
            .setAttempts(recentActs(machine, policy, draft.nowMillis()))
            .build();
    draft.put(repair);
    Machine.Builder assigned = machine.toBuilder().setRepairId(repair.getId());
    Conditions.addPastAction(
        assigned,
        PastAction.newBuilder()
            .setAction(action)
            .setAt(draft.nowMillis())
            .setFault(error.getFault())
            .setRepairId(repair.getId())
            .build());
    draft.put(assigned.build());
    draft.audit(
        record(repair, "", "ASSIGNED", "assigned " + Texts.action(action))
            .setRule(rule)
            .addAllEvidence(repair.getEvidenceList()));
    // held by an incident, DoNothing waits as well: admission finishes it
    if (action == Action.DO_NOTHING && Incidents.veto(draft, machine).isEmpty()) {
      finishDoNothing(draft, repair, rule);
    }
    forget(draft);
    return true;
  }

  private static int recentActs(Machine machine, RepairPolicy policy, long now) {
    return (int)
        machine.getPastActionsList().stream()
            .filter(each -> each.getAt() > now - policy.getAttemptsWindowMs())
            .count();
  }

  static void finishDoNothing(Draft draft, Repair repair, String rule) {
    Repair done =
        move(repair, Repair.State.DONE, draft)
            .setAction(Action.DO_NOTHING)
            .clearVetoes()
            .setOutcome("nothing was done; Probation shows whether the errors clear")
            .build();
    draft.put(done);
    draft.audit(record(done, repair.getState().name(), "DONE", done.getOutcome()).setRule(rule));
    Machine.Builder machine = release(draft, done);
    List<VersionRef> wanted = Reconcile.wantUnitsVersions(draft, machine);
    Conditions.enterProbation(
        draft,
        machine,
        ProbationCause.CAUSE_DO_NOTHING,
        "DoNothing: wait and see"
            + wanted.stream()
                .map(each -> ", on its unit's version " + Texts.ref(each))
                .collect(Collectors.joining()),
        List.of(repair.getId()),
        rule);
  }

  /** Clears the machine's open repair and stamps the end of its past action. */
  static Machine.Builder release(Draft draft, Repair repair) {
    Machine.Builder machine = draft.machine(repair.getMachine()).orElseThrow().toBuilder();
    machine.clearRepairId().setDraining(false).clearConsent();
    for (int i = 0; i < machine.getPastActionsCount(); i++) {
      PastAction past = machine.getPastActions(i);
      if (past.getRepairId().equals(repair.getId())) {
        machine.setPastActions(
            i, past.toBuilder().setEndedAt(draft.nowMillis()).setAction(repair.getAction()));
      }
    }
    return machine;
  }

  /** The lease was lost or changed hands: nothing may be executed twice. */
  static void leaseLost(Draft draft) {
    List<Repair> claimed =
        draft
            .indexes()
            .repairs
            .in(draft, Repair.State.CLAIMED, Repair.State.REPAIR_DRAINING, Repair.State.EXECUTING);
    for (Repair repair : claimed) {
      if (repair.getState() == Repair.State.EXECUTING) {
        RepairWork.toVerifying(draft, repair, "the Repair Service lost its lease while executing");
      } else {
        unclaim(draft, repair);
      }
    }
  }

  private static void unclaim(Draft draft, Repair repair) {
    Repair ready =
        move(repair, Repair.State.READY, draft)
            .setDeadline(0)
            .setDueAt(0)
            .setDrained(false)
            .build();
    draft.put(ready);
    draft.audit(
        record(ready, repair.getState().name(), "READY", "the Repair Service lost its lease"));
    RepairDrain.letRun(draft, repair.getMachine());
  }

  private static void late(Draft draft, Repair repair) {
    RepairTries.cameToNothing(draft, repair, "nobody came to it in time");
  }

  /** A deadline of the repair is over. */
  static void expire(Draft draft, Repair repair) {
    switch (repair.getState()) {
      case ASSIGNED, WAITING, READY ->
          // what held it back may be over: admission looks again
          draft.put(repair.toBuilder().setDueAt(0).build());
      case REPAIR_DRAINING -> {
        if (repair.getDrained()) {
          late(draft, repair);
        } else {
          RepairDrain.end(draft, repair, "the time for its processes to stop is over");
        }
      }
      case CLAIMED -> late(draft, repair);
      case EXECUTING, VERIFYING ->
          close(
              draft,
              repair,
              "%s did not end before its deadline in %s"
                  .formatted(Texts.action(repair.getAction()), Texts.state(repair.getState())));
      case DONE, FAILED, EXPIRED, STATE_UNSPECIFIED, UNRECOGNIZED ->
          throw new IllegalStateException("a closed repair with a deadline: " + repair.getId());
    }
  }

  /** Closes a repair as FAILED; the machine stays in FAILURE and gets the next stronger action. */
  static void close(Draft draft, Repair repair, String why) {
    Repair failed = move(repair, Repair.State.FAILED, draft).setOutcome(why).build();
    draft.put(failed);
    draft.audit(record(failed, repair.getState().name(), "FAILED", why));
    Machine.Builder machine = release(draft, failed);
    draft.put(machine.build());
    if (machine.getLifecycle() == Lifecycle.IN_SERVICE
        && machine.getCondition() == Condition.FAILURE) {
      assign(draft, draft.machine(machine.getName()).orElseThrow());
    }
  }

  /** Closes the machine's repair because it leaves the fleet. */
  static void abandon(Draft draft, String machineName, String why) {
    Machine machine = draft.machine(machineName).orElseThrow();
    Optional<Repair> repair = draft.repair(machine.getRepairId());
    if (repair.isPresent()) {
      Repair expired =
          move(repair.get(), Repair.State.EXPIRED, draft).setOutcome(why).clearVetoes().build();
      draft.put(expired);
      draft.audit(record(expired, repair.get().getState().name(), "EXPIRED", why));
      draft.put(release(draft, expired).build());
    }
  }

  static Repair.Builder move(Repair repair, Repair.State to, Draft draft) {
    Transitions.REPAIR.check(repair.getState(), to, repair.getId());
    Repair.Builder moved = repair.toBuilder().setState(to).setSince(draft.nowMillis());
    boolean closed =
        to == Repair.State.DONE || to == Repair.State.FAILED || to == Repair.State.EXPIRED;
    return closed ? moved.setDeadline(0).setDueAt(0) : moved;
  }

  static AuditRecord.Builder record(Repair repair, String from, String to, String text) {
    return AuditRecord.newBuilder()
        .setKind("ACTION")
        .setSubject("repair/" + repair.getId())
        .setMachine(repair.getMachine())
        .setFrom(from)
        .setTo(to)
        .setAction(repair.getAction())
        .setRule(repair.getRule())
        .setText(text);
  }

  /**
   * Keeps the newest closed repairs only, and older ones for as long as they count for what needs a
   * person's word: a thousand harmless repairs must not make room for more destructive ones.
   */
  private static void forget(Draft draft) {
    SortedSet<Place> closed = draft.indexes().repairs.closed();
    int excess = closed.size() - CLOSED_KEPT;
    if (excess <= 0) {
      return;
    }
    boolean full = closed.size() > CLOSED_KEPT_AT_MOST;
    closed.stream()
        .map(each -> draft.repair(each.name()).orElseThrow())
        .filter(each -> full || !Approvals.counts(draft, each))
        .limit(excess)
        .toList()
        .forEach(each -> draft.removeRepair(each.getId()));
  }
}
