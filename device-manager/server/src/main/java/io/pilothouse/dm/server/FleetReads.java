package io.pilothouse.dm.server;

import io.pilothouse.api.v1.Fleet;
import io.pilothouse.api.v1.FleetChange;
import io.pilothouse.api.v1.FleetPlan;
import io.pilothouse.api.v1.FleetRequest;
import io.pilothouse.api.v1.GetFleetReply;
import io.pilothouse.api.v1.Lifecycle;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.dm.state.Authorization;
import io.pilothouse.dm.state.FleetDiff;
import io.pilothouse.dm.state.FleetRehearsal;
import io.pilothouse.dm.state.Need;
import io.pilothouse.dm.state.RefusedException;
import io.pilothouse.dm.state.State;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/** The fleet specification: as stored, and what applying another would change. */
final class FleetReads {

  /** Changes that a plan lists; the first inventory of a large fleet is a million. */
  static final int MOST_LISTED = 20_000;

  private record Stored(Fleet fleet, List<Machine> machines, long revision) {}

  private final Ledger ledger;
  private final Writes writes;
  private final LargeFleets large;

  FleetReads(Ledger ledger, Writes writes, LargeFleets large) {
    this.ledger = ledger;
    this.writes = writes;
    this.large = large;
  }

  /** With the inventory, at the revision that {@code if_revision} compares. */
  GetFleetReply get() {
    writes.linearize();
    Stored stored =
        ledger.read(
            state ->
                new Stored(
                    state.fleet(),
                    state.machines().stream()
                        .filter(Machine::getInInventory)
                        .filter(each -> each.getLifecycle() != Lifecycle.DECOMMISSIONED)
                        .toList(),
                    state.meta().getFleetRevision()));
    // no entry waits while the lines are made
    Fleet.Builder fleet = stored.fleet().toBuilder();
    stored.machines().stream().map(FleetDiff::inventory).forEach(fleet::addMachines);
    return GetFleetReply.newBuilder().setFleet(fleet).setRevision(stored.revision()).build();
  }

  /** What an apply would change; what it would refuse, the plan refuses in the same words. */
  FleetPlan plan(FleetRequest request) {
    writes.requireLeader();
    return LargeFleets.is(request) ? large.oneByOne(() -> compared(request)) : compared(request);
  }

  private FleetPlan compared(FleetRequest request) {
    requireMayLook();
    Fleet fleet = LargeFleets.of(request);
    FleetRehearsal rehearsal = new FleetRehearsal(rehearsedBy(), fleet, request.getIfRevision());
    writes.linearize();
    return ledger.read(
        state -> {
          try {
            return plan(state, fleet, rehearsal.changes(state));
          } catch (RefusedException e) {
            throw Refusals.of(e.refusal());
          }
        });
  }

  /** The turn may have come late: who lost the right meanwhile has nothing unpacked here. */
  private void requireMayLook() {
    String caller = Caller.current().principal().toString();
    ledger
        .read(state -> Authorization.objection(state, caller, Need.READ))
        .ifPresent(
            objection -> {
              throw Refusals.of(objection);
            });
  }

  private static FleetPlan plan(State state, Fleet fleet, List<FleetChange> changes) {
    return FleetPlan.newBuilder()
        .addAllChanges(listed(changes))
        .setRevision(state.meta().getFleetRevision())
        .setMachinesTouched(FleetDiff.machinesTouched(state, fleet, changes))
        .setChangesTotal(changes.size())
        .setRemovalsTotal((int) changes.stream().filter(each -> is(each, "remove")).count())
        .build();
  }

  /** All of them, or those that say most. */
  private static List<FleetChange> listed(List<FleetChange> changes) {
    if (changes.size() <= MOST_LISTED) {
      return changes;
    }
    List<Predicate<FleetChange>> order =
        List.of(
            each -> is(each, "remove"),
            each -> !is(each, "remove") && !isMachine(each),
            each -> !is(each, "remove") && isMachine(each));
    List<FleetChange> listed = new ArrayList<>();
    for (Predicate<FleetChange> each : order) {
      changes.stream().filter(each).limit(MOST_LISTED - listed.size()).forEach(listed::add);
    }
    return listed;
  }

  private static boolean is(FleetChange change, String verb) {
    return change.getVerb().equals(verb);
  }

  private static boolean isMachine(FleetChange change) {
    return change.getObject().startsWith("machine/");
  }

  /** Whoever may look may see a plan; as himself only who may also apply it. */
  private String rehearsedBy() {
    String caller = Caller.current().principal().toString();
    return ledger.read(state -> Authorization.objection(state, caller, Need.OPERATE).isEmpty())
        ? caller
        : Authorization.SELF;
  }
}
