package io.pilothouse.dm.state;

import io.pilothouse.api.log.v1.Refusal;
import io.pilothouse.api.v1.AuditRecord;
import io.pilothouse.api.v1.ErrorState;
import io.pilothouse.api.v1.Explanation;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.Repair;
import io.pilothouse.api.v1.RepairPolicy;
import io.pilothouse.api.v1.Rollout;
import io.pilothouse.api.v1.RolloutUnit;
import io.pilothouse.api.v1.Veto;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** Answers why something is where it is, what holds it back, and what comes next and when. */
public final class Explainer {

  private Explainer() {}

  /**
   * Explains.
   *
   * @param kind machine, repair or rollout
   * @throws RefusedException when there is no such thing
   */
  public static Explanation explain(Entities state, String kind, String name, Instant now)
      throws RefusedException {
    return switch (kind) {
      case "machine" -> machine(state, Operators.find(state, name), now);
      case "repair" ->
          repair(state.repair(name).orElseThrow(() -> unknown(kind, name, "pilot repair list")));
      case "rollout" ->
          rollout(
              state,
              state.rollout(name).orElseThrow(() -> unknown(kind, name, "pilot rollout list")));
      default ->
          throw new RefusedException(
              Refusal.Code.INVALID,
              "\"" + kind + "\" cannot be explained",
              "use machine, repair or rollout");
    };
  }

  private static RefusedException unknown(String kind, String name, String remedy) {
    return new RefusedException(
        Refusal.Code.NOT_FOUND, "no %s \"%s\"".formatted(kind, name), remedy);
  }

