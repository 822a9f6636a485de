package io.pilothouse.dm.server;

import io.grpc.Status;
import io.pilothouse.api.v1.Incident;
import io.pilothouse.api.v1.IncidentRow;
import io.pilothouse.api.v1.ListIncidentsReply;
import io.pilothouse.api.v1.ListIncidentsRequest;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.Repair;
import io.pilothouse.dm.state.Entities;
import io.pilothouse.manifests.pattern.Near;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Incidents as operators look at them: with the machines that each explains and what it holds. */
final class IncidentReads {
  /** Names in a list of several incidents; one asked for by id comes with all of them. */
  private static final int NAMED = 20;

  private final Ledger ledger;
  private final Writes writes;

  IncidentReads(Ledger ledger, Writes writes) {
    this.ledger = ledger;
    this.writes = writes;
  }

  ListIncidentsReply list(ListIncidentsRequest wanted) {
    writes.linearize();
    return ledger.read(
        state -> {
          ListIncidentsReply.Builder reply =
              ListIncidentsReply.newBuilder().setRevision(ledger.appliedIndex());
          boolean one = !wanted.getId().isEmpty();
          List<Incident> chosen =
              state.incidents().stream()
                  .filter(each -> !one || each.getId().equals(wanted.getId()))
                  .filter(each -> !wanted.getOpenOnly() || each.getState() == Incident.State.OPEN)
                  .sorted(Comparator.comparingLong(Incident::getOrder))
                  .toList();
          if (one && chosen.isEmpty()) {
            List<String> known = state.incidents().stream().map(Incident::getId).toList();
            throw Refusals.of(
                Status.Code.NOT_FOUND,
                "no incident \"%s\" is known%s"
                    .formatted(wanted.getId(), Near.hint(wanted.getId(), known)),
                "`pilot incident list` shows those there are");
          }
          Map<String, IncidentRow.Builder> rows = rows(state, one ? Integer.MAX_VALUE : NAMED);
          for (Incident incident : chosen) {
            reply.addItems(
                rows.getOrDefault(incident.getId(), IncidentRow.newBuilder())
                    .setIncident(incident));
          }
          return reply.build();
        });
  }

  /** What each open incident explains and holds now; one pass over the machines. */
  private static Map<String, IncidentRow.Builder> rows(Entities state, int named) {
    Map<String, IncidentRow.Builder> rows = new TreeMap<>();
    for (Machine machine : state.machines()) {
      if (machine.getIncidentId().isEmpty()) {
        continue;
      }
      IncidentRow.Builder row =
          rows.computeIfAbsent(machine.getIncidentId(), id -> IncidentRow.newBuilder());
      row.setMachineCount(row.getMachineCount() + 1);
      if (row.getMachinesCount() < named) {
        row.addMachines(machine.getName());
      }
      boolean held =
          state
              .repair(machine.getRepairId())
              .filter(each -> each.getState() == Repair.State.WAITING)
              .isPresent();
      if (held && row.getHeldRepairsCount() < named) {
        row.addHeldRepairs(machine.getRepairId());
      }
    }
    return rows;
  }
}
