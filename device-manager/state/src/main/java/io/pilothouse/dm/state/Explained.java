package io.pilothouse.dm.state;

import io.pilothouse.api.v1.Incident;
import io.pilothouse.api.v1.Lifecycle;
import io.pilothouse.api.v1.Machine;
import java.util.List;
import java.util.Optional;

/**
 * Which open incident explains a machine's error: one about a value that the machine has, when its
 * trouble began within the window before the incident or while it was open. The machine carries the
 * incident's id until its error is gone.
 */
final class Explained {

  private Explained() {}

  /** Sets or clears the machine's incident; returns whether that changed it. */
  static boolean settle(Draft draft, Machine machine) {
    Optional<Incident> incident = of(draft, machine);
    String id = incident.map(Incident::getId).orElse("");
    if (id.equals(machine.getIncidentId())) {
      return false;
    }
    draft.put(machine.toBuilder().setIncidentId(id).build());
    if (incident.isPresent()) {
      UsualRate.uncount(draft, 1);
      IncidentRollouts.excuse(draft, machine.getName());
    }
    return true;
  }

  /** Has an incident that was just opened take the machines that it explains. */
  static void take(Draft draft, Trait trait) {
    for (String name : List.copyOf(draft.indexes().faults.inError(trait))) {
      settle(draft, draft.machine(name).orElseThrow());
    }
  }

  /** The one that it has while that still fits, or else the oldest that does. */
  private static Optional<Incident> of(Draft draft, Machine machine) {
    if (machine.getIncidentId().isEmpty() && draft.indexes().incidents.isQuiet()) {
      return Optional.empty();
    }
    if (!isInError(machine)) {
      return Optional.empty();
    }
    return draft
        .incident(machine.getIncidentId())
        .filter(each -> explains(draft, each, machine))
        .or(
            () ->
                draft.indexes().incidents.open(draft).stream()
                    .filter(each -> explains(draft, each, machine))
                    .findFirst());
  }

  /** In FAILURE the error that led there counts until Probation, gone or not. */
  private static boolean isInError(Machine machine) {
    return machine.getLifecycle() == Lifecycle.IN_SERVICE
        && machine.hasError()
        && machine.getTroubleSince() > Trouble.HAD;
  }

  private static boolean explains(Draft draft, Incident incident, Machine machine) {
    if (incident.getState() != Incident.State.OPEN
        || incident.getKind() == Incident.Kind.WATCHDOG_NOISE) {
      return false;
    }
    long from = incident.getOpenedAt() - IncidentPolicies.of(draft).windowMs();
    return machine.getTroubleSince() > from
        && Trait.of(incident).has(machine)
        && (incident.getKind() != Incident.Kind.MASS_FAILURE || isLeftToIt(draft, machine));
  }

  /** A machine that a rollout switched is the rollout's to judge, unless it is gone altogether. */
  private static boolean isLeftToIt(Draft draft, Machine machine) {
    return machine.getRolloutId().isEmpty() || Trouble.isGone(draft, machine.getError());
  }
}
