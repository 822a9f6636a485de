package io.pilothouse.dm.state;

import io.pilothouse.api.log.v1.ClaimRepair;
import io.pilothouse.api.log.v1.Refusal;
import io.pilothouse.api.log.v1.ReportRepair;
import io.pilothouse.api.v1.Action;
import io.pilothouse.api.v1.Lifecycle;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.ProbationCause;
import io.pilothouse.api.v1.Repair;
import io.pilothouse.api.v1.RepairPolicy;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** What the Repair Service does with a repair, as it reports it, and how that is verified. */
final class RepairWork {

  private RepairWork() {}

  /** The Repair Service's leader takes a task. */
  static void claim(Draft draft, ClaimRepair claim) throws RefusedException {
    Repair repair = find(draft, claim.getRepair());
    Leases.require(draft, "repair", claim.getToken());
    boolean claimedBefore =
        repair.getState() == Repair.State.CLAIMED
            || repair.getState() == Repair.State.REPAIR_DRAINING;
    if (claimedBefore && repair.getToken() == claim.getToken()) {
      return;
    }
    if (repair.getState() != Repair.State.READY) {
      throw new RefusedException(
          Refusal.Code.PRECONDITION,
          "%s is %s, only READY repairs can be claimed"
              .formatted(repair.getId(), Texts.state(repair.getState())),
          "pull the list of repairs again");
    }
    Machine machine = draft.machine(repair.getMachine()).orElseThrow();
    RepairPolicy policy = Policies.repair(draft, machine);
    Repair claimed =
        Repairs.move(repair, Repair.State.CLAIMED, draft)
            .setClaimedBy(claim.getHolder())
            .setToken(claim.getToken())
            .setDeadline(draft.nowMillis() + policy.getExecuteDeadlineMs())
            .setDueAt(draft.nowMillis() + policy.getExecuteDeadlineMs())
            .build();
    draft.put(claimed);
    draft.audit(Repairs.record(claimed, "READY", "CLAIMED", "claimed by " + claim.getHolder()));
    if (RepairDrain.isNeeded(draft, machine) || OfferConsents.isWaitedFor(draft, machine)) {
      RepairDrain.begin(draft, claimed, machine, policy);
    }
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
      case FAILED -> failed(draft, repair, report);
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
    requireState(repair, Repair.State.CLAIMED, Repair.State.REPAIR_DRAINING);
    if (repair.getState() == Repair.State.REPAIR_DRAINING && !repair.getDrained()) {
      throw new RefusedException(
          Refusal.Code.PRECONDITION,
          "%s: the processes of %s have until %s to stop"
              .formatted(
                  repair.getId(), repair.getMachine(), Instant.ofEpochMilli(repair.getDeadline())),
          "pull the list of repairs again; act when `drained` is set");
    }
    if (repair.getAction() == Action.REPLACE && report.getTicket().getId().isEmpty()) {
      throw new RefusedException(
          Refusal.Code.INVALID,
          repair.getId() + " replaces hardware, and the report has no ticket for it",
          "open the ticket first, then report EXECUTING with it");
    }
    Machine.Builder machine = draft.machine(repair.getMachine()).orElseThrow().toBuilder();
    // what waited for its turn after the claim has all of its time now
    long deadline =
        repair.getAction() == Action.REBOOT
            ? draft.nowMillis() + Policies.repair(draft, machine.build()).getExecuteDeadlineMs()
            : 0;
    Repair.Builder executing =
        Repairs.move(repair, Repair.State.EXECUTING, draft)
            // as it is now: a boot before this moment is not what is verified
            .setBootIdBefore(machine.getObserved().getBootId())
            .setDeadline(deadline)
            .setDueAt(deadline);
    if (repair.getAction() == Action.REPLACE) {
      executing.setTicket(report.getTicket().toBuilder().setOpenedAt(draft.nowMillis()));
    }
    draft.put(executing.build());
    draft.audit(
        Repairs.record(
            repair,
            repair.getState().name(),
            "EXECUTING",
            Texts.action(repair.getAction()) + " begins"));
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

  private static void failed(Draft draft, Repair repair, ReportRepair report)
      throws RefusedException {
    requireState(
        repair, Repair.State.CLAIMED, Repair.State.REPAIR_DRAINING, Repair.State.EXECUTING);
    String why = report.getText().isEmpty() ? "failed" : report.getText();
    // a ReImage or Replace that is EXECUTING has taken the machine out of service already
    boolean begun =
        repair.getState() == Repair.State.EXECUTING && repair.getAction() != Action.REBOOT;
    if (report.getNotExecuted() && !begun) {
      RepairTries.cameToNothing(draft, repair, why);
    } else {
      Repairs.close(draft, repair, why);
    }
  }

  private static void verifying(Draft draft, Repair repair, String text) throws RefusedException {
    if (repair.getState() == Repair.State.VERIFYING || repair.getState() == Repair.State.DONE) {
      return;
    }
    requireState(repair, Repair.State.EXECUTING);
    toVerifying(draft, repair, text.isEmpty() ? "executed" : text);
  }

  static void toVerifying(Draft draft, Repair repair, String text) {
    Machine machine = draft.machine(repair.getMachine()).orElseThrow();
    Repair.Builder verifying = Repairs.move(repair, Repair.State.VERIFYING, draft);
    if (repair.getAction() == Action.REBOOT) {
      long deadline = draft.nowMillis() + Policies.repair(draft, machine).getVerifyDeadlineMs();
      verifying.setDeadline(deadline).setDueAt(deadline);
      Switches.rebooting(draft, machine);
    }
    draft.put(verifying.build());
    draft.audit(Repairs.record(repair, repair.getState().name(), "VERIFYING", text));
  }

  /** A machine came up with another boot id: what a Reboot is verified by. */
  static void booted(Draft draft, Machine machine) {
    Optional<Repair> repair = draft.repair(machine.getRepairId());
    if (repair.isEmpty() || repair.get().getAction() != Action.REBOOT) {
      return;
    }
    boolean underway =
        switch (repair.get().getState()) {
          case EXECUTING, VERIFYING -> true;
          // a power command that seemed to have failed may have had its effect
          case WAITING -> !repair.get().getBootIdBefore().isEmpty();
          case ASSIGNED,
              READY,
              CLAIMED,
              REPAIR_DRAINING,
              DONE,
              FAILED,
              EXPIRED,
              STATE_UNSPECIFIED,
              UNRECOGNIZED ->
              false;
        };
    String bootId = machine.getObserved().getBootId();
    if (underway && !bootId.equals(repair.get().getBootIdBefore())) {
      verified(draft, repair.get(), "boot id changed to " + bootId, Lifecycle.IN_SERVICE);
    }
  }

  /** A switch shows no boot id: its Reboot is verified by what its watchdogs say since. */
  static boolean switchRebooted(Draft draft, Machine machine) {
    Optional<Repair> repair = draft.repair(machine.getRepairId());
    Optional<String> how = repair.flatMap(each -> Switches.verified(draft, machine, each));
    how.ifPresent(each -> verified(draft, repair.orElseThrow(), each, Lifecycle.IN_SERVICE));
    return how.isPresent();
  }

  /** Closes a repair as DONE; returns the machine to put into Probation, if any was open. */
  private static void verified(Draft draft, Repair repair, String how, Lifecycle lifecycle) {
    Repair done = done(draft, repair, how);
    Machine.Builder machine = Repairs.release(draft, done);
    if (lifecycle == Lifecycle.IN_SERVICE) {
      Rollouts.wantVersions(draft, machine);
      Conditions.enterProbation(
          draft,
          machine,
          // one that waited has no place in the budget: the machine is still lost, not taken
          repair.getState() == Repair.State.WAITING
              ? ProbationCause.CAUSE_DO_NOTHING
              : ProbationCause.CAUSE_REPAIR,
          Texts.action(repair.getAction()) + " verified: " + how,
          List.of(repair.getId(), how),
          repair.getRule());
    }
  }

  private static Repair done(Draft draft, Repair repair, String how) {
    Repair.Builder done =
        Repairs.move(repair, Repair.State.DONE, draft).setOutcome("verified: " + how).clearVetoes();
    if (repair.hasTicket()) {
      done.setTicket(repair.getTicket().toBuilder().setClosedAt(draft.nowMillis()));
    }
    draft.put(done.build());
    draft.audit(Repairs.record(repair, repair.getState().name(), "DONE", "verified: " + how));
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
      Machine.Builder released = Repairs.release(draft, done);
      machine.clear().mergeFrom(released.build());
      return true;
    }
    return false;
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
}
