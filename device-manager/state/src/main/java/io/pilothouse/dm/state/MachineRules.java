package io.pilothouse.dm.state;

import io.pilothouse.api.v1.Condition;
import io.pilothouse.api.v1.ErrorState;
import io.pilothouse.api.v1.Lifecycle;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.RepairPolicy;
import io.pilothouse.api.v1.Severity;
import io.pilothouse.api.v1.Thing;
import java.util.List;
import java.util.Optional;

/**
 * The rules of one machine: what its verdicts, and the time that has passed, make of its condition.
 * Run whenever the machine or a verdict on it changed, or a timeout of it is due; running them
 * twice changes nothing more.
 */
final class MachineRules {

  private MachineRules() {}

  static void settle(Draft draft, String name) {
    // each round makes at most one change of condition; the longest chain is far shorter
    for (int round = 0; round < 10; round++) {
      Optional<Machine> machine = draft.machine(name);
      if (machine.isEmpty()) {
        return;
      }
      if (!step(draft, machine.get())) {
        setDue(draft, draft.machine(name).orElseThrow());
        return;
      }
    }
    throw new IllegalStateException("the rules of " + name + " do not settle");
  }

  /** One change, if one is called for. */
  private static boolean step(Draft draft, Machine machine) {
    if (endHold(draft, machine)
        || Provision.expire(draft, machine)
        || ImageSwitch.settle(draft, machine)) {
      return true;
    }
    if (machine.getLifecycle() != Lifecycle.IN_SERVICE && Explained.settle(draft, machine)) {
      return true;
    }
    if (machine.getLifecycle() == Lifecycle.DRAINING) {
      return OfferConsents.settle(draft, machine) || Maintenance.expire(draft, machine);
    }
    if (machine.getLifecycle() != Lifecycle.IN_SERVICE) {
      return OfferConsents.settle(draft, machine);
    }
    if (OfferConsents.settle(draft, machine)
        || RepairDrain.settle(draft, machine)
        || noteError(draft, machine)
        || Trouble.settle(draft, machine)
        || Explained.settle(draft, machine)) {
      return true;
    }
    return switch (machine.getCondition()) {
      case HEALTHY -> healthy(draft, machine);
      case PROBATION -> probation(draft, machine);
      case FAILURE -> failure(draft, machine);
      case CONDITION_UNSPECIFIED, UNRECOGNIZED ->
          throw new IllegalStateException(machine.getName() + " is IN_SERVICE without a condition");
    };
  }

  private static boolean endHold(Draft draft, Machine machine) {
    long until = machine.getHold().getUntil();
    if (until == 0 || until > draft.nowMillis()) {
      return false;
    }
    Operators.endHold(draft, machine, "the hold expired");
    return true;
  }

  private static boolean noteError(Draft draft, Machine machine) {
    Optional<ErrorState> now = ErrorPredicate.of(draft, machine, draft.now());
    if (now.isEmpty()) {
      // in FAILURE the error that led there stays shown until Probation
      if (!machine.hasError() || machine.getCondition() == Condition.FAILURE) {
        return false;
      }
      draft.put(machine.toBuilder().clearError().build());
      return true;
    }
    long since = machine.hasError() ? machine.getError().getSince() : draft.nowMillis();
    ErrorState error = now.get().toBuilder().setSince(since).build();
    if (machine.hasError() && machine.getError().equals(error)) {
      return false;
    }
    draft.put(machine.toBuilder().setError(error).build());
    return true;
  }

  private static boolean healthy(Draft draft, Machine machine) {
    if (!machine.hasError() || draft.nowMillis() < confirmAt(draft, machine)) {
      return false;
    }
    ErrorState error = machine.getError();
    Conditions.fail(
        draft,
        machine,
        error,
        "%s: %s (for %s)"
            .formatted(
                error.getFault(),
                error.getText(),
                Texts.elapsed(draft.nowMillis() - error.getSince())));
    Repairs.failed(draft, machine.getName());
    return true;
  }

