package io.pilothouse.dm.state;

import io.pilothouse.api.v1.AuditRecord;
import io.pilothouse.api.v1.Incident;
import io.pilothouse.api.v1.Machine;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/** Opens and closes incidents, each with its record, and keeps the newest closed ones. */
final class IncidentBook {
  /** Who closes what closes by itself. */
  static final String DM = "dm";

  private static final int CLOSED_KEPT = 200;
  private static final int NAMED = 15;

  private IncidentBook() {}

  /** Numbers it, stores it, records it. */
  static Incident open(Draft draft, Incident.Builder incident) {
    long number = draft.meta().getNextIncident() + 1;
    draft.put(draft.meta().toBuilder().setNextIncident(number).build());
    incident
        .setId("I-" + number)
        .setOrder(number)
        .setState(Incident.State.OPEN)
        .setOpenedAt(draft.nowMillis())
        .setPeak(incident.getExplained());
    Incident opened = incident.build();
    draft.put(opened);
    record(draft, opened, "", "OPEN", opened.getSentence(), opened.getEvidenceList());
    return opened;
  }

  /** Ends it. What it held goes on at the budget's pace; its errors never count as new again. */
  static void close(Draft draft, Incident incident, String by, String reason) {
    Incident closed =
        incident.toBuilder()
            .setState(Incident.State.CLOSED)
            .setClosedAt(draft.nowMillis())
            .setClosedBy(by)
            .setCloseReason(reason)
            .clearResolveAsked()
            .setQuietSince(0)
            .setDueAt(0)
            .build();
    draft.put(closed);
    for (String name : List.copyOf(draft.indexes().machines.ofIncident(incident.getId()))) {
      Machine machine = draft.machine(name).orElseThrow();
      draft.put(machine.toBuilder().clearIncidentId().setTroubleSince(Trouble.HAD).build());
    }
    record(draft, closed, "OPEN", "CLOSED", "closed by %s: %s".formatted(by, reason), List.of());
    forget(draft);
  }

  static void record(
      Draft draft,
      Incident incident,
      String from,
      String to,
      String text,
      Collection<String> evidence) {
    draft.audit(
        AuditRecord.newBuilder()
            .setKind("INCIDENT")
            .setSubject("incident/" + incident.getId())
            .setFrom(from)
            .setTo(to)
            .addAllEvidence(evidence)
            .setText(text));
  }

  /** The open incident about a value, if there is one. */
  static Optional<Incident> about(Entities state, Trait trait) {
    return state.indexes().incidents.open(state).stream()
        .filter(each -> each.getDimension().equals(trait.dimension().word()))
        .filter(each -> each.getValue().equals(trait.value()))
        .findFirst();
  }

  /** Which machines, what errors, since when: the first few by name. */
  static List<String> evidence(Collection<Machine> machines) {
    List<String> evidence = new ArrayList<>();
    for (Machine machine : machines) {
      if (evidence.size() == NAMED) {
        evidence.add("and %s more machines".formatted(machines.size() - NAMED));
        break;
      }
      evidence.add(
          "%s: %s since %s: %s"
              .formatted(
                  machine.getName(),
                  machine.getError().getFault(),
                  Instant.ofEpochMilli(machine.getError().getSince()),
                  machine.getError().getText()));
    }
    return evidence;
  }

  private static void forget(Draft draft) {
    int excess = draft.indexes().incidents.closed().size() - CLOSED_KEPT;
    if (excess > 0) {
      draft.indexes().incidents.closed().stream()
          .limit(excess)
          .toList()
          .forEach(each -> draft.removeIncident(each.name()));
    }
  }
}
