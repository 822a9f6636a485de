package io.pilothouse.dm.state;

import io.pilothouse.api.v1.Action;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.Repair;
import io.pilothouse.api.v1.Severity;
import io.pilothouse.api.v1.Veto;
import io.pilothouse.api.v1.WatchdogState;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Lets repairs begin: which of those that wait may go on now, and what holds the others back. */
final class RepairAdmission {
  private static final Set<String> BY_TIME = Set.of("approval", SecondLook.VETO, RepairTries.VETO);

  private RepairAdmission() {}

  /**
   * Lets waiting repairs go on as budget, holds and freeze allow, the most urgent first. What a
   * spent domain keeps waiting is not looked at again before some domain has more room, and then
   * only as long as the fleet has.
   */
  static void admit(Draft draft) {
    draft
        .due(Table.REPAIR)
        .keySet()
        .forEach(id -> Repairs.expire(draft, draft.repair(id).orElseThrow()));
    Agenda.Work work = draft.agenda().takeRepairs();
    NavigableSet<WaitingPlace> changed = changed(draft, work);
    boolean room = work.everything() || work.room();
    @Nullable WaitingPlace last = changed.isEmpty() ? null : changed.last();
    @Nullable WaitingPlace next = first(changed, room ? waiting(draft) : null, null);
    while (next != null) {
      boolean spent = room && Budget.isFleetSpent(draft, Budget.Purpose.REPAIR);
      if (spent && (last == null || next.compareTo(last) > 0)) {
        return;
      }
      Optional<Repair> repair = draft.repair(next.repair());
      boolean again = changed.contains(next) || (!spent && hasRoom(draft, repair));
      if (again) {
        repair.filter(RepairAdmission::isWaiting).ifPresent(each -> admitOne(draft, each));
      }
      next = first(changed, room ? waiting(draft) : null, next);
    }
  }

  private static NavigableSet<WaitingPlace> waiting(Draft draft) {
    return draft.indexes().repairs.waiting();
  }

  /** Repairs that the request changed, or whose machines it changed. */
  private static NavigableSet<WaitingPlace> changed(Draft draft, Agenda.Work work) {
    TreeSet<WaitingPlace> changed = new TreeSet<>();
    if (work.everything()) {
      changed.addAll(waiting(draft));
      draft
          .indexes()
          .repairs
          .in(draft, Repair.State.READY)
          .forEach(each -> changed.add(WaitingPlace.of(each)));
    }
    for (String name : work.names()) {
      draft
          .machine(name)
          .flatMap(machine -> draft.repair(machine.getRepairId()))
          .filter(RepairAdmission::isWaiting)
          .ifPresent(each -> changed.add(WaitingPlace.of(each)));
    }
    return changed;
  }

  /** The first place after {@code after} in either set, which both change as repairs go on. */
  private static @Nullable WaitingPlace first(
      NavigableSet<WaitingPlace> changed,
      @Nullable NavigableSet<WaitingPlace> waiting,
      @Nullable WaitingPlace after) {
    @Nullable WaitingPlace one = next(changed, after);
    @Nullable WaitingPlace other = waiting == null ? null : next(waiting, after);
    if (one == null || other == null) {
      return one == null ? other : one;
    }
    return one.compareTo(other) <= 0 ? one : other;
  }

  private static @Nullable WaitingPlace next(
      NavigableSet<WaitingPlace> places, @Nullable WaitingPlace after) {
    if (after != null) {
      return places.higher(after);
    }
    return places.isEmpty() ? null : places.first();
  }

  /** Whether the repair waited for the budget alone, and every domain has room now. */
  private static boolean hasRoom(Draft draft, Optional<Repair> repair) {
    return repair
        .filter(
            each -> each.getVetoesList().stream().allMatch(veto -> veto.getKind().equals("budget")))
        .filter(each -> Budget.hasRoom(draft, draft.machine(each.getMachine()).orElseThrow()))
        .isPresent();
  }

  private static boolean isWaiting(Repair repair) {
    return repair.getState() == Repair.State.ASSIGNED
        || repair.getState() == Repair.State.WAITING
        || repair.getState() == Repair.State.READY;
  }