  private static boolean probation(Draft draft, Machine machine) {
    RepairPolicy policy = Policies.repair(draft, machine);
    boolean late = draft.nowMillis() >= machine.getProbationSince() + policy.getProbationMaxMs();
    if (machine.hasError()) {
      boolean fatal = machine.getError().getSeverity() == Severity.FATAL;
      if (late || fatal) {
        failProbation(draft, machine, machine.getError());
        return true;
      }
      return quiet(draft, machine, 0);
    }
    Optional<ErrorState> missing = missing(draft, machine);
    if (missing.isPresent()) {
      if (late) {
        failProbation(draft, machine, missing.get());
        return true;
      }
      return quiet(draft, machine, 0);
    }
    if (machine.getQuietSince() == 0) {
      return quiet(draft, machine, draft.nowMillis());
    }
    if (draft.nowMillis() < machine.getQuietSince() + policy.getQuietMs()) {
      return false;
    }
    Conditions.heal(
        draft, machine, "quiet for %s in Probation".formatted(Texts.span(policy.getQuietMs())));
    return true;
  }

  private static boolean quiet(Draft draft, Machine machine, long since) {
    if (machine.getQuietSince() == since) {
      return false;
    }
    draft.put(machine.toBuilder().setQuietSince(since).build());
    return true;
  }

  private static void failProbation(Draft draft, Machine machine, ErrorState error) {
    Conditions.fail(
        draft,
        machine,
        error,
        "still %s %s after it entered Probation: %s"
            .formatted(
                error.getFault(),
                Texts.elapsed(draft.nowMillis() - machine.getProbationSince()),
                error.getText()));
    Repairs.failed(draft, machine.getName());
  }

  /** What Probation still waits for, as the fault it becomes when it never comes. */
  static Optional<ErrorState> missing(Draft draft, Machine machine) {
    List<String> awaited = ErrorPredicate.awaited(draft, machine);
    ErrorState.Builder error =
        ErrorState.newBuilder().setSince(machine.getProbationSince()).setSeverity(Severity.NORMAL);
    for (Thing thing : Things.ALL) {
      if (!Things.isThere(machine, thing)) {
        return Optional.of(
            error
                .setWatchdog(Things.key(thing))
                .setFault("wrong-version")
                .setText(Things.difference(machine, thing))
                .build());
      }
    }
    if (awaited.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(
        error
            .setWatchdog(awaited.get(0))
            .setFault(ErrorPredicate.SILENT)
            .setText("no report yet from " + String.join(", ", awaited))
            .build());
  }

  private static boolean failure(Draft draft, Machine machine) {
    return RepairWork.switchRebooted(draft, machine) || needsRepair(draft, machine);
  }

  private static boolean needsRepair(Draft draft, Machine machine) {
    return machine.getRepairId().isEmpty()
        && !Rollouts.explains(draft, machine)
        && Repairs.assign(draft, machine);
  }

  /** When an error becomes a failure if it lasts. */
  static long confirmAt(Entities state, Machine machine) {
    ErrorState error = machine.getError();
    return error.getSeverity() == Severity.FATAL
        ? error.getSince()
        : error.getSince() + Policies.repair(state, machine).getConfirmAfterMs();
  }

  /** When time alone will next change something; always after now, so that a Tick is never idle. */
  private static void setDue(Draft draft, Machine machine) {
    long due = soonest(draft, machine.getHold().getUntil(), Provision.due(machine));
    due = soonest(draft, due, Maintenance.due(draft, machine));
    if (machine.getLifecycle() == Lifecycle.IN_SERVICE) {
      RepairPolicy policy = Policies.repair(draft, machine);
      due = soonest(draft, due, ErrorPredicate.unknownDue(draft, machine, draft.now()));
      if (machine.getCondition() == Condition.HEALTHY && machine.hasError()) {
        due = soonest(draft, due, confirmAt(draft, machine));
      }
      if (machine.getCondition() == Condition.PROBATION) {
        due = soonest(draft, due, machine.getProbationSince() + policy.getProbationMaxMs());
        if (machine.getQuietSince() != 0) {
          due = soonest(draft, due, machine.getQuietSince() + policy.getQuietMs());
        }
      }
    }
    if (due != machine.getDueAt()) {
      draft.put(machine.toBuilder().setDueAt(due).build());
    }
  }

  private static long soonest(Draft draft, long a, long b) {
    long now = draft.nowMillis();
    long first = a > now ? a : 0;
    long second = b > now ? b : 0;
    if (first == 0 || second == 0) {
      return Math.max(first, second);
    }
    return Math.min(first, second);
  }
}
