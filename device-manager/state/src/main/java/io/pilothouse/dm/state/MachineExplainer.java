package io.pilothouse.dm.state;

import io.pilothouse.api.v1.AuditRecord;
import io.pilothouse.api.v1.ErrorState;
import io.pilothouse.api.v1.Explanation;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.Repair;
import io.pilothouse.api.v1.RepairPolicy;
import io.pilothouse.api.v1.Thing;
import io.pilothouse.api.v1.Verdict;
import io.pilothouse.api.v1.Veto;
import io.pilothouse.api.v1.WatchdogState;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** Says of a machine how it is, what was seen, what is done about it, and what comes next. */
final class MachineExplainer {

  private MachineExplainer() {}

  static Explanation explain(Entities state, Machine machine, Instant now) {
    Explanation.Builder why = Explanation.newBuilder().setSubject(Texts.machine(machine.getName()));
    if (machine.hasHold()) {
      why.addVetoes(Operators.veto(machine));
    }
    DomainHolds.veto(state, machine).ifPresent(why::addVetoes);
    Incidents.veto(state, machine).ifPresent(why::addVetoes);
    why.addAllBudgetNow(Budget.standing(state, machine));
    switch (machine.getLifecycle()) {
      case EXPECTED ->
          why.setSentence("it is in the inventory and has not been seen on the network yet")
              .setNextWhat("provisioning discovers it once it is connected");
      case DISCOVERED ->
          why.setSentence(
                  "it was seen on the network, but no inventory line names MAC " + machine.getMac())
              .setNextWhat("add it to machines.csv and apply");
      case PROVISIONING, BURN_IN -> provisioning(state, why, machine);
      case IN_SERVICE -> inService(state, why, machine, now);
      case DRAINING ->
          why.setSentence(
                  OfferConsents.isWaitedFor(state, machine)
                      ? "its processes and the tasks of frameworks end for maintenance"
                      : "its processes are being stopped for maintenance")
              .setNextWhat("MAINTENANCE, at the latest")
              .setNextAt(machine.getDueAt());
      case MAINTENANCE ->
          why.setSentence("a person has it for maintenance")
              .setNextWhat("pilot machine undrain " + machine.getName());
      case AWAITING_REPLACEMENT -> awaitingReplacement(state, why, machine);
      case DECOMMISSIONED -> why.setSentence("it was taken out of the fleet");
      case LIFECYCLE_UNSPECIFIED, UNRECOGNIZED ->
          throw new IllegalStateException("a machine without a lifecycle: " + machine.getName());
    }
    unheeded(state, machine, why);
    OfferConsents.words(state, machine).ifPresent(why::addEvidence);
    lastDecision(state, machine.getName()).ifPresent(each -> evidence(why, each));
    return why.build();
  }

  /** A red verdict that has no effect: whoever sees it on the screen asks why. */
  private static void unheeded(Entities state, Machine machine, Explanation.Builder why) {
    for (Verdict verdict : state.verdicts(machine.getName())) {
      Optional<WatchdogState> watchdog = state.watchdog(verdict.getWatchdog());
      if (VerdictIndex.isError(verdict) && watchdog.isPresent()) {
        String because =
            switch (watchdog.get().getMode()) {
              case SHADOW -> "the watchdog is in shadow mode";
              case QUARANTINED ->
                  watchdog.get().getIncidentId().isEmpty()
                      ? "a person quarantined the watchdog"
                      : "the watchdog is quarantined by " + watchdog.get().getIncidentId();
              case LIVE, MODE_UNSPECIFIED, UNRECOGNIZED -> "";
            };
        if (!because.isEmpty()) {
          why.addEvidence(
              "%s says ERROR since %s (%s), which counts for nothing: %s"
                  .formatted(
                      verdict.getWatchdog(),
                      Instant.ofEpochMilli(verdict.getSince()),
                      verdict.getText(),
                      because));
        }
      }
    }
  }

  private static void provisioning(Entities state, Explanation.Builder why, Machine machine) {
    var step = machine.getProvisioning();
    why.setSentence(
        "it is being provisioned: %s since %s%s"
            .formatted(
                step.getStep(),
                Instant.ofEpochMilli(step.getStepSince()),
                step.getReason().isEmpty() ? "" : "; " + step.getReason()));
    switch (step.getStep()) {
      case MATCHED ->
          why.setNextWhat(
                  ImageSwitch.drainEnds(machine) > 0 && OfferConsents.isWaitedFor(state, machine)
                      ? "its processes and the tasks of frameworks end, until then at the latest;"
                          + " then an install slot, and power-on into the installer"
                      : "an install slot, then power-on into the installer")
              .setNextAt(step.getRetryAt());
      case AWAITING_OPERATOR ->
          why.setNextWhat("pilot machine retry-provisioning " + machine.getName());
      case POWERING, BOOTING, IMAGING, BURNING_IN, VERIFIED ->
          why.setNextWhat("the step ends, or is tried again after its deadline")
              .setNextAt(step.getDeadline());
      case STEP_UNSPECIFIED, UNRECOGNIZED -> why.setNextWhat("nothing is known");
    }
  }

