package io.pilothouse.dm.state;

import io.pilothouse.api.log.v1.ApplyFleet;
import io.pilothouse.api.log.v1.Command;
import io.pilothouse.api.log.v1.Refusal;
import io.pilothouse.api.v1.Fleet;
import io.pilothouse.api.v1.FleetChange;
import io.pilothouse.api.v1.InventoryMachine;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.MachineType;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What an apply would change, or why it would be refused, in the same words; nothing is changed.
 * All that {@link FleetApply} asks before its first change is asked here, so that a plan needs no
 * copy of the state: of a million machines that would be another gigabyte.
 */
public final class FleetRehearsal {

  private final String principal;
  private final Fleet fleet;
  private final long ifRevision;
  private final List<String> problems;

  /**
   * Looks at the fleet by itself, which takes the most time and no state.
   *
   * @param principal who is to apply it
   */
  public FleetRehearsal(String principal, Fleet fleet, long ifRevision) {
    this.principal = principal;
    this.fleet = fleet;
    this.ifRevision = ifRevision;
    this.problems = FleetCheck.problems(fleet);
  }

  /**
   * The differences, in a stable order.
   *
   * @throws RefusedException as the apply would be
   */
  public List<FleetChange> changes(Entities state) throws RefusedException {
    Command command =
        Command.newBuilder().setApplyFleet(ApplyFleet.newBuilder().setFleet(fleet)).build();
    Optional<Refusal> level = FeatureLevel.objection(FeatureLevel.of(state), command);
    if (level.isPresent()) {
      throw new RefusedException(level.get());
    }
    Authorization.require(state, principal, command);
    requireCurrent(state, ifRevision, fleet);
    requireWhole(state, fleet, problems);
    LockOut.refuse(state, principal, fleet);
    List<FleetChange> changes = FleetDiff.of(state, fleet);
    Orders.requirePlace(state, principal, command, fleet, changes);
    return changes;
  }

  /** Refuses what was planned at another revision, or is of another fleet. */
  static void requireCurrent(Entities state, long ifRevision, Fleet fleet) throws RefusedException {
    long revision = state.meta().getFleetRevision();
    if (ifRevision != 0 && ifRevision != revision) {
      throw new RefusedException(
          Refusal.Code.PRECONDITION,
          "the server's copy has moved on: it is at revision %s, the plan was made at %s"
              .formatted(revision, ifRevision),
          "plan again, look at the difference, and apply that");
    }
    if (!state.fleet().getName().isEmpty() && !state.fleet().getName().equals(fleet.getName())) {
      throw new RefusedException(
          Refusal.Code.PRECONDITION,
          "this Device Manager runs the fleet \"%s\", the files are of \"%s\""
              .formatted(state.fleet().getName(), fleet.getName()),
          "apply the right directory");
    }
  }

  /** Refuses with all that is wrong at once. */
  static void requireWhole(Entities state, Fleet fleet, List<String> ofItself)
      throws RefusedException {
    List<String> problems = new ArrayList<>(ofItself);
    problems.addAll(removalProblems(state, fleet));
    if (!problems.isEmpty()) {
      throw new RefusedException(
          Refusal.Code.INVALID, String.join("\n", problems), "correct all of them and apply again");
    }
  }

  /** Machines in use do not vanish, nor change their type, by an edit. */
  private static List<String> removalProblems(Entities state, Fleet fleet) {
    Problems problems = new Problems();
    for (InventoryMachine wanted : fleet.getMachinesList()) {
      Optional<Machine> known = state.machine(wanted.getName());
      if (known.isPresent()
          && isUsed(known.get())
          && !known.get().getType().isEmpty()
          && !known.get().getType().equals(wanted.getType())) {
        problems.add(
            "machine %s is %s as a %s and cannot become a %s; decommission it first"
                .formatted(
                    wanted.getName(),
                    known.get().getLifecycle(),
                    known.get().getType(),
                    wanted.getType()));
      }
    }
    for (MachineType type : fleet.getTypesList()) {
      Optional<String> member = changedKind(state, type);
      member.ifPresent(
          each ->
              problems.add(
                  "machine type %s: device cannot change while %s is in service; decommission it"
                          .formatted(type.getName(), each)
                      + " first, or give the others a type of their own"));
    }
    InventoryLines lines = new InventoryLines(fleet);
    for (Machine machine : state.machines()) {
      boolean missing = lines.of(machine.getName()).isEmpty();
      if (machine.getInInventory() && missing && isUsed(machine)) {
        problems.add(
            "machine %s is missing from the inventory but %s; decommission it first"
                .formatted(machine.getName(), machine.getLifecycle()));
      }
    }
    return problems.list();
  }

  /** A member in use that would turn from a machine into a switch, or back. */
  private static Optional<String> changedKind(Entities state, MachineType type) {
    boolean same =
        Policies.type(state, type.getName())
            .filter(each -> each.getDevice() != type.getDevice())
            .isEmpty();
    return same
        ? Optional.empty()
        : state.machines().stream()
            .filter(each -> each.getType().equals(type.getName()) && isUsed(each))
            .map(Machine::getName)
            .findFirst();
  }

  private static boolean isUsed(Machine machine) {
    return switch (machine.getLifecycle()) {
      case PROVISIONING, BURN_IN, IN_SERVICE, DRAINING, MAINTENANCE, AWAITING_REPLACEMENT -> true;
      case EXPECTED, DISCOVERED, DECOMMISSIONED, LIFECYCLE_UNSPECIFIED, UNRECOGNIZED -> false;
    };
  }
}
