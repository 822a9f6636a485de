package io.pilothouse.dm.state;

import io.pilothouse.api.v1.AuditRecord;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;

/** The audit trail by machine. Bounded as the trail itself is. */
final class TrailIndex implements Index {

  private final Groups<String, String> byMachine = new Groups<>();
  private final Groups<String, String> decisions = new Groups<>();

  @Override
  public void update(Entities now, Update update) {
    if (update.before() instanceof AuditRecord before && !before.getMachine().isEmpty()) {
      byMachine.remove(before.getMachine(), update.key());
      decisions.remove(before.getMachine(), update.key());
    }
    if (update.after() instanceof AuditRecord after && !after.getMachine().isEmpty()) {
      byMachine.add(after.getMachine(), update.key());
      if (after.getKind().equals("CONDITION") || after.getKind().equals("LIFECYCLE")) {
        decisions.add(after.getMachine(), update.key());
      }
    }
  }

  /** Records about the machine, oldest first. */
  List<AuditRecord> of(Entities state, String machine) {
    List<AuditRecord> records = new ArrayList<>();
    byMachine.of(machine).forEach(key -> records.add(record(state, key)));
    return records;
  }

  /** What last changed the machine's condition or lifecycle. */
  Optional<AuditRecord> lastDecision(Entities state, String machine) {
    SortedSet<String> keys = decisions.of(machine);
    return keys.isEmpty() ? Optional.empty() : Optional.of(record(state, keys.last()));
  }

  private static AuditRecord record(Entities state, String key) {
    return (AuditRecord) state.table(Table.AUDIT).get(key);
  }

  @Override
  public SortedMap<String, Object> contents() {
    return new TreeMap<>(
        Map.of("by machine", byMachine.contents(), "decisions", decisions.contents()));
  }
}
