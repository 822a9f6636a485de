package io.pilothouse.dm.state;

import io.pilothouse.api.log.v1.ClaimRepair;
import io.pilothouse.api.log.v1.Refusal;
import io.pilothouse.api.log.v1.ReportRepair;
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

/** Repair tasks: chosen, admitted, claimed, executed by the Repair Service, verified here. */
final class Repairs {
  private static final int CLOSED_KEPT = 1000;

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
    long number = draft.meta().getNextRepair() + 1;
    draft.put(draft.meta().toBuilder().setNextRepair(number).build());
    Repair repair =
        Repair.newBuilder()
            .setId("R-" + number)
            .setMachine(machine.getName())
            .setAction(choice.action())
            .setState(Repair.State.ASSIGNED)
            .setCreatedAt(draft.nowMillis())
            .setSince(draft.nowMillis())
            .setFault(error.getFault())
            .setSeverity(error.getSeverity())
            .addAllEvidence(Conditions.evidence(draft, machine, error))
            .setRule(choice.shown())
            .addAllConsidered(choice.considered())
            .setNeedsApproval(choice.approval())
            .setOrder(number)
            .setAttempts(recentActs(machine, policy, draft.nowMillis()))
            .build();
    draft.put(repair);
    Machine.Builder assigned = machine.toBuilder().setRepairId(repair.getId());
    Conditions.addPastAction(
        assigned,
        PastAction.newBuilder()
            .setAction(choice.action())
            .setAt(draft.nowMillis())
            .setFault(error.getFault())
            .setRepairId(repair.getId())
            .build());
    draft.put(assigned.build());
    draft.audit(
        record(repair, "", "ASSIGNED", "assigned " + Texts.action(choice.action()))
            .setRule(choice.shown())
            .addAllEvidence(repair.getEvidenceList()));
    // held by an incident, DoNothing waits as well: admission finishes it
    if (choice.action() == Action.DO_NOTHING && Incidents.veto(draft, machine).isEmpty()) {
      finishDoNothing(draft, repair, choice.shown());
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
    Optional<VersionRef> wanted = Reconcile.versionForFailed(draft, machine.build());
    wanted.ifPresent(machine::setWantedActive);
    Conditions.enterProbation(
        draft,
        machine,
        ProbationCause.CAUSE_DO_NOTHING,
        "DoNothing: wait and see"
            + wanted.map(each -> ", on its unit's version " + Texts.ref(each)).orElse(""),
        List.of(repair.getId()),
        rule);
  }

  /** Clears the machine's open repair and stamps the end of its past action. */
  private static Machine.Builder release(Draft draft, Repair repair) {
    Machine.Builder machine = draft.machine(repair.getMachine()).orElseThrow().toBuilder();
    machine.clearRepairId();
    for (int i = 0; i < machine.getPastActionsCount(); i++) {
      PastAction past = machine.getPastActions(i);
      if (past.getRepairId().equals(repair.getId())) {
        machine.setPastActions(
            i, past.toBuilder().setEndedAt(draft.nowMillis()).setAction(repair.getAction()));
      }
    }
    return machine;
  }

  /** The Repair Service's leader takes a task. */
  static void claim(Draft draft, ClaimRepair claim) throws RefusedException {
    Repair repair = find(draft, claim.getRepair());
    Leases.require(draft, "repair", claim.getToken());
    if (repair.getState() == Repair.State.CLAIMED && repair.getToken() == claim.getToken()) {
      return;
    }
    if (repair.getState() != Repair.State.READY) {
      throw new RefusedException(
          Refusal.Code.PRECONDITION,
          "%s is %s, only READY repairs can be claimed"
              .formatted(repair.getId(), repair.getState()),
          "pull the list of repairs again");
    }
    Machine machine = draft.machine(repair.getMachine()).orElseThrow();
    RepairPolicy policy = Policies.repair(draft, machine);
    Repair claimed =
        move(repair, Repair.State.CLAIMED, draft)
            .setClaimedBy(claim.getHolder())
            .setToken(claim.getToken())
            .setBootIdBefore(machine.getObserved().getBootId())
            .setDeadline(draft.nowMillis() + policy.getExecuteDeadlineMs())
            .setDueAt(draft.nowMillis() + policy.getExecuteDeadlineMs())
            .build();
    draft.put(claimed);
    draft.audit(record(claimed, "READY", "CLAIMED", "claimed by " + claim.getHolder()));
  }

