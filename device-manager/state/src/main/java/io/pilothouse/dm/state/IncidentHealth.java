package io.pilothouse.dm.state;

import io.pilothouse.api.v1.Incident;
import io.pilothouse.api.v1.StatusReply;
import io.pilothouse.api.v1.WatchdogState;
import java.util.List;

/** Open incidents and quarantined watchdogs on the status screen. */
final class IncidentHealth {

  private IncidentHealth() {}

  static void add(Entities state, StatusReply.Builder status, HealthCodes codes) {
    List<Incident> open = state.indexes().incidents.open(state);
    status.setIncidentsOpen(open.size()).addAllOpenIncidents(open);
    for (Incident incident : open) {
      if (incident.getKind() != Incident.Kind.WATCHDOG_NOISE) {
        int machines = state.indexes().machines.ofIncident(incident.getId()).size();
        codes.add(
            "INCIDENT_OPEN",
            isMuchOfTheFleet(state, machines) ? "ERR" : "WARN",
            machines,
            Trait.of(incident).domain(),
            incident.getOpenedAt(),
            "pilot explain incident " + incident.getId(),
            "%s: %s".formatted(incident.getId(), incident.getSentence()));
      }
    }
    for (WatchdogState watchdog : state.watchdogs()) {
      if (watchdog.getMode() == WatchdogState.Mode.QUARANTINED) {
        codes.add(
            "WATCHDOG_QUARANTINED",
            "WARN",
            1,
            "watchdog/" + watchdog.getName(),
            watchdog.getSince(),
            watchdog.getIncidentId().isEmpty()
                ? "pilot watchdog promote " + watchdog.getName() + ", when it is mended"
                : "pilot explain incident " + watchdog.getIncidentId(),
            "watchdog %s is quarantined: what it says counts for nothing"
                .formatted(watchdog.getName()));
      }
    }
  }

  /** More than the mass share of all machines: the service as a whole is in danger. */
  private static boolean isMuchOfTheFleet(Entities state, int machines) {
    return Ppm.of(machines, state.indexes().faults.members())
        > IncidentPolicies.of(state).massSharePpm();
  }
}
