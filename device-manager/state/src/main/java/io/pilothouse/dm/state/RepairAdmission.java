package io.pilothouse.dm.state;

import io.pilothouse.api.v1.Action;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.Repair;
import io.pilothouse.api.v1.Severity;
import io.pilothouse.api.v1.Veto;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Lets repairs begin: which of those that wait may go on now, and what holds the others back. */
final class RepairAdmission {
  private static final long BACK_OFF_MS = 60_000;

  private RepairAdmission() {}

  /** Lets waiting repairs go on as budget, holds and freeze allow, the most urgent first. */
  static void admit(Draft draft) {
    draft
        .due(Table.REPAIR)
        .keySet()
        .forEach(id -> Repairs.expire(draft, draft.repair(id).orElseThrow()));
    List<Repair> waiting = new ArrayList<>();
    for (Repair repair : draft.repairs()) {
      if (isWaiting(repair)) {
        waiting.add(repair);
      }
    }
    waiting.sort(
        Comparator.comparing((Repair each) -> each.getSeverity() != Severity.FATAL)
            .thenComparingLong(each -> each.getCreatedAt() + each.getAttempts() * BACK_OFF_MS)
            .thenComparing(Repair::getMachine));
    for (Repair repair : waiting) {
      admitOne(draft, repair);
    }
  }

  private static boolean isWaiting(Repair repair) {
    return repair.getState() == Repair.State.ASSIGNED
        || repair.getState() == Repair.State.WAITING
        || repair.getState() == Repair.State.READY;
  }

  private static void admitOne(Draft draft, Repair repair) {
    Machine machine = draft.machine(repair.getMachine()).orElseThrow();
    boolean needless =
        (repair.getSeverity() != Severity.FATAL || repair.getAction() == Action.ESCALATE)
            && repair.getState() != Repair.State.READY
            && ErrorPredicate.of(draft, machine, draft.now()).isEmpty()
            && MachineRules.missing(draft, machine).isEmpty();
    if (needless) {
      String rule = "the errors cleared while it waited -> DoNothing";
      if (repair.getState() == Repair.State.ASSIGNED) {
        repair = Repairs.move(repair, Repair.State.WAITING, draft).build();
      }
      Repairs.finishDoNothing(draft, repair, rule);
      return;
    }
    List<Veto> vetoes = vetoes(draft, machine, repair);
    if (!vetoes.isEmpty()) {
      if (repair.getState() != Repair.State.WAITING || !repair.getVetoesList().equals(vetoes)) {
        Repair.Builder held =
            repair.getState() == Repair.State.WAITING
                ? repair.toBuilder()
                : Repairs.move(repair, Repair.State.WAITING, draft);
        draft.put(
            held.clearVetoes()
                .addAllVetoes(vetoes)
                .setReadyAt(0)
                .setDueAt(Approvals.lookAgainAt(vetoes))
                .build());
        auditVetoes(draft, repair, vetoes);
      }
      return;
    }
    if (repair.getState() != Repair.State.READY) {
      Repair ready =
          Repairs.move(repair, Repair.State.READY, draft)
              .clearVetoes()
              .setReadyAt(draft.nowMillis())
              .setDueAt(0)
              .build();
      draft.put(ready);
      draft.audit(
          Repairs.record(ready, repair.getState().name(), "READY", "waits for the Repair Service"));
    }
  }

  private static void auditVetoes(Draft draft, Repair repair, List<Veto> vetoes) {
    List<String> kinds = repair.getVetoesList().stream().map(Veto::getKind).toList();
    if (repair.getState() != Repair.State.WAITING
        || !kinds.equals(vetoes.stream().map(Veto::getKind).toList())) {
      String why = String.join("; ", vetoes.stream().map(Veto::getSentence).toList());
      draft.audit(Repairs.record(repair, repair.getState().name(), "WAITING", "held back: " + why));
    }
  }

  private static List<Veto> vetoes(Draft draft, Machine machine, Repair repair) {
    List<Veto> vetoes = new ArrayList<>();
    Approvals.veto(draft, machine, repair).ifPresent(vetoes::add);
    if (draft.freeze().getFrozen()) {
      vetoes.add(
          Veto.newBuilder()
              .setKind("freeze")
              .setDomain("fleet")
              .setSentence(
                  "repairs are frozen by %s: %s"
                      .formatted(draft.freeze().getPrincipal(), draft.freeze().getReason()))
              .build());
    }
    if (machine.hasHold()) {
      vetoes.add(Operators.veto(machine));
    }
    DomainHolds.veto(draft, machine).ifPresent(vetoes::add);
    if (repair.getState() != Repair.State.READY) {
      Budget.veto(draft, machine, Budget.Purpose.REPAIR).ifPresent(vetoes::add);
    }
    return vetoes;
  }
}
