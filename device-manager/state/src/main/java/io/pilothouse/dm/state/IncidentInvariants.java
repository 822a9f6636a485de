package io.pilothouse.dm.state;

import io.pilothouse.api.v1.Incident;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.Repair;
import io.pilothouse.api.v1.Rollout;
import io.pilothouse.api.v1.RolloutUnit;
import io.pilothouse.api.v1.WatchdogState;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** What must hold of incidents at every index. */
final class IncidentInvariants {
  private final Entities state;
  private final List<String> broken = new ArrayList<>();

  private IncidentInvariants(Entities state) {
    this.state = state;
  }

  static List<String> check(Entities state) {
    IncidentInvariants check = new IncidentInvariants(state);
    state.machines().forEach(check::machine);
    state.incidents().forEach(check::incident);
    state.watchdogs().forEach(check::watchdog);
    if (!state.indexes().incidents.isQuiet()) {
      state.rollouts().stream().filter(Rollouts::isOpen).forEach(check::rollout);
    }
    return check.broken;
  }

  /** The same of what changed, and of machines that refer to it. */
  static List<String> checkChanged(
      Entities state,
      Set<String> machines,
      Set<String> rollouts,
      Set<String> incidents,
      Set<String> watchdogs) {
    IncidentInvariants check = new IncidentInvariants(state);
    for (String name : machines) {
      state.machine(name).ifPresent(check::machine);
      state.machine(name).ifPresent(check::excused);
    }
    for (String id : incidents) {
      state.incident(id).ifPresent(check::incident);
      state
          .incident(id)
          .flatMap(each -> state.watchdog(each.getValue()))
          .ifPresent(check::watchdog);
    }
    watchdogs.forEach(each -> state.watchdog(each).ifPresent(check::quarantine));
    rollouts.forEach(
        each -> state.rollout(each).filter(Rollouts::isOpen).ifPresent(check::rollout));
    return check.broken;
  }

  private void machine(Machine machine) {
    if (machine.getIncidentId().isEmpty()) {
      return;
    }
    Optional<Incident> incident = open(machine.getIncidentId());
    boolean ofMachines =
        incident.filter(each -> each.getKind() != Incident.Kind.WATCHDOG_NOISE).isPresent();
    if (!ofMachines || !machine.hasError()) {
      broken.add(
          "incident reference: %s names %s, which is not open, or it has no error"
              .formatted(machine.getName(), machine.getIncidentId()));
      return;
    }
    if (!IncidentTrial.isTried(incident.orElseThrow(), machine)) {
      state.repair(machine.getRepairId()).ifPresent(each -> isHeld(machine, each));
    }
  }

  /** What was claimed before goes on; nothing else begins. */
  private void isHeld(Machine machine, Repair repair) {
    boolean waits = repair.getState() == Repair.State.WAITING;
    boolean vetoed =
        repair.getVetoesList().stream().anyMatch(each -> each.getKind().equals(Incidents.VETO));
    if (repair.getState() == Repair.State.READY
        || repair.getState() == Repair.State.ASSIGNED
        || (waits && !vetoed)) {
      broken.add(
          "an incident holds repairs: %s of %s is %s while %s is open"
              .formatted(
                  repair.getId(), machine.getName(), repair.getState(), machine.getIncidentId()));
    }
  }

  private void incident(Incident incident) {
    if (incident.getState() != Incident.State.OPEN
        || incident.getKind() != Incident.Kind.WATCHDOG_NOISE) {
      return;
    }
    boolean quarantined =
        state
            .watchdog(incident.getValue())
            .filter(each -> each.getMode() == WatchdogState.Mode.QUARANTINED)
            .filter(each -> each.getIncidentId().equals(incident.getId()))
            .isPresent();
    if (!quarantined) {
      broken.add(
          "a noisy watchdog is quarantined: %s of %s"
              .formatted(incident.getValue(), incident.getId()));
    }
  }

  /** A watchdog that changed, and the incident that quarantined it. */
  private void quarantine(WatchdogState watchdog) {
    watchdog(watchdog);
    open(watchdog.getIncidentId()).ifPresent(this::incident);
  }

  private void watchdog(WatchdogState watchdog) {
    if (!watchdog.getIncidentId().isEmpty() && open(watchdog.getIncidentId()).isEmpty()) {
      broken.add(
          "incident reference: watchdog %s names %s, which is not open"
              .formatted(watchdog.getName(), watchdog.getIncidentId()));
    }
  }

  private void rollout(Rollout rollout) {
    for (RolloutUnit unit : rollout.getUnitsList()) {
      unit.getFailedList().stream()
          .flatMap(each -> state.machine(each).stream())
          .forEach(each -> excused(rollout, each));
    }
  }

  /** A machine that changed, in the open rollout that it is part of. */
  private void excused(Machine machine) {
    if (!machine.getRolloutId().isEmpty() && !machine.getIncidentId().isEmpty()) {
      state
          .rollout(machine.getRolloutId())
          .filter(Rollouts::isOpen)
          .filter(
              each ->
                  each.getUnitsList().stream()
                      .anyMatch(unit -> unit.getFailedList().contains(machine.getName())))
          .ifPresent(each -> excused(each, machine));
    }
  }

  private void excused(Rollout rollout, Machine machine) {
    boolean excused =
        machine.getRolloutId().equals(rollout.getId())
            && IncidentRollouts.isExcused(state, rollout, machine);
    if (excused) {
      broken.add(
          "an excused machine is no failure of a rollout: %s in %s"
              .formatted(machine.getName(), rollout.getId()));
    }
  }

  private Optional<Incident> open(String id) {
    return state.incident(id).filter(each -> each.getState() == Incident.State.OPEN);
  }
}
