package io.pilothouse.dm.backtest;

import io.pilothouse.api.log.v1.Event;
import io.pilothouse.api.log.v1.RecordedEntry;
import io.pilothouse.api.v1.AuditRecord;
import io.pilothouse.api.v1.Condition;
import io.pilothouse.api.v1.Lifecycle;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.PastAction;
import io.pilothouse.api.v1.Repair;
import io.pilothouse.api.v1.WatchdogState;
import io.pilothouse.dm.state.Entities;
import io.pilothouse.dm.state.Policies;
import io.pilothouse.dm.state.State;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Gathers the bad times of all machines from what the replay's entries did. */
final class Spells implements Replay.Watcher {

  private static final String REPAIR = "repair/";

  private final long from;
  private final List<Spell> all = new ArrayList<>();
  private final Map<String, Spell> open = new TreeMap<>();
  private final Map<String, Machine> machines = new HashMap<>();
  private final Map<String, Spell.Decision> byRepair = new HashMap<>();
  private long begin;

  /** Spells that begin before {@code from} are left out, for their beginning is another's. */
  Spells(long from) {
    this.from = from;
  }

  @Override
  public void begins(State state) {
    open.clear();
    machines.clear();
    byRepair.clear();
    state.machines().forEach(each -> machines.put(each.getName(), each));
    begin = Math.max(begin, state.meta().getNow());
  }

  @Override
  public void applied(State state, List<Event> events, RecordedEntry entry) {
    long now = state.meta().getNow();
    if (now < from) {
      for (Event event : events) {
        if (event.hasMachine()) {
          machines.put(event.getMachine().getName(), event.getMachine());
        }
      }
      return;
    }
    for (Event event : events) {
      switch (event.getKindCase()) {
        case MACHINE -> machine(state, event.getMachine(), now);
        case MACHINE_REMOVED -> left(event.getMachineRemoved(), now);
        case AUDIT -> audit(state, event.getAudit(), now);
        case REPAIR -> repair(event.getRepair());
        case WATCHDOG -> watchdog(event.getWatchdog());
        default -> {}
      }
    }
  }

  private void machine(State state, Machine machine, long now) {
    @Nullable Machine before = machines.put(machine.getName(), machine);
    @Nullable Spell spell = open.get(machine.getName());
    boolean serves = machine.getLifecycle() == Lifecycle.IN_SERVICE;
    boolean healthy = serves && machine.getCondition() == Condition.HEALTHY;
    if (spell == null) {
      boolean wasWell =
          before == null || (before.getCondition() == Condition.HEALTHY && !before.hasError());
      if (serves
          && machine.hasError()
          && wasWell
          && machine.getCondition() != Condition.PROBATION) {
        begin(state, machine);
      }
      return;
    }
    if (!machine.getIncidentId().isEmpty()) {
      spell.incidents.add(machine.getIncidentId());
    }
    if (machine.getCondition() == Condition.PROBATION
        && machine.getQuietSince() != 0
        && !spell.decisions.isEmpty()) {
      spell.decisions.get(spell.decisions.size() - 1).quietAt = machine.getQuietSince();
    }
    boolean becameHealthy = healthy && before != null && before.getCondition() != Condition.HEALTHY;
    if (becameHealthy || (healthy && !machine.hasError())) {
      end(spell, Spell.End.HEALTHY, now);
      if (machine.hasError()) {
        begin(state, machine);
      }
    } else if (machine.getLifecycle() == Lifecycle.DECOMMISSIONED
        || machine.getLifecycle() == Lifecycle.MAINTENANCE) {
      end(spell, Spell.End.LEFT, now);
    }
  }

  private void begin(Entities state, Machine machine) {
    Spell spell =
        new Spell(machine, Policies.repair(state, machine), machine.getError().getSince());
    if (!machine.getIncidentId().isEmpty()) {
      spell.incidents.add(machine.getIncidentId());
    }
    open.put(machine.getName(), spell);
    all.add(spell);
  }

  private void end(Spell spell, Spell.End how, long now) {
    spell.end = how;
    spell.endedAt = now;
    open.remove(spell.machine.getName());
  }

  private void left(String name, long now) {
    machines.remove(name);
    @Nullable Spell spell = open.get(name);
    if (spell != null) {
      end(spell, Spell.End.LEFT, now);
    }
  }

  /** The audit trail has each choice of an action, also one that was over in the same entry. */
  private void audit(State state, AuditRecord record, long now) {
    if (!record.getKind().equals("ACTION")
        || !record.getTo().equals(Repair.State.ASSIGNED.name())) {
      return;
    }
    @Nullable Machine machine = machines.get(record.getMachine());
    @Nullable Spell spell = open.get(record.getMachine());
    if (machine == null || spell == null) {
      return; // its beginning is not in the range
    }
    String id = record.getSubject().substring(REPAIR.length());
    Repair repair = state.repair(id).orElse(Repair.getDefaultInstance());
    Spell.Decision decision =
        new Spell.Decision(
            machine,
            pastBefore(machine, id),
            now,
            record.getAction(),
            record.getRule(),
            machine.hasError() ? machine.getError().getWatchdog() : spell.watchdog,
            repair);
    spell.decisions.add(decision);
    byRepair.put(id, decision);
  }

  private static List<PastAction> pastBefore(Machine machine, String repair) {
    List<PastAction> past = machine.getPastActionsList();
    for (int i = 0; i < past.size(); i++) {
      if (past.get(i).getRepairId().equals(repair)) {
        return past.subList(0, i);
      }
    }
    return past;
  }

  private void repair(Repair repair) {
    Spell.@Nullable Decision decision = byRepair.get(repair.getId());
    if (decision == null) {
      return;
    }
    decision.repair = repair;
    decision.executed |=
        repair.getState() == Repair.State.EXECUTING || repair.getState() == Repair.State.VERIFYING;
    @Nullable Spell spell = open.get(repair.getMachine());
    if (spell != null && !repair.getIncidentId().isEmpty()) {
      spell.incidents.add(repair.getIncidentId());
    }
  }

  /** Whoever asked for repairs before it was quarantined is not to be believed. */
  private void watchdog(WatchdogState watchdog) {
    if (watchdog.getMode() == WatchdogState.Mode.QUARANTINED) {
      for (Spell spell : open.values()) {
        spell.quarantined |= spell.watchdog.equals(watchdog.getName());
      }
    }
  }

  /** In the order in which they began. */
  List<Spell> all() {
    return List.copyOf(all);
  }

  /** Since when the state is known, milliseconds. */
  long begin() {
    return begin;
  }
}
