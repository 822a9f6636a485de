package io.pilothouse.testing.histories;

import io.pilothouse.api.v1.AuditRecord;
import io.pilothouse.testing.histories.Operation.Call;
import io.pilothouse.testing.histories.Operation.Outcome;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Holds a history against the Device Manager's own trail: what was acknowledged is there once, what
 * was refused is not there, and what nobody knows is there once at most. Each write has a reason of
 * its own.
 */
public final class Trail {
  private Trail() {}

  /** Sentences on what does not fit; empty when all does. */
  public static List<String> objections(List<Operation> history, List<AuditRecord> records) {
    Map<String, List<Long>> entries = new HashMap<>();
    for (AuditRecord each : records) {
      // one a write, whatever follows from it; a retry may share the entry of what it repeats
      if (each.getKind().equals("OPERATOR")) {
        entries.computeIfAbsent(each.getReason(), reason -> new ArrayList<>()).add(each.getIndex());
      }
    }
    List<String> objections = new ArrayList<>();
    for (Operation each : history) {
      String reason =
          switch (each.call()) {
            case Call.Read read -> "";
            case Call.Hold hold -> hold.reason();
            case Call.Unhold unhold -> unhold.reason();
          };
      if (!reason.isEmpty()) {
        int times = entries.getOrDefault(reason, List.of()).size();
        boolean fits =
            switch (each.outcome()) {
              case Outcome.Done done -> times == 1;
              case Outcome.Refused refused -> times == 0;
              default -> times <= 1;
            };
        if (!fits) {
          objections.add(
              "%s is in the trail at %d entries %s"
                  .formatted(each, times, entries.getOrDefault(reason, List.of())));
        }
      }
    }
    return objections;
  }
}