  /** The Repair Service reports progress. */
  static void report(Draft draft, ReportRepair report) throws RefusedException {
    Repair repair = find(draft, report.getRepair());
    Leases.require(draft, "repair", report.getToken());
    if (repair.getToken() != report.getToken()) {
      throw new RefusedException(
          Refusal.Code.STALE_TOKEN,
          "%s was claimed under token %s, not %s"
              .formatted(repair.getId(), repair.getToken(), report.getToken()),
          "pull the list of repairs again");
    }
    switch (report.getState()) {
      case EXECUTING -> executing(draft, repair, report);
      case VERIFYING -> verifying(draft, repair, report.getText());
      case FAILED -> {
        requireState(repair, Repair.State.CLAIMED, Repair.State.EXECUTING);
        close(draft, repair, report.getText().isEmpty() ? "failed" : report.getText());
      }
      case STATE_UNSPECIFIED,
          ASSIGNED,
          WAITING,
          READY,
          CLAIMED,
          REPAIR_DRAINING,
          DONE,
          EXPIRED,
          UNRECOGNIZED ->
          throw new RefusedException(
              Refusal.Code.INVALID,
              report.getState() + " is not a state that the Repair Service reports",
              "report EXECUTING, VERIFYING or FAILED");
    }
  }

  private static void executing(Draft draft, Repair repair, ReportRepair report)
      throws RefusedException {
    if (repair.getState() == Repair.State.EXECUTING) {
      return;
    }
    requireState(repair, Repair.State.CLAIMED);
    if (repair.getAction() == Action.REPLACE && report.getTicket().getId().isEmpty()) {
      throw new RefusedException(
          Refusal.Code.INVALID,
          repair.getId() + " replaces hardware, and the report has no ticket for it",
          "open the ticket first, then report EXECUTING with it");
    }
    Repair.Builder executing = move(repair, Repair.State.EXECUTING, draft);
    if (repair.getAction() == Action.REPLACE) {
      executing
          .setTicket(report.getTicket().toBuilder().setOpenedAt(draft.nowMillis()))
          .setDeadline(0)
          .setDueAt(0);
    } else if (repair.getAction() == Action.RE_IMAGE) {
      executing.setDeadline(0).setDueAt(0);
    }
    draft.put(executing.build());
    draft.audit(
        record(repair, "CLAIMED", "EXECUTING", Texts.action(repair.getAction()) + " begins"));
    Machine.Builder machine = draft.machine(repair.getMachine()).orElseThrow().toBuilder();
    if (repair.getAction() == Action.REPLACE) {
      Conditions.lifecycle(
          draft,
          machine,
          Lifecycle.AWAITING_REPLACEMENT,
          "ticket " + report.getTicket().getWhere() + " is open");
      draft.put(machine.build());
    } else if (repair.getAction() == Action.RE_IMAGE) {
      Provision.begin(draft, machine, "re-image by " + repair.getId());
    }
  }

  private static void verifying(Draft draft, Repair repair, String text) throws RefusedException {
    if (repair.getState() == Repair.State.VERIFYING || repair.getState() == Repair.State.DONE) {
      return;
    }
    requireState(repair, Repair.State.EXECUTING);
    toVerifying(draft, repair, text.isEmpty() ? "executed" : text);
  }

  private static void toVerifying(Draft draft, Repair repair, String text) {
    Machine machine = draft.machine(repair.getMachine()).orElseThrow();
    Repair.Builder verifying = move(repair, Repair.State.VERIFYING, draft);
    if (repair.getAction() == Action.REBOOT) {
      long deadline = draft.nowMillis() + Policies.repair(draft, machine).getVerifyDeadlineMs();
      verifying.setDeadline(deadline).setDueAt(deadline);
    }
    draft.put(verifying.build());
    draft.audit(record(repair, repair.getState().name(), "VERIFYING", text));
  }

