package io.pilothouse.dm.state;

import io.pilothouse.api.log.v1.Refusal;
import io.pilothouse.api.v1.Approval;
import io.pilothouse.api.v1.Incident;
import io.pilothouse.api.v1.WatchdogState;
import java.util.List;
import java.util.Optional;

/**
 * A person says that an incident is over. Above the blast radius one person alone cannot: the first
 * one's wish is kept, and a second one must have the same.
 */
final class IncidentResolve {
  private IncidentResolve() {}

  /** Ends it, or keeps the wish; returns what to tell the person. */
  static List<String> resolve(Draft draft, String id) throws RefusedException {
    Incident incident = find(draft, id);
    Operators.requireReason(draft, "the end of an incident");
    String principal = draft.request().getPrincipal();
    String reason = draft.request().getReason();
    int machines = released(draft, incident);
    int most = Approvals.mostOfOnePerson(draft);
    Optional<Approval> asked = asked(draft, incident);
    if (machines <= most
        || asked.filter(each -> !each.getPrincipal().equals(principal)).isPresent()) {
      end(draft, incident, principal, asked.map(each -> reason + with(each)).orElse(reason));
      return List.of("%s is closed; %s".formatted(id, outcome(incident, machines)));
    }
    if (asked.isPresent()) {
      throw new RefusedException(
          Refusal.Code.NOT_ALLOWED,
          "%s asked for the end of %s already; it releases %s machines, and one person may release %s"
              .formatted(principal, id, machines, most),
          "have another person run: pilot incident resolve %s --reason TEXT".formatted(id));
    }
    Approval wish =
        Approval.newBuilder()
            .setPrincipal(principal)
            .setReason(reason)
            .setAt(draft.nowMillis())
            .build();
    draft.put(incident.toBuilder().setResolveAsked(wish).build());
    IncidentBook.record(
        draft, incident, "OPEN", "OPEN", principal + " asks to end it: " + reason, List.of());
    return List.of(
        ("%s stays open: its end releases %s machines, and one person may release %s. A second person"
                + " must do the same: pilot incident resolve %s --reason TEXT")
            .formatted(id, machines, most, id));
  }

  private static String with(Approval first) {
    return " (and %s: %s)".formatted(first.getPrincipal(), first.getReason());
  }

  private static Incident find(Draft draft, String id) throws RefusedException {
    Optional<Incident> incident = draft.incident(id);
    if (incident.isEmpty()) {
      throw new RefusedException(
          Refusal.Code.NOT_FOUND, "no incident \"" + id + "\"", "`pilot incident list` shows them");
    }
    if (incident.get().getState() != Incident.State.OPEN) {
      throw new RefusedException(
          Refusal.Code.PRECONDITION,
          "%s is closed: %s".formatted(id, incident.get().getCloseReason()),
          "`pilot incident list` shows those that are open");
    }
    return incident.get();
  }

  private static int released(Draft draft, Incident incident) {
    return incident.getKind() == Incident.Kind.WATCHDOG_NOISE
        ? draft.indexes().noise.errors(incident.getValue()).size()
        : draft.indexes().machines.ofIncident(incident.getId()).size();
  }

  /** The first person's wish, while it is young enough to count. */
  private static Optional<Approval> asked(Draft draft, Incident incident) {
    long since = draft.nowMillis() - Approvals.windowMs(draft);
    return Optional.of(incident)
        .filter(Incident::hasResolveAsked)
        .map(Incident::getResolveAsked)
        .filter(each -> each.getAt() > since);
  }

  private static void end(Draft draft, Incident incident, String principal, String reason) {
    Optional<WatchdogState> watchdog =
        incident.getKind() == Incident.Kind.WATCHDOG_NOISE
            ? draft.watchdog(incident.getValue())
            : Optional.empty();
    if (watchdog.isPresent()) {
      WatchdogState live = NoiseFollow.ended(draft, watchdog.get(), reason);
      WatchdogNoise.set(
          draft,
          live.toBuilder().setMode(WatchdogState.Mode.LIVE).build(),
          "%s resolved %s: its verdicts count".formatted(principal, incident.getId()));
    } else {
      IncidentBook.close(draft, incident, principal, reason);
    }
  }

  private static String outcome(Incident incident, int machines) {
    return incident.getKind() == Incident.Kind.WATCHDOG_NOISE
        ? "watchdog %s counts again: it calls %s machines bad"
            .formatted(incident.getValue(), machines)
        : "repairs of its %s machines go on at the budget's pace".formatted(machines);
  }
}
