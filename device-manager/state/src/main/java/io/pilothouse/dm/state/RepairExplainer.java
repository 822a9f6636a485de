package io.pilothouse.dm.state;

import io.pilothouse.api.v1.Action;
import io.pilothouse.api.v1.Approval;
import io.pilothouse.api.v1.Explanation;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.Repair;
import io.pilothouse.api.v1.Severity;
import io.pilothouse.api.v1.VersionRef;
import io.pilothouse.api.v1.Veto;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Says of a repair why this action, what it waits for and who holds that, and until when. */
final class RepairExplainer {
  private static final int NAMED = 5;

  private RepairExplainer() {}

  static Explanation explain(Entities state, Repair repair, Instant now) {
    Optional<Machine> machine = state.machine(repair.getMachine());
    Explanation.Builder why =
        Explanation.newBuilder()
            .setSubject("repair/" + repair.getId())
            .setSentence(sentence(repair))
            .addAllEvidence(repair.getEvidenceList())
            .setRule(repair.getRule())
            .addAllConsidered(repair.getConsideredList())
            .addAllBudgetThen(repair.getBudgetThenList());
    machine.ifPresent(each -> why.addAllBudgetNow(Budget.standing(state, each)));
    for (Veto veto : repair.getVetoesList()) {
      why.addVetoes(withHolders(state, repair, veto));
    }
    if (repair.hasApproval()) {
      Approval approval = repair.getApproval();
      why.addEvidence(
          "%s approved it at %s: %s"
              .formatted(
                  approval.getPrincipal(),
                  Instant.ofEpochMilli(approval.getAt()),
                  approval.getReason()));
    }
    next(state, why, repair, machine, now);
    return why.build();
  }

  private static String sentence(Repair repair) {
    return "%s of %s for %s is %s since %s%s%s"
        .formatted(
            Texts.action(repair.getAction()),
            repair.getMachine(),
            repair.getFault(),
            Texts.state(repair.getState()),
            Instant.ofEpochMilli(repair.getSince()),
            repair.getErrorSince() == 0
                ? ""
                : ", the error began at " + Instant.ofEpochMilli(repair.getErrorSince()),
            repair.getOutcome().isEmpty() ? "" : ": " + repair.getOutcome());
  }

  /** A spent budget is no answer to "why": who has it, doing what, and until when? */
  private static Veto withHolders(Entities state, Repair repair, Veto veto) {
    if (!veto.getKind().equals("budget")) {
      return veto;
    }
    List<String> holders = new ArrayList<>();
    for (Machine machine : members(state, veto.getDomain())) {
      if (!machine.getName().equals(repair.getMachine()) && Budget.taken(state, machine)) {
        holders.add(holder(state, machine));
      }
    }
    if (holders.isEmpty()) {
      return veto;
    }
    String named =
        String.join("; ", holders.subList(0, Math.min(NAMED, holders.size())))
            + (holders.size() > NAMED ? "; and %s more".formatted(holders.size() - NAMED) : "");
    return veto.toBuilder().setSentence("%s (%s)".formatted(veto.getSentence(), named)).build();
  }

  private static List<Machine> members(Entities state, String domain) {
    return state.machines().stream().filter(each -> Domains.of(each).contains(domain)).toList();
  }

  private static String holder(Entities state, Machine machine) {
    Optional<Repair> repair = state.repair(machine.getRepairId());
    if (repair.isPresent()) {
      return "%s, %s %s %s%s"
          .formatted(
              machine.getName(),
              repair.get().getId(),
              Texts.action(repair.get().getAction()),
              Texts.state(repair.get().getState()),
              until(repair.get().getDeadline()));
    }
    return switch (machine.getCondition()) {
      case PROBATION ->
          "%s, in Probation (%s)%s"
              .formatted(
                  machine.getName(),
                  Words.cause(machine.getCause()),
                  until(
                      machine.getProbationSince()
                          + Policies.repair(state, machine).getProbationMaxMs()));
      case HEALTHY, FAILURE, CONDITION_UNSPECIFIED, UNRECOGNIZED ->
          "%s, %s".formatted(machine.getName(), machine.getLifecycle());
    };
  }