  private static Explanation machine(Entities state, Machine machine, Instant now) {
    Explanation.Builder why = Explanation.newBuilder().setSubject(Texts.machine(machine.getName()));
    if (machine.hasHold()) {
      why.addVetoes(Operators.veto(machine));
    }
    switch (machine.getLifecycle()) {
      case EXPECTED ->
          why.setSentence("it is in the inventory and has not been seen on the network yet")
              .setNextWhat("provisioning discovers it once it is connected");
      case DISCOVERED ->
          why.setSentence(
                  "it was seen on the network, but no inventory line names MAC " + machine.getMac())
              .setNextWhat("add it to machines.csv and apply");
      case PROVISIONING, BURN_IN -> provisioning(why, machine);
      case IN_SERVICE -> inService(state, why, machine, now);
      case DRAINING ->
          why.setSentence("its processes are being stopped for maintenance")
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
    lastDecision(state, machine.getName()).ifPresent(each -> evidence(why, each));
    return why.build();
  }

  private static void provisioning(Explanation.Builder why, Machine machine) {
    var step = machine.getProvisioning();
    why.setSentence(
        "it is being provisioned: %s since %s%s"
            .formatted(
                step.getStep(),
                Instant.ofEpochMilli(step.getStepSince()),
                step.getReason().isEmpty() ? "" : "; " + step.getReason()));
    switch (step.getStep()) {
      case MATCHED ->
          why.setNextWhat("an install slot, then power-on into the installer")
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
          why.setSentence("HEALTHY, but " + error.getFault() + ": " + error.getText())
              .setNextWhat("FAILURE, if the error lasts")
              .setNextAt(machine.getDueAt());
        } else {
          why.setSentence(
                  "HEALTHY since %s, running %s"
                      .formatted(
                          Instant.ofEpochMilli(machine.getHealthySince()),
                          Texts.ref(machine.getObserved().getActive())))
              .setNextWhat("nothing is due");
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
      case FAILURE -> failure(state, why, machine);
      case CONDITION_UNSPECIFIED, UNRECOGNIZED ->
          throw new IllegalStateException(machine.getName() + " is in service, in no condition");
    }
  }

  private static String problem(Entities state, Machine machine, Instant now) {
    Optional<ErrorState> error = ErrorPredicate.of(state, machine, now);
    if (error.isPresent()) {
      return error.get().getFault() + ": " + error.get().getText();
    }
    if (!machine.getWantedActive().equals(machine.getObserved().getActive())) {
      return "should run %s, runs %s"
          .formatted(
              Texts.ref(machine.getWantedActive()), Texts.ref(machine.getObserved().getActive()));
    }
    List<String> awaited = ErrorPredicate.awaited(state, machine);
    return awaited.isEmpty()
        ? "no error since " + Instant.ofEpochMilli(machine.getQuietSince())
        : "no report yet from " + String.join(", ", awaited);
  }

  private static void failure(Entities state, Explanation.Builder why, Machine machine) {
    ErrorState error = machine.getError();
    why.setSentence("in FAILURE: " + error.getFault() + ": " + error.getText());
    Optional<Repair> repair = state.repair(machine.getRepairId());
    if (repair.isPresent()) {
      Explanation of = repair(repair.get());
      why.setRule(of.getRule())
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
                          .formatted(rollout, Texts.ref(machine.getWantedActive()))))
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

  private static Explanation repair(Repair repair) {
    Explanation.Builder why =
        Explanation.newBuilder()
            .setSubject("repair/" + repair.getId())
            .setSentence(
                "%s of %s for %s is %s since %s%s"
                    .formatted(
                        Texts.action(repair.getAction()),
                        repair.getMachine(),
                        repair.getFault(),
                        repair.getState(),
                        Instant.ofEpochMilli(repair.getSince()),
                        repair.getOutcome().isEmpty() ? "" : ": " + repair.getOutcome()))
            .addAllEvidence(repair.getEvidenceList())
            .setRule(repair.getRule())
            .addAllVetoes(repair.getVetoesList());
    switch (repair.getState()) {
      case ASSIGNED, WAITING -> why.setNextWhat("it goes on when nothing holds it back");
      case READY -> why.setNextWhat("the Repair Service claims it");
      case CLAIMED, REPAIR_DRAINING ->
          why.setNextWhat("execution, or failure at the deadline").setNextAt(repair.getDeadline());
      case EXECUTING, VERIFYING ->
          why.setNextWhat(Words.verification(repair)).setNextAt(repair.getDeadline());
      case DONE, FAILED, EXPIRED -> why.setNextWhat("nothing, it is closed");
      case STATE_UNSPECIFIED, UNRECOGNIZED -> why.setNextWhat("nothing is known");
    }
    return why.build();
  }

  private static Explanation rollout(Entities state, Rollout rollout) {
    Explanation.Builder why = Explanation.newBuilder().setSubject("rollout/" + rollout.getId());
    why.setSentence(
        "%s → %s is %s since %s%s"
            .formatted(
                rollout.getType(),
                Texts.ref(rollout.getTo()),
                rollout.getState(),
                Instant.ofEpochMilli(rollout.getSince()),
                rollout.getReason().isEmpty() ? "" : ": " + rollout.getReason()));
    why.setRule(Words.policy(rollout.getPolicy()));
    for (RolloutUnit unit : rollout.getUnitsList()) {
      why.addEvidence(
          "unit %s: %s, %s of %s healthy on %s, switched [%s], failed [%s]"
              .formatted(
                  unit.getName(),
                  unit.getState(),
                  unit.getHealthy(),
                  unit.getMachines(),
                  Texts.ref(rollout.getTo()),
                  String.join(", ", unit.getSwitchedList()),
                  String.join(", ", unit.getFailedList())));
    }
    failures(state, rollout)
        .forEach(each -> why.addEvidence(each.getMachine() + ": " + each.getText()));
    if (!Rollouts.isOpen(rollout)) {
      return why.setNextWhat("nothing, it has ended").build();
    }
    if (rollout.getState() == Rollout.State.PAUSED) {
      return why.addVetoes(
              Veto.newBuilder()
                  .setKind("rollout")
                  .setDomain("rollout/" + rollout.getId())
                  .setSentence("it is paused: " + rollout.getPauseReason()))
          .setNextWhat("pilot rollout resume, skip, rollback or abort " + rollout.getId())
          .build();
    }
    return why.setNextWhat(
            rollout.getWaitingFor().isEmpty()
                ? "it goes on"
                : "it waits for " + rollout.getWaitingFor())
        .setNextAt(rollout.getDueAt())
        .build();
  }

  /** How its machines failed, oldest first. */
  private static List<AuditRecord> failures(Entities state, Rollout rollout) {
    return rollout.getUnitsList().stream()
        .flatMap(unit -> unit.getFailedList().stream())
        .flatMap(machine -> state.indexes().trail.of(state, machine).stream())
        .filter(each -> each.getKind().equals("CONDITION") && each.getTo().equals("FAILURE"))
        .filter(each -> each.getAt() >= rollout.getCreatedAt())
        .sorted(
            Comparator.comparingLong(AuditRecord::getIndex)
                .thenComparingInt(AuditRecord::getOrdinal))
        .toList();
  }
}