  private static void admitOne(Draft draft, Repair repair) {
    Machine machine = draft.machine(repair.getMachine()).orElseThrow();
    if (isNeedless(draft, machine, repair)) {
      String rule = "the errors cleared while it waited -> DoNothing";
      if (repair.getState() != Repair.State.WAITING) {
        repair = Repairs.move(repair, Repair.State.WAITING, draft).build();
      }
      Repairs.finishDoNothing(draft, repair, rule);
      return;
    }
    List<Veto> vetoes = vetoes(draft, machine, repair);
    if (!vetoes.isEmpty()) {
      if (repair.getState() != Repair.State.WAITING || !isSame(repair.getVetoesList(), vetoes)) {
        Repair.Builder held =
            repair.getState() == Repair.State.WAITING
                ? repair.toBuilder()
                : Repairs.move(repair, Repair.State.WAITING, draft);
        if (vetoes.stream().anyMatch(each -> each.getKind().equals(Incidents.VETO))) {
          held = Incidents.held(draft, machine, held);
        }
        draft.put(
            held.clearVetoes()
                .addAllVetoes(vetoes)
                .setReadyAt(0)
                .setDueAt(lookAgainAt(vetoes))
                .build());
        auditVetoes(draft, repair, vetoes);
      }
      return;
    }
    if (repair.getAction() == Action.DO_NOTHING) {
      Repairs.finishDoNothing(draft, repair, repair.getRule());
    } else if (repair.getState() != Repair.State.READY) {
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

  /**
   * Whether the same things hold the repair back. Numbers of the budget that moved meanwhile are no
   * difference: thousands that wait for one domain would all be written anew for each other's sake.
   */
  private static boolean isSame(List<Veto> before, List<Veto> now) {
    return before.stream()
        .map(RepairAdmission::withoutNumbers)
        .toList()
        .equals(now.stream().map(RepairAdmission::withoutNumbers).toList());
  }

  private static Veto withoutNumbers(Veto veto) {
    return veto.getKind().equals("budget")
        ? veto.toBuilder().clearLimit().clearTaken().clearLost().clearSentence().build()
        : veto;
  }

  /**
   * Whether nothing is left that asks for the repair. A fatal fault is believed although it is no
   * longer reported, and what is READY goes on; but not a fault that an incident explains, which
   * went with its cause, and not when the watchdog that raised it does not count any more.
   */
  private static boolean isNeedless(Draft draft, Machine machine, Repair repair) {
    boolean goesOn =
        repair.getState() == Repair.State.READY
            || (repair.getSeverity() == Severity.FATAL
                && repair.getAction() != Action.ESCALATE
                && machine.getIncidentId().isEmpty());
    return (!goesOn || isBaseless(draft, machine))
        && ErrorPredicate.of(draft, machine, draft.now()).isEmpty()
        && MachineRules.missing(draft, machine).isEmpty();
  }

  private static boolean isBaseless(Draft draft, Machine machine) {
    String watchdog = machine.getError().getWatchdog();
    return !watchdog.isEmpty()
        && !watchdog.equals(ErrorPredicate.VERSION)
        && (Policies.mode(draft, watchdog) != WatchdogState.Mode.LIVE
            || Policies.watchdog(draft, watchdog)
                .filter(each -> Policies.concerns(draft, machine, each))
                .isEmpty());
  }

  /** When time alone ends one of them; 0 = none. */
  private static long lookAgainAt(List<Veto> vetoes) {
    return vetoes.stream()
        .filter(each -> BY_TIME.contains(each.getKind()))
        .mapToLong(Veto::getUntil)
        .filter(each -> each > 0)
        .min()
        .orElse(0);
  }

  private static void auditVetoes(Draft draft, Repair repair, List<Veto> vetoes) {
    List<String> kinds = kinds(repair.getVetoesList());
    if (repair.getState() != Repair.State.WAITING || !kinds.equals(kinds(vetoes))) {
      String why = String.join("; ", vetoes.stream().map(Veto::getSentence).toList());
      draft.audit(Repairs.record(repair, repair.getState().name(), "WAITING", "held back: " + why));
    }
  }

  private static List<String> kinds(List<Veto> vetoes) {
    return vetoes.stream().map(Veto::getKind).distinct().toList();
  }

  private static List<Veto> vetoes(Draft draft, Machine machine, Repair repair) {
    List<Veto> vetoes = new ArrayList<>();
    Incidents.veto(draft, machine).ifPresent(vetoes::add);
    if (repair.getAction() == Action.DO_NOTHING) {
      return vetoes;
    }
    SecondLook.veto(draft, machine, repair).ifPresent(vetoes::add);
    RepairTries.veto(draft, machine, repair).ifPresent(vetoes::add);
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
    // the budget is asked once nothing else holds it: its numbers change with every machine
    if (vetoes.isEmpty() && repair.getState() != Repair.State.READY) {
      vetoes.addAll(Budget.vetoes(draft, machine, Budget.Purpose.REPAIR));
    }
    return vetoes;
  }
}