  /** A machine came up with another boot id: what a Reboot is verified by. */
  static void booted(Draft draft, Machine machine) {
    Optional<Repair> repair = draft.repair(machine.getRepairId());
    if (repair.isEmpty() || repair.get().getAction() != Action.REBOOT) {
      return;
    }
    boolean underway =
        repair.get().getState() == Repair.State.EXECUTING
            || repair.get().getState() == Repair.State.VERIFYING;
    String bootId = machine.getObserved().getBootId();
    if (underway && !bootId.equals(repair.get().getBootIdBefore())) {
      verified(draft, repair.get(), "boot id changed to " + bootId, Lifecycle.IN_SERVICE);
    }
  }

  /** Closes a repair as DONE; returns the machine to put into Probation, if any was open. */
  private static void verified(Draft draft, Repair repair, String how, Lifecycle lifecycle) {
    Repair done = done(draft, repair, how);
    Machine.Builder machine = release(draft, done);
    if (lifecycle == Lifecycle.IN_SERVICE) {
      Rollouts.wantedVersion(draft, machine.build()).ifPresent(machine::setWantedActive);
      Conditions.enterProbation(
          draft,
          machine,
          ProbationCause.CAUSE_REPAIR,
          Texts.action(repair.getAction()) + " verified: " + how,
          List.of(repair.getId(), how),
          repair.getRule());
    }
  }

  private static Repair done(Draft draft, Repair repair, String how) {
    Repair.Builder done =
        move(repair, Repair.State.DONE, draft).setOutcome("verified: " + how).clearVetoes();
    if (repair.hasTicket()) {
      done.setTicket(repair.getTicket().toBuilder().setClosedAt(draft.nowMillis()));
    }
    draft.put(done.build());
    draft.audit(record(repair, repair.getState().name(), "DONE", "verified: " + how));
    return done.build();
  }

  /**
   * A machine came back into service from provisioning: closes the ReImage or Replace that sent it
   * there.
   *
   * @return whether there was one
   */
  static boolean returned(Draft draft, Machine.Builder machine, String how) {
    Optional<Repair> repair = draft.repair(machine.getRepairId());
    if (repair.isEmpty()) {
      return false;
    }
    Repair open = repair.get();
    if (open.getState() == Repair.State.EXECUTING || open.getState() == Repair.State.VERIFYING) {
      Repair done = done(draft, open, how);
      Machine.Builder released = release(draft, done);
      machine.clear().mergeFrom(released.build());
      return true;
    }
    return false;
  }

  /** The lease was lost or changed hands: nothing may be executed twice. */
  static void leaseLost(Draft draft) {
    List<Repair> claimed =
        draft.indexes().repairs.in(draft, Repair.State.CLAIMED, Repair.State.EXECUTING);
    for (Repair repair : claimed) {
      if (repair.getState() == Repair.State.CLAIMED) {
        Repair ready = move(repair, Repair.State.READY, draft).setDeadline(0).setDueAt(0).build();
        draft.put(ready);
        draft.audit(record(ready, "CLAIMED", "READY", "the Repair Service lost its lease"));
      } else if (repair.getState() == Repair.State.EXECUTING) {
        toVerifying(draft, repair, "the Repair Service lost its lease while executing");
      }
    }
  }

  static void expire(Draft draft, Repair repair) {
    close(
        draft,
        repair,
        "%s did not end before its deadline in %s"
            .formatted(Texts.action(repair.getAction()), repair.getState()));
  }

  /** Closes a repair as FAILED; the machine stays in FAILURE and gets the next stronger action. */
  private static void close(Draft draft, Repair repair, String why) {
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

  private static Repair find(Draft draft, String id) throws RefusedException {
    Optional<Repair> repair = draft.repair(id);
    if (repair.isEmpty()) {
      throw new RefusedException(
          Refusal.Code.NOT_FOUND, "no repair \"" + id + "\"", "pull the list of repairs again");
    }
    return repair.get();
  }

  private static void requireState(Repair repair, Repair.State... allowed) throws RefusedException {
    if (!List.of(allowed).contains(repair.getState())) {
      throw new RefusedException(
          Refusal.Code.PRECONDITION,
          "%s is %s, expected %s".formatted(repair.getId(), repair.getState(), List.of(allowed)),
          "pull the list of repairs again");
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

  /** Keeps the newest closed repairs only. */
  private static void forget(Draft draft) {
    SortedSet<Place> closed = draft.indexes().repairs.closed();
    while (closed.size() > CLOSED_KEPT) {
      draft.removeRepair(closed.first().name());
    }
  }
}
