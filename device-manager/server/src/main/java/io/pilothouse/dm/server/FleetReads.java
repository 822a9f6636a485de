package io.pilothouse.dm.server;

import io.pilothouse.api.log.v1.ApplyFleet;
import io.pilothouse.api.log.v1.Command;
import io.pilothouse.api.log.v1.Entry;
import io.pilothouse.api.log.v1.Reply;
import io.pilothouse.api.log.v1.Request;
import io.pilothouse.api.v1.Fleet;
import io.pilothouse.api.v1.FleetChange;
import io.pilothouse.api.v1.FleetPlan;
import io.pilothouse.api.v1.FleetRequest;
import io.pilothouse.api.v1.GetFleetReply;
import io.pilothouse.api.v1.Lifecycle;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.dm.state.Apply;
import io.pilothouse.dm.state.Authorization;
import io.pilothouse.dm.state.Change;
import io.pilothouse.dm.state.FleetDiff;
import io.pilothouse.dm.state.Need;
import io.pilothouse.dm.state.State;
import io.pilothouse.dm.state.Table;
import java.util.List;

/** The fleet specification: as stored, and what applying another would change. */
final class FleetReads {

  private final Ledger ledger;
  private final Writes writes;
  private final Clocks clocks;

  FleetReads(Ledger ledger, Writes writes, Clocks clocks) {
    this.ledger = ledger;
    this.writes = writes;
    this.clocks = clocks;
  }

  /** With the inventory, at the revision that {@code if_revision} compares. */
  GetFleetReply get() {
    writes.linearize();
    return ledger.read(
        state -> {
          Fleet.Builder fleet = state.fleet().toBuilder();
          state.machines().stream()
              .filter(Machine::getInInventory)
              .filter(each -> each.getLifecycle() != Lifecycle.DECOMMISSIONED)
              .map(FleetDiff::inventory)
              .forEach(fleet::addMachines);
          return GetFleetReply.newBuilder()
              .setFleet(fleet)
              .setRevision(state.meta().getFleetRevision())
              .build();
        });
  }

  /**
   * Applies to a copy: what the apply would refuse, the plan refuses in the same words, and nothing
   * is logged.
   */
  FleetPlan plan(FleetRequest request) {
    writes.linearize();
    State copy = ledger.read(FleetReads::copy);
    List<FleetChange> changes = FleetDiff.of(copy, request.getFleet());
    long added =
        changes.stream()
            .filter(each -> each.getVerb().equals("add") && isMachine(each.getObject()))
            .count();
    FleetPlan plan =
        FleetPlan.newBuilder()
            .addAllChanges(changes)
            .setRevision(copy.meta().getFleetRevision())
            .setMachinesTouched((int) added + FleetDiff.machinesTouched(copy, changes))
            .build();
    rehearse(copy, request);
    return plan;
  }

  private static boolean isMachine(String object) {
    return object.startsWith("machine/");
  }

  private void rehearse(State copy, FleetRequest request) {
    Caller caller = Caller.current();
    ApplyFleet command =
        ApplyFleet.newBuilder()
            .setFleet(request.getFleet())
            .setIfRevision(request.getIfRevision())
            .build();
    Request rehearsal =
        Request.newBuilder()
            .setPrincipal(rehearsedBy(copy, caller.principal().toString()))
            .setRequestId(caller.requestId())
            .setReason("a plan") // what waits for a second person needs one
            .setCommand(Command.newBuilder().setApplyFleet(command))
            .build();
    Entry entry =
        Entry.newBuilder().setAt(clocks.now().toEpochMilli()).addRequests(rehearsal).build();
    Reply reply = new Apply().apply(copy, entry, ledger.appliedIndex() + 1).replies().get(0);
    if (reply.hasRefusal()) {
      throw Refusals.of(reply.getRefusal());
    }
  }

  /** Whoever may look may see a plan; as himself only who may also apply it. */
  private static String rehearsedBy(State copy, String caller) {
    return Authorization.objection(copy, caller, Need.OPERATE).isEmpty()
        ? caller
        : Authorization.SELF;
  }

  /** All that a decision may look at; the trail and the sessions are only ever added to. */
  private static State copy(State state) {
    State copy = new State();
    for (Table table : Table.values()) {
      if (table != Table.AUDIT && table != Table.SESSION) {
        state.table(table).forEach((key, value) -> copy.put(new Change(table, key, value)));
      }
    }
    return copy;
  }
}