  private static String until(long millis) {
    return millis == 0 ? "" : ", until %s at the latest".formatted(Instant.ofEpochMilli(millis));
  }

  private static void next(
      Entities state,
      Explanation.Builder why,
      Repair repair,
      Optional<Machine> machine,
      Instant now) {
    switch (repair.getState()) {
      case ASSIGNED, WAITING -> waiting(why, repair);
      case READY -> why.setNextWhat(ready(state, now));
      case CLAIMED ->
          why.setNextWhat(
                  "%s executes it, or it is tried again later".formatted(repair.getClaimedBy()))
              .setNextAt(repair.getDeadline());
      case REPAIR_DRAINING ->
          why.setNextWhat(
                  repair.getDrained()
                      ? "%s executes it, or it is tried again later"
                          .formatted(repair.getClaimedBy())
                      : drains(state, repair, machine))
              .setNextAt(repair.getDeadline());
      case EXECUTING, VERIFYING -> {
        boolean bySwitch = machine.filter(Switches::is).isPresent();
        boolean reboot = repair.getAction() == Action.REBOOT;
        why.setNextWhat(
                bySwitch && reboot
                    ? "DONE once all watchdogs of the switch say OK; FAILED, if not by then"
                    : Words.verification(repair)
                        + (repair.getDeadline() == 0 ? "" : "; FAILED, if not by then"))
            .setNextAt(repair.getDeadline());
      }
      case DONE, FAILED, EXPIRED -> why.setNextWhat("nothing, it is closed");
      case STATE_UNSPECIFIED, UNRECOGNIZED -> why.setNextWhat("nothing is known");
    }
  }

  private static String drains(Entities state, Repair repair, Optional<Machine> machine) {
    VersionRef runs =
        machine
            .map(each -> each.getObserved().getActive())
            .orElseGet(VersionRef::getDefaultInstance);
    boolean tasks = machine.filter(each -> OfferConsents.isWaitedFor(state, each)).isPresent();
    if (tasks && runs.getName().isEmpty()) {
      return "it goes on when the tasks of frameworks on %s have ended, or then"
          .formatted(repair.getMachine());
    }
    return "it goes on when the processes of %s have stopped (it runs %s)%s, or then"
        .formatted(
            repair.getMachine(),
            Texts.ref(runs),
            tasks ? " and the tasks of frameworks on it have ended" : "");
  }

  private static String kind(Veto veto) {
    return switch (veto.getKind()) {
      case SecondLook.VETO -> "second look";
      case RepairTries.VETO -> "next try";
      default -> veto.getKind();
    };
  }

  private static void waiting(Explanation.Builder why, Repair repair) {
    List<String> kinds =
        repair.getVetoesList().stream().map(RepairExplainer::kind).distinct().toList();
    long until = repair.getVetoesList().stream().mapToLong(Veto::getUntil).max().orElse(0);
    // an incident's time is that of one machine of those it holds
    boolean allTimed =
        repair.getVetoesList().stream()
            .allMatch(each -> each.getUntil() != 0 && !each.getKind().equals(Incidents.VETO));
    boolean escalated = repair.getAction() == Action.ESCALATE;
    String should =
        repair.getSeverity() == Severity.FATAL && !escalated
            ? "it goes on even if the error clears, the fault is fatal"
            : "DoNothing, should the errors clear first";
    String next =
        escalated
            ? "a person decides: pilot repair approve %s --action ACTION --reason WHY"
                .formatted(repair.getId())
            : "READY when the %s no longer %s it back"
                .formatted(String.join(" and the ", kinds), kinds.size() == 1 ? "holds" : "hold");
    why.setNextWhat(kinds.isEmpty() ? "it goes on at once" : next + "; " + should)
        .setNextAt(allTimed ? until : 0);
  }

  /** Nobody to claim it is the one thing that a person must mend here. */
  private static String ready(Entities state, Instant now) {
    return state
        .lease("repair")
        .filter(each -> each.getExpiresAt() > now.toEpochMilli())
        .filter(each -> !each.getHolder().isEmpty())
        .map(each -> "the Repair Service claims it: " + each.getHolder())
        .orElse("a Repair Service claims it, but none holds the lease: start one");
  }
}