  private static void awaitingReplacement(
      Entities state, Explanation.Builder why, Machine machine) {
    Optional<Repair> repair = state.repair(machine.getRepairId());
    why.setSentence(
            "its hardware must be replaced%s"
                .formatted(repair.map(each -> ": " + each.getFault()).orElse("")))
        .setNextWhat(
            "a technician swaps it%s, then: pilot machine replaced %s"
                .formatted(
                    repair.map(each -> " (ticket " + each.getTicket().getWhere() + ")").orElse(""),
                    machine.getName()));
    repair.ifPresent(each -> why.setRule(each.getRule()).addAllEvidence(each.getEvidenceList()));
  }

  private static void inService(
      Entities state, Explanation.Builder why, Machine machine, Instant now) {
    RepairPolicy policy = Policies.repair(state, machine);
    ErrorState error = machine.getError();
    switch (machine.getCondition()) {
      case HEALTHY -> {
        if (machine.hasError()) {
          why.setSentence(
                  "HEALTHY, but in error since %s: %s: %s"
                      .formatted(
                          Instant.ofEpochMilli(error.getSince()),
                          error.getFault(),
                          error.getText()))
              .addAllEvidence(Conditions.evidence(state, machine, error))
              .setNextWhat("FAILURE, if the error lasts")
              .setNextAt(MachineRules.confirmAt(state, machine));
        } else {
          why.setSentence(
                  "HEALTHY since %s, running %s"
                      .formatted(
                          Instant.ofEpochMilli(machine.getHealthySince()),
                          Texts.ref(machine.getObserved().getActive())))
              .setNextWhat("nothing is due");
          if (machine.getDrainRequested()) {
            Budget.veto(state, machine, Budget.Purpose.MAINTENANCE).ifPresent(why::addVetoes);
            why.setNextWhat(
                "it is drained as soon as the budget allows; take that back: pilot machine undrain "
                    + machine.getName());
          }
        }
      }
      case PROBATION -> {
        String problem = problem(state, machine, now);
        boolean late = machine.getQuietSince() == 0;
        why.setSentence(
                "in Probation since %s (%s): %s"
                    .formatted(
                        Instant.ofEpochMilli(machine.getProbationSince()),
                        Words.cause(machine.getCause()),
                        problem))
            .setNextWhat(late ? "FAILURE, unless that clears" : "HEALTHY, if it stays quiet")
            .setNextAt(
                late
                    ? machine.getProbationSince() + policy.getProbationMaxMs()
                    : machine.getQuietSince() + policy.getQuietMs());
      }
      case FAILURE -> failure(state, why, machine, now);
      case CONDITION_UNSPECIFIED, UNRECOGNIZED ->
          throw new IllegalStateException(machine.getName() + " is in service, in no condition");
    }
  }

  private static String problem(Entities state, Machine machine, Instant now) {
    Optional<ErrorState> error = ErrorPredicate.of(state, machine, now);
    if (error.isPresent()) {
      return error.get().getFault() + ": " + error.get().getText();
    }
    Optional<Thing> other =
        Things.ALL.stream().filter(each -> !Things.isThere(machine, each)).findFirst();
    if (other.isPresent()) {
      return Things.difference(machine, other.get());
    }
    List<String> awaited = ErrorPredicate.awaited(state, machine);
    return awaited.isEmpty()
        ? "no error since " + Instant.ofEpochMilli(machine.getQuietSince())
        : "no report yet from " + String.join(", ", awaited);
  }

  private static void failure(
      Entities state, Explanation.Builder why, Machine machine, Instant now) {
    ErrorState error = machine.getError();
    why.setSentence(
        "in FAILURE since %s, in error since %s: %s: %s"
            .formatted(
                Instant.ofEpochMilli(machine.getSince()),
                Instant.ofEpochMilli(error.getSince()),
                error.getFault(),
                error.getText()));
    Optional<Repair> repair = state.repair(machine.getRepairId());
    if (repair.isPresent()) {
      Explanation of = RepairExplainer.explain(state, repair.get(), now);
      why.setRule(of.getRule())
          .addAllConsidered(of.getConsideredList())
          .addAllBudgetThen(of.getBudgetThenList())
          .addAllVetoes(
              of.getVetoesList().stream()
                  .filter(each -> !why.getVetoesList().contains(each))
                  .toList())
          .addAllEvidence(of.getEvidenceList())
          .setNextWhat("%s: %s".formatted(repair.get().getId(), of.getNextWhat()))
          .setNextAt(of.getNextAt());
    } else if (Rollouts.explains(state, machine)) {
      String rollout = machine.getRolloutId();
      why.addVetoes(
              Veto.newBuilder()
                  .setKind("rollout")
                  .setDomain("rollout/" + rollout)
                  .setSentence(
                      "rollout %s brought %s and decides: no repair starts meanwhile"
                          .formatted(
                              rollout,
                              state
                                  .rollout(rollout)
                                  .map(each -> Texts.ref(each.getTo()))
                                  .orElse("its version"))))
          .setNextWhat("pilot explain rollout " + rollout);
    }
  }

  private static Optional<AuditRecord> lastDecision(Entities state, String machine) {
    return state.indexes().trail.lastDecision(state, machine);
  }

  private static void evidence(Explanation.Builder why, AuditRecord record) {
    why.addEvidence(
        "%s (revision %s, %s): %s"
            .formatted(
                Instant.ofEpochMilli(record.getAt()),
                record.getIndex(),
                record.getTo(),
                record.getText()));
    record.getEvidenceList().stream()
        .filter(each -> !why.getEvidenceList().contains(each))
        .forEach(why::addEvidence);
  }
}
