package io.pilothouse.dm.simulate;

import io.pilothouse.api.v1.AuditRecord;
import io.pilothouse.dm.state.Entities;
import java.time.Instant;
import java.util.List;

/** The newest audit records as text, for the report of a violation. */
final class AuditTail {

  private AuditTail() {}

  static String of(Entities state, int count) {
    List<AuditRecord> all = List.copyOf(state.audit());
    StringBuilder text = new StringBuilder("\nlast audit records:");
    for (AuditRecord each : all.subList(Math.max(0, all.size() - count), all.size())) {
      text.append(
          "%n  %s.%s %s %s %s %s: %s → %s %s"
              .formatted(
                  each.getIndex(),
                  each.getOrdinal(),
                  Instant.ofEpochMilli(each.getAt()),
                  each.getKind(),
                  each.getSubject(),
                  each.getMachine(),
                  each.getFrom(),
                  each.getTo(),
                  each.getText()));
    }
    return text.toString();
  }
}
