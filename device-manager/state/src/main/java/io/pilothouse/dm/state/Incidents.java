package io.pilothouse.dm.state;

import io.pilothouse.api.v1.Incident;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.Repair;
import io.pilothouse.api.v1.Veto;
import java.util.List;
import java.util.Optional;

/**
 * Errors that one cause explains: correlated failures, the mass-failure stop, noisy watchdogs. This
 * class is the door. {@link WatchdogNoise}, {@link SwitchFailure}, {@link CorrelationLook} and
 * {@link MassFailure} open incidents, in this order; {@link Explained} says whose error one
 * explains; {@link IncidentFollow} ends it.
 */
final class Incidents {
  /** Kind of the veto. */
  static final String VETO = "incident";

  private Incidents() {}

  /** Opens, follows and closes incidents as errors come and go. */
  static void settle(Draft draft) {
    WatchdogNoise.settle(draft);
    SwitchFailure.settle(draft);
    CorrelationLook.settle(draft);
    MassFailure.settle(draft);
    IncidentFollow.settle(draft);
  }

  /** Why the machine's repair waits, when an open incident explains its error. */
  static Optional<Veto> veto(Entities state, Machine machine) {
    return state
        .incident(machine.getIncidentId())
        .filter(each -> each.getState() == Incident.State.OPEN)
        .filter(each -> !IncidentTrial.isTried(each, machine))
        .map(each -> veto(state, each));
  }

  private static Veto veto(Entities state, Incident incident) {
    IncidentPolicies policy = IncidentPolicies.of(state);
    return Veto.newBuilder()
        .setKind(VETO)
        .setDomain(Trait.of(incident).domain())
        .setUntil(IncidentFollow.trialAt(incident.toBuilder(), policy))
        .setSentence(
            ("incident %s holds it: %s. It ends by itself when the errors are gone for %s; one machine"
                    + " is tried every %s; a person ends it with: pilot incident resolve %s --reason"
                    + " TEXT")
                .formatted(
                    incident.getId(),
                    incident.getSentence(),
                    Texts.span(policy.quietMs()),
                    Texts.span(policy.trialAfterMs()),
                    incident.getId()))
        .build();
  }

  /** Counts a repair that an incident begins to hold; returns it with the incident's id. */
  static Repair.Builder held(Draft draft, Machine machine, Repair.Builder repair) {
    String id = machine.getIncidentId();
    if (!repair.getIncidentId().equals(id)) {
      draft
          .incident(id)
          .ifPresent(each -> draft.put(each.toBuilder().setHeld(each.getHeld() + 1).build()));
    }
    return repair.setIncidentId(id);
  }

  /** A person says that an incident is over; returns what to tell the person. */
  static List<String> resolve(Draft draft, String id) throws RefusedException {
    return IncidentResolve.resolve(draft, id);
  }
}
