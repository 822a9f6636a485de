package io.pilothouse.dm.state;

import io.pilothouse.api.v1.Action;
import io.pilothouse.api.v1.Incident;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.Repair;
import io.pilothouse.api.v1.Veto;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;

/**
 * One machine that an incident no longer holds, to see whether repairs help. It goes up the ladder
 * until the next trial, since its first action may be DoNothing, which tells nothing.
 */
final class IncidentTrial {

  private IncidentTrial() {}

  /** Whether the machine's repairs go on in spite of the incident. */
  static boolean isTried(Incident incident, Machine machine) {
    return incident.getTrialMachine().equals(machine.getName());
  }

  /** Takes the next machine by name after the last one that was tried, round and round. */
  static void begin(Draft draft, Incident.Builder incident, SortedSet<String> machines) {
    List<String> names = new ArrayList<>(machines.tailSet(incident.getTrialMachine() + "\0"));
    names.addAll(machines.headSet(incident.getTrialMachine() + "\0"));
    Optional<String> next = names.stream().filter(each -> isHeld(draft, each)).findFirst();
    incident.setTrialAt(draft.nowMillis()).setTrialMachine(next.orElse(""));
    next.ifPresent(
        each -> {
          draft.touch(each);
          IncidentBook.record(
              draft,
              incident.build(),
              "",
              "",
              "the repair of %s is let through, to see whether repairs help".formatted(each),
              List.of());
        });
  }

  /** Whether nothing but the incident is in the repair's way, as far as is known. */
  private static boolean isHeld(Draft draft, String name) {
    Machine machine = draft.machine(name).orElseThrow();
    Optional<Repair> repair = draft.repair(machine.getRepairId());
    return repair.filter(IncidentTrial::isWaiting).isPresent() && !machine.hasHold();
  }

  private static boolean isWaiting(Repair repair) {
    boolean waits =
        repair.getState() == Repair.State.ASSIGNED || repair.getState() == Repair.State.WAITING;
    return waits
        && repair.getAction() != Action.ESCALATE
        && repair.getVetoesList().stream()
            .map(Veto::getKind)
            .noneMatch(each -> each.equals("approval") || each.equals(RepairTries.VETO));
  }
}
