package io.pilothouse.dm.state;

import io.pilothouse.api.v1.AuditRecord;
import io.pilothouse.api.v1.Condition;
import io.pilothouse.api.v1.ErrorState;
import io.pilothouse.api.v1.Lifecycle;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.PastAction;
import io.pilothouse.api.v1.ProbationCause;
import io.pilothouse.api.v1.Verdict;
import io.pilothouse.api.v1.VerdictKind;
import io.pilothouse.api.v1.WatchdogSpec;
import io.pilothouse.manifests.policy.FailureCase;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** Changes a machine's condition and lifecycle, each checked, and each with one audit record. */
final class Conditions {
  private Conditions() {}

  /**
   * Into PROBATION: forgets the error, and has every required watchdog report anew before the
   * machine may become HEALTHY. Puts the machine.
   */
  static void enterProbation(
      Draft draft,
      Machine.Builder machine,
      ProbationCause cause,
      String text,
      List<String> evidence,
      String rule) {
    Condition from = machine.getCondition();
    Transitions.CONDITION.check(from, Condition.PROBATION, machine.getName());
    machine
        .setCondition(Condition.PROBATION)
        .setSince(draft.nowMillis())
        .setProbationSince(draft.nowMillis())
        .setQuietSince(0)
        .setCause(cause)
        .clearError();
    draft.put(machine.build());
    awaitReports(draft, draft.machine(machine.getName()).orElseThrow());
    draft.audit(
        condition(machine, from, Condition.PROBATION, text).addAllEvidence(evidence).setRule(rule));
  }

  /** Has every watchdog of the machine report anew: what they said before no longer counts. */
  static void awaitReports(Draft draft, Machine machine) {
    draft.put(machine.toBuilder().setAskedAt(draft.nowMillis()).build());
    List<String> names = new ArrayList<>();
    Policies.watchdogsOf(draft, machine).forEach(each -> names.add(each.getName()));
    for (String name : names) {
      Verdict.Builder verdict =
          draft
              .verdict(machine.getName(), name)
              .orElse(Verdict.newBuilder().setMachine(machine.getName()).setWatchdog(name).build())
              .toBuilder();
      for (int i = 0; i < verdict.getObservationsCount(); i++) {
        verdict.setObservations(i, verdict.getObservations(i).toBuilder().setAwaiting(true));
      }
      draft.put(verdict.setAwaiting(true).setSilent(false).build());
    }
  }

  /** Into FAILURE, with the error as evidence. Puts the machine. */
  static void fail(Draft draft, Machine before, ErrorState error, String text) {
    Transitions.CONDITION.check(before.getCondition(), Condition.FAILURE, before.getName());
    Machine.Builder machine = before.toBuilder();
    machine
        .setCondition(Condition.FAILURE)
        .setSince(draft.nowMillis())
        .setLastFailureAt(draft.nowMillis())
        .setQuietSince(0)
        .setError(error)
        .clearCause();
    draft.put(machine.build());
    draft.audit(
        condition(machine, before.getCondition(), Condition.FAILURE, text)
            .addAllEvidence(evidence(draft, before, error)));
  }

  /** Into HEALTHY. Puts the machine. */
  static void heal(Draft draft, Machine before, String text) {
    Transitions.CONDITION.check(before.getCondition(), Condition.HEALTHY, before.getName());
    Machine.Builder machine = before.toBuilder();
    machine
        .setCondition(Condition.HEALTHY)
        .setSince(draft.nowMillis())
        .setHealthySince(draft.nowMillis())
        .clearCause()
        .clearError();
    int last = machine.getPastActionsCount() - 1;
    boolean acted =
        before.getCause() == ProbationCause.CAUSE_DO_NOTHING
            || before.getCause() == ProbationCause.CAUSE_REPAIR;
    if (last >= 0 && acted) {
      machine.setPastActions(last, machine.getPastActions(last).toBuilder().setHelped(true));
    }
    draft.put(machine.build());
    draft.audit(
        condition(machine, before.getCondition(), Condition.HEALTHY, text)
            .addAllEvidence(healthEvidence(draft, before)));
  }

  /** Changes the lifecycle in the builder; the caller puts the machine. */
  static void lifecycle(Draft draft, Machine.Builder machine, Lifecycle to, String text) {
    Lifecycle from = machine.getLifecycle();
    Transitions.LIFECYCLE.check(from, to, machine.getName());
    machine.setLifecycle(to).setSince(draft.nowMillis());
    draft.audit(
        AuditRecord.newBuilder()
            .setKind("LIFECYCLE")
            .setSubject(Texts.machine(machine.getName()))
            .setMachine(machine.getName())
            .setFrom(from.name())
            .setTo(to.name())
            .setText(text));
  }

  /** Appends to the history that the ladder reads, bounded. */
  static void addPastAction(Machine.Builder machine, PastAction action) {
    machine.addPastActions(action);
    while (machine.getPastActionsCount() > FailureCase.PAST_KEPT) {
      machine.removePastActions(FailureCase.leastTelling(machine.getPastActionsList()));
    }
  }

  /** Sentences that name which watchdogs say what, and since when. */
  static List<String> evidence(Entities state, Machine machine, ErrorState error) {
    List<String> evidence = new ArrayList<>();
    // a watchdog in shadow mode is evidence of nothing
    List<String> live =
        Policies.requiredLive(state, machine).stream().map(WatchdogSpec::getName).toList();
    for (Verdict verdict : state.verdicts(machine.getName())) {
      boolean counts = verdict.getSilent() || isError(verdict);
      if (counts && live.contains(verdict.getWatchdog())) {
        evidence.add(
            "%s %s since %s, reported by %s: %s"
                .formatted(
                    verdict.getWatchdog(),
                    verdict.getSilent() ? "SILENT" : verdict.getKind(),
                    Instant.ofEpochMilli(verdict.getSince()),
                    verdict.getReporter().isEmpty() ? "nobody yet" : verdict.getReporter(),
                    verdict.getText()));
      }
    }
    if (evidence.isEmpty()) {
      evidence.add(error.getWatchdog() + ": " + error.getText());
    }
    return evidence;
  }

  private static boolean isError(Verdict verdict) {
    return !verdict.getAwaiting() && verdict.getKind() == VerdictKind.ERROR;
  }

  private static List<String> healthEvidence(Entities state, Machine machine) {
    List<String> names =
        Policies.requiredLive(state, machine).stream().map(WatchdogSpec::getName).toList();
    return names.isEmpty()
        ? List.of("no live watchdog is required of type " + machine.getType())
        : List.of("reported and without error: " + String.join(", ", names));
  }

  private static AuditRecord.Builder condition(
      Machine.Builder machine, Condition from, Condition to, String text) {
    return AuditRecord.newBuilder()
        .setKind("CONDITION")
        .setSubject(Texts.machine(machine.getName()))
        .setMachine(machine.getName())
        .setFrom(from == Condition.CONDITION_UNSPECIFIED ? "" : from.name())
        .setTo(to.name())
        .setText(text);
  }
}
