package io.pilothouse.dm.state;

import io.pilothouse.api.v1.Lifecycle;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.Repair;
import io.pilothouse.api.v1.RepairPolicy;
import io.pilothouse.api.v1.WatchdogSpec;
import java.util.List;
import java.util.Optional;

/**
 * Has the processes of a machine stop before a repair touches it, and the tasks of frameworks end,
 * as far as they can: not on a machine that is no longer heard of, and no longer than the policy's
 * drain, but for what frameworks may delay it ({@link OfferConsents}).
 */
final class RepairDrain {

  private RepairDrain() {}

  /** Whether something runs on the machine, and its agent can be told to stop it. */
  static boolean isNeeded(Entities state, Machine machine) {
    return machine.getLifecycle() == Lifecycle.IN_SERVICE
        && !machine.getObserved().getActive().getName().isEmpty()
        && isHeard(state, machine);
  }

  /** Not all that reports from the machine itself is silent; of others silence is not noticed. */
  static boolean isHeard(Entities state, Machine machine) {
    List<WatchdogSpec> own =
        Policies.requiredLive(state, machine).stream().filter(RepairDrain::isOnMachine).toList();
    return own.isEmpty()
        || own.stream()
            .map(each -> state.verdict(machine.getName(), each.getName()))
            .flatMap(Optional::stream)
            .anyMatch(each -> !each.getSilent());
  }

  private static boolean isOnMachine(WatchdogSpec spec) {
    return switch (spec.getRunner()) {
      case SCRIPT, BUILTIN -> true;
      case REMOTE, EXTERNAL, RUNNER_UNSPECIFIED, UNRECOGNIZED -> false;
    };
  }

  static void begin(Draft draft, Repair claimed, Machine machine, RepairPolicy policy) {
    // who was given more time before a Repair Service lost its lease has it still
    long until =
        Math.max(
            draft.nowMillis() + policy.getDrainMs(), OfferConsents.delayedUntil(draft, machine));
    Repair draining =
        Repairs.move(claimed, Repair.State.REPAIR_DRAINING, draft)
            .setDeadline(until)
            .setDueAt(until)
            .build();
    draft.put(draining);
    draft.put(machine.toBuilder().setDraining(true).build());
    draft.audit(
        Repairs.record(
            draining,
            "CLAIMED",
            Repair.State.REPAIR_DRAINING.name(),
            "%s first, %s at most"
                .formatted(
                    OfferConsents.isWaitedFor(draft, machine)
                        ? "its processes stop and tasks of frameworks end"
                        : "its processes stop",
                    Texts.span(until - draft.nowMillis()))));
  }

  /**
   * Ends the drain of a machine that runs nothing any more, or that fell silent meanwhile.
   *
   * @return whether it did
   */
  static boolean settle(Draft draft, Machine machine) {
    Optional<Repair> repair =
        machine.getDraining() ? draft.repair(machine.getRepairId()) : Optional.empty();
    boolean drains =
        repair.isPresent()
            && repair.get().getState() == Repair.State.REPAIR_DRAINING
            && !repair.get().getDrained();
    if (!drains || isNeeded(draft, machine) || OfferConsents.isWaitedFor(draft, machine)) {
      return false;
    }
    String why =
        !isHeard(draft, machine)
            ? "it is no longer heard of: nothing can be asked"
            : OfferConsents.words(draft, machine).isEmpty()
                ? "its processes have stopped"
                : "its processes have stopped, and nothing of frameworks runs on it";
    end(draft, repair.get(), why);
    return true;
  }

  /** The repair may be executed; the time for that counts from now. */
  static void end(Draft draft, Repair repair, String why) {
    Machine machine = draft.machine(repair.getMachine()).orElseThrow();
    long deadline = draft.nowMillis() + Policies.repair(draft, machine).getExecuteDeadlineMs();
    Repair drained =
        repair.toBuilder().setDrained(true).setDeadline(deadline).setDueAt(deadline).build();
    draft.put(drained);
    draft.audit(
        Repairs.record(
            drained,
            Repair.State.REPAIR_DRAINING.name(),
            Repair.State.REPAIR_DRAINING.name(),
            "drained: " + why));
  }

  /** The machine's processes may run again. */
  static void letRun(Draft draft, String machine) {
    draft
        .machine(machine)
        .ifPresent(each -> draft.put(each.toBuilder().setDraining(false).build()));
  }
}
