package io.pilothouse.dm.state;

import io.pilothouse.api.v1.AuditRecord;
import io.pilothouse.api.v1.Explanation;
import io.pilothouse.api.v1.Rollout;
import io.pilothouse.api.v1.RolloutUnit;
import io.pilothouse.api.v1.Thing;
import io.pilothouse.api.v1.Veto;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;

/** Says of a rollout what it did to whom, and what it waits for. */
final class RolloutExplainer {

  private RolloutExplainer() {}

  static Explanation explain(Entities state, Rollout rollout) {
    Explanation.Builder why = Explanation.newBuilder().setSubject("rollout/" + rollout.getId());
    why.setSentence(
        "%s → %s%s is %s since %s%s"
            .formatted(
                rollout.getType(),
                rollout.getThing() == Thing.THING_MANIFEST
                    ? ""
                    : Things.word(rollout.getThing()) + " ",
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
                  Named.of(unit.getSwitchedList(), each -> each),
                  Named.of(unit.getFailedList(), each -> each)));
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
          .setNextWhat(
              ("pilot rollout resume %s --reason WHY; or, in place of resume: rollback, abort, or"
                      + " skip --unit UNIT")
                  .formatted(rollout.getId()))
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
