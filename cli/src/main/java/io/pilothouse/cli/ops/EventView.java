package io.pilothouse.cli.ops;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.pilothouse.api.v1.AuditRecord;
import io.pilothouse.cli.Json;
import io.pilothouse.cli.Names;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/** An event (audit record) as JSON and as a line. */
final class EventView {
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSS'Z'", Locale.ROOT)
          .withZone(ZoneOffset.UTC);

  private EventView() {}

  static void fill(AuditRecord event, ObjectNode node) {
    node.put("at", TIME.format(Instant.ofEpochMilli(event.getAt())))
        .put("revision", event.getIndex())
        .put("ordinal", event.getOrdinal())
        .put("kind", event.getKind())
        .put("subject", event.getSubject())
        .put("machine", event.getMachine())
        .put("from", event.getFrom())
        .put("to", event.getTo())
        .put("action", Names.action(event.getAction()))
        .put("rule", event.getRule());
    Json.strings(node, "evidence", event.getEvidenceList());
    node.put("principal", event.getPrincipal())
        .put("reason", event.getReason())
        .put("trigger", event.getTrigger())
        .put("request_id", event.getRequestId())
        .put("text", event.getText());
  }

  /** Index, time, kind, subject, what happened, by whom. */
  static String line(AuditRecord event) {
    String change =
        event.getFrom().isEmpty() && event.getTo().isEmpty()
            ? ""
            : " %s → %s".formatted(or(event.getFrom(), "-"), or(event.getTo(), "-"));
    return "%6d  %s  %-9s %s%s  %s  (%s%s)"
        .formatted(
            event.getIndex(),
            TIME.format(Instant.ofEpochMilli(event.getAt())),
            event.getKind(),
            event.getSubject(),
            change,
            event.getText(),
            event.getPrincipal(),
            event.getReason().isEmpty() ? "" : ": " + event.getReason());
  }

  private static String or(String text, String otherwise) {
    return text.isEmpty() ? otherwise : text;
  }
}
