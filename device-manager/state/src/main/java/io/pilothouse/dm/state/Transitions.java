package io.pilothouse.dm.state;

import io.pilothouse.api.v1.Condition;
import io.pilothouse.api.v1.Lifecycle;
import io.pilothouse.api.v1.Provisioning;
import io.pilothouse.api.v1.Repair;
import io.pilothouse.api.v1.Rollout;
import io.pilothouse.api.v1.RolloutUnit;
import java.util.List;
import java.util.Optional;

/**
 * What may follow what, as data: the documentation is rendered from these tables, every change is
 * checked against them, and a pair that is not listed is a programming fault.
 */
public final class Transitions {

  /** One allowed change and when it happens. */
  public record Step<S extends Enum<S>>(S from, S to, String when) {}

  /** All changes of one kind of state. */
  public record TransitionTable<S extends Enum<S>>(String title, List<Step<S>> steps) {

    /** Whether {@code to} may follow {@code from}. */
    public boolean allows(S from, S to) {
      return find(from, to).isPresent();
    }

    /** The rule for a pair. */
    public Optional<Step<S>> find(S from, S to) {
      return steps.stream().filter(s -> s.from() == from && s.to() == to).findFirst();
    }

    /** Stops on a pair that is not listed. */
    void check(S from, S to, String subject) {
      if (!allows(from, to)) {
        throw new IllegalStateException(
            "%s: %s may not become %s (%s)".formatted(subject, from, to, title));
      }
    }
  }

  private static final String AGAIN = "failed: retry; or its rollout goes back to another image";

  private static <S extends Enum<S>> Step<S> step(S from, S to, String when) {
    return new Step<>(from, to, when);
  }

  public static final TransitionTable<Lifecycle> LIFECYCLE =
      new TransitionTable<>(
          "Machine: lifecycle",
          List.of(
              step(Lifecycle.EXPECTED, Lifecycle.PROVISIONING, "seen on the network"),
              step(
                  Lifecycle.EXPECTED,
                  Lifecycle.IN_SERVICE,
                  "a switch: the inventory names it, nothing is installed on it"),
              step(Lifecycle.EXPECTED, Lifecycle.DECOMMISSIONED, "an operator decommissions it"),
              step(Lifecycle.DISCOVERED, Lifecycle.PROVISIONING, "the inventory names it"),
              step(Lifecycle.DISCOVERED, Lifecycle.DECOMMISSIONED, "an operator decommissions it"),
              step(Lifecycle.PROVISIONING, Lifecycle.BURN_IN, "the image is written and verified"),
              step(
                  Lifecycle.PROVISIONING, Lifecycle.DECOMMISSIONED, "an operator decommissions it"),
              step(Lifecycle.BURN_IN, Lifecycle.PROVISIONING, "burn-in or the disk boot failed"),
              step(
                  Lifecycle.BURN_IN,
                  Lifecycle.IN_SERVICE,
                  "booted from disk: new boot id and the image's digest were reported"),
              step(Lifecycle.BURN_IN, Lifecycle.DECOMMISSIONED, "an operator decommissions it"),
              step(
                  Lifecycle.IN_SERVICE,
                  Lifecycle.PROVISIONING,
                  "a ReImage is executed, or a rollout gives it another image"),
              step(Lifecycle.IN_SERVICE, Lifecycle.DRAINING, "an operator drains it"),
              step(
                  Lifecycle.IN_SERVICE, Lifecycle.AWAITING_REPLACEMENT, "a Replace has its ticket"),
              step(
                  Lifecycle.IN_SERVICE,
                  Lifecycle.DECOMMISSIONED,
                  "an operator decommissions a machine in FAILURE"),
              step(Lifecycle.DRAINING, Lifecycle.MAINTENANCE, "its processes had time to stop"),
              step(Lifecycle.DRAINING, Lifecycle.IN_SERVICE, "an operator undrains it"),
              step(Lifecycle.MAINTENANCE, Lifecycle.IN_SERVICE, "an operator undrains it"),
              step(Lifecycle.MAINTENANCE, Lifecycle.DECOMMISSIONED, "an operator decommissions it"),
              step(
                  Lifecycle.AWAITING_REPLACEMENT,
                  Lifecycle.PROVISIONING,
                  "a technician replaced the hardware"),
              step(
                  Lifecycle.AWAITING_REPLACEMENT,
                  Lifecycle.IN_SERVICE,
                  "a technician replaced the switch"),
              step(
                  Lifecycle.AWAITING_REPLACEMENT,
                  Lifecycle.DECOMMISSIONED,
                  "an operator decommissions it")));

  public static final TransitionTable<Condition> CONDITION =
      new TransitionTable<>(
          "Machine: condition",
          List.of(
              step(
                  Condition.CONDITION_UNSPECIFIED,
                  Condition.PROBATION,
                  "it enters service for the first time"),
              step(
                  Condition.HEALTHY,
                  Condition.FAILURE,
                  "the error predicate has held for confirm-after (0 for a fatal fault)"),
              step(
                  Condition.HEALTHY,
                  Condition.PROBATION,
                  "a rollout switches it, or it returns from maintenance"),
              step(
                  Condition.FAILURE,
                  Condition.PROBATION,
                  "the assigned action was executed and verified, or a rollout switches it back"),
              step(
                  Condition.PROBATION,
                  Condition.HEALTHY,
                  "no error and a report of every required watchdog, for quiet"),
              step(
                  Condition.PROBATION,
                  Condition.FAILURE,
                  "errors still present probation-max after the action, or a fatal one"),
              step(
                  Condition.PROBATION,
                  Condition.PROBATION,
                  "a rollout switches it again, or it returns from maintenance")));

  public static final TransitionTable<Repair.State> REPAIR =
      new TransitionTable<>(
          "Repair",
          List.of(
              step(Repair.State.ASSIGNED, Repair.State.DONE, "DoNothing: at once"),
              step(Repair.State.ASSIGNED, Repair.State.WAITING, "something holds it back"),
              step(Repair.State.ASSIGNED, Repair.State.READY, "budget, holds and freeze allow it"),
              step(Repair.State.WAITING, Repair.State.READY, "budget, holds and freeze allow it"),
              step(
                  Repair.State.WAITING,
                  Repair.State.DONE,
                  "the errors cleared or a person chose it: DoNothing instead; or it did reboot"),
              step(Repair.State.WAITING, Repair.State.FAILED, "a person denied it"),
              step(Repair.State.READY, Repair.State.CLAIMED, "the Repair Service's leader took it"),
              step(Repair.State.READY, Repair.State.WAITING, "vetoed before anyone claimed it"),
              step(Repair.State.CLAIMED, Repair.State.READY, "the lease was lost before execution"),
              step(
                  Repair.State.CLAIMED,
                  Repair.State.REPAIR_DRAINING,
                  "something runs on the machine, and it is heard of: its processes stop first"),
              step(
                  Repair.State.CLAIMED,
                  Repair.State.EXECUTING,
                  "nothing to drain: about to touch the machine"),
              step(
                  Repair.State.REPAIR_DRAINING,
                  Repair.State.EXECUTING,
                  "drained, or drain is over: about to touch the machine"),
              step(
                  Repair.State.REPAIR_DRAINING,
                  Repair.State.READY,
                  "the lease was lost before execution: its processes run again"),
              step(Repair.State.REPAIR_DRAINING, Repair.State.FAILED, "reported as failed"),
              step(Repair.State.CLAIMED, Repair.State.FAILED, "reported as failed"),
              step(Repair.State.CLAIMED, Repair.State.WAITING, "it could not be executed"),
              step(Repair.State.REPAIR_DRAINING, Repair.State.WAITING, "it could not be executed"),
              step(Repair.State.EXECUTING, Repair.State.WAITING, "it could not be executed"),
              step(
                  Repair.State.EXECUTING,
                  Repair.State.VERIFYING,
                  "executed, or the lease was lost"),
              step(Repair.State.EXECUTING, Repair.State.DONE, "verified before the report came"),
              step(Repair.State.EXECUTING, Repair.State.FAILED, "deadline, or reported as failed"),
              step(
                  Repair.State.VERIFYING,
                  Repair.State.DONE,
                  "a changed boot id, or the return to service; a switch: OK from its watchdogs"),
              step(Repair.State.VERIFYING, Repair.State.FAILED, "deadline"),
              step(Repair.State.ASSIGNED, Repair.State.EXPIRED, "the machine left the fleet"),
              step(Repair.State.WAITING, Repair.State.EXPIRED, "the machine left the fleet"),
              step(Repair.State.READY, Repair.State.EXPIRED, "the machine left the fleet"),
              step(Repair.State.CLAIMED, Repair.State.EXPIRED, "the machine left the fleet"),
              step(
                  Repair.State.REPAIR_DRAINING, Repair.State.EXPIRED, "the machine left the fleet"),
              step(Repair.State.EXECUTING, Repair.State.EXPIRED, "the machine left the fleet"),
              step(Repair.State.VERIFYING, Repair.State.EXPIRED, "the machine left the fleet")));

  public static final TransitionTable<Provisioning.Step> PROVISIONING =
      new TransitionTable<>(
          "Provisioning",
          List.of(
              step(
                  Provisioning.Step.STEP_UNSPECIFIED,
                  Provisioning.Step.MATCHED,
                  "discovered and in the inventory, re-imaged or replaced"),
              step(
                  Provisioning.Step.MATCHED, Provisioning.Step.POWERING, "an install slot is free"),
              step(Provisioning.Step.POWERING, Provisioning.Step.BOOTING, "power-cycled"),
              step(
                  Provisioning.Step.POWERING,
                  Provisioning.Step.IMAGING,
                  "the installer registered before the report"),
              step(
                  Provisioning.Step.BOOTING,
                  Provisioning.Step.IMAGING,
                  "the installer registered with a new boot id"),
              step(
                  Provisioning.Step.IMAGING,
                  Provisioning.Step.BURNING_IN,
                  "the image is written and verified"),
              step(Provisioning.Step.BURNING_IN, Provisioning.Step.VERIFIED, "burn-in passed"),
              step(Provisioning.Step.POWERING, Provisioning.Step.MATCHED, AGAIN),
              step(Provisioning.Step.BOOTING, Provisioning.Step.MATCHED, AGAIN),
              step(Provisioning.Step.IMAGING, Provisioning.Step.MATCHED, AGAIN),
              step(Provisioning.Step.BURNING_IN, Provisioning.Step.MATCHED, AGAIN),
              step(Provisioning.Step.VERIFIED, Provisioning.Step.MATCHED, AGAIN),
              step(
                  Provisioning.Step.POWERING,
                  Provisioning.Step.AWAITING_OPERATOR,
                  "out of attempts"),
              step(
                  Provisioning.Step.BOOTING,
                  Provisioning.Step.AWAITING_OPERATOR,
                  "out of attempts"),
              step(
                  Provisioning.Step.IMAGING,
                  Provisioning.Step.AWAITING_OPERATOR,
                  "out of attempts"),
              step(
                  Provisioning.Step.BURNING_IN,
                  Provisioning.Step.AWAITING_OPERATOR,
                  "out of attempts"),
              step(
                  Provisioning.Step.VERIFIED,
                  Provisioning.Step.AWAITING_OPERATOR,
                  "out of attempts"),
              step(
                  Provisioning.Step.AWAITING_OPERATOR,
                  Provisioning.Step.MATCHED,
                  "an operator retries it, or its rollout is resumed or goes back")));

  public static final TransitionTable<Rollout.State> ROLLOUT =
      new TransitionTable<>(
          "Rollout",
          List.of(
              step(Rollout.State.PLANNED, Rollout.State.STAGING, "at once"),
              step(
                  Rollout.State.STAGING,
                  Rollout.State.ACTIVATING,
                  "staged-share holds the version"),
              step(Rollout.State.ACTIVATING, Rollout.State.VERIFYING, "all machines are switched"),
              step(Rollout.State.VERIFYING, Rollout.State.ACTIVATING, "the next unit"),
              step(Rollout.State.VERIFYING, Rollout.State.SOAKING, "success-share is healthy"),
              step(Rollout.State.VERIFYING, Rollout.State.COMPLETED, "the last unit passed"),
              step(Rollout.State.ACTIVATING, Rollout.State.COMPLETED, "the last unit was skipped"),
              step(Rollout.State.SOAKING, Rollout.State.ACTIVATING, "the next unit"),
              step(Rollout.State.SOAKING, Rollout.State.COMPLETED, "the last unit soaked"),
              step(Rollout.State.STAGING, Rollout.State.PAUSED, "deadline, or an operator"),
              step(
                  Rollout.State.ACTIVATING,
                  Rollout.State.PAUSED,
                  "failures, deadline, or an operator"),
              step(
                  Rollout.State.VERIFYING,
                  Rollout.State.PAUSED,
                  "failures, deadline, or an operator"),
              step(Rollout.State.SOAKING, Rollout.State.PAUSED, "failures, or an operator"),
              step(Rollout.State.PAUSED, Rollout.State.STAGING, "an operator resumes"),
              step(Rollout.State.PAUSED, Rollout.State.ACTIVATING, "an operator resumes or skips"),
              step(Rollout.State.PAUSED, Rollout.State.VERIFYING, "an operator resumes"),
              step(Rollout.State.PAUSED, Rollout.State.SOAKING, "an operator resumes"),
              step(Rollout.State.PAUSED, Rollout.State.COMPLETED, "the last unit was skipped"),
              step(Rollout.State.STAGING, Rollout.State.ROLLING_BACK, "an operator"),
              step(
                  Rollout.State.ACTIVATING, Rollout.State.ROLLING_BACK, "failures, or an operator"),
              step(Rollout.State.VERIFYING, Rollout.State.ROLLING_BACK, "failures, or an operator"),
              step(Rollout.State.SOAKING, Rollout.State.ROLLING_BACK, "failures, or an operator"),
              step(Rollout.State.PAUSED, Rollout.State.ROLLING_BACK, "an operator"),
              step(
                  Rollout.State.COMPLETED,
                  Rollout.State.ROLLING_BACK,
                  "an operator, while it is the type's last"),
              step(
                  Rollout.State.ROLLING_BACK,
                  Rollout.State.ROLLED_BACK,
                  "every switched machine is back"),
              step(Rollout.State.STAGING, Rollout.State.ABORTED, "an operator"),
              step(Rollout.State.ACTIVATING, Rollout.State.ABORTED, "an operator"),
              step(Rollout.State.VERIFYING, Rollout.State.ABORTED, "an operator"),
              step(Rollout.State.SOAKING, Rollout.State.ABORTED, "an operator"),
              step(Rollout.State.PAUSED, Rollout.State.ABORTED, "an operator"),
              step(Rollout.State.ROLLING_BACK, Rollout.State.ABORTED, "an operator")));

  public static final TransitionTable<RolloutUnit.State> ROLLOUT_UNIT =
      new TransitionTable<>(
          "Rollout: scale unit",
          List.of(
              step(
                  RolloutUnit.State.PENDING,
                  RolloutUnit.State.UNIT_ACTIVATING,
                  "its turn has come"),
              step(RolloutUnit.State.PENDING, RolloutUnit.State.SKIPPED, "an operator"),
              step(
                  RolloutUnit.State.UNIT_ACTIVATING,
                  RolloutUnit.State.UNIT_VERIFYING,
                  "all its machines are switched"),
              step(
                  RolloutUnit.State.UNIT_ACTIVATING,
                  RolloutUnit.State.UNIT_FAILED,
                  "deadline, or failures"),
              step(
                  RolloutUnit.State.UNIT_ACTIVATING,
                  RolloutUnit.State.SKIPPED,
                  "an operator, or no machine is left in it"),
              step(
                  RolloutUnit.State.UNIT_ACTIVATING,
                  RolloutUnit.State.UNIT_ROLLED_BACK,
                  "its machines are back"),
              step(
                  RolloutUnit.State.UNIT_VERIFYING,
                  RolloutUnit.State.PASSED,
                  "success-share is healthy"),
              step(
                  RolloutUnit.State.UNIT_VERIFYING,
                  RolloutUnit.State.UNIT_FAILED,
                  "deadline, or failures"),
              step(
                  RolloutUnit.State.UNIT_VERIFYING,
                  RolloutUnit.State.SKIPPED,
                  "an operator, or no machine is left in it"),
              step(
                  RolloutUnit.State.UNIT_VERIFYING,
                  RolloutUnit.State.UNIT_ROLLED_BACK,
                  "its machines are back"),
              step(
                  RolloutUnit.State.PASSED,
                  RolloutUnit.State.UNIT_FAILED,
                  "failures while it soaked"),
              step(
                  RolloutUnit.State.PASSED,
                  RolloutUnit.State.UNIT_ROLLED_BACK,
                  "its machines are back"),
              step(
                  RolloutUnit.State.UNIT_FAILED,
                  RolloutUnit.State.UNIT_VERIFYING,
                  "an operator resumed, and all its machines are switched"),
              step(
                  RolloutUnit.State.UNIT_FAILED,
                  RolloutUnit.State.PASSED,
                  "an operator resumed, and success-share is healthy"),
              step(RolloutUnit.State.UNIT_FAILED, RolloutUnit.State.SKIPPED, "an operator"),
              step(
                  RolloutUnit.State.UNIT_FAILED,
                  RolloutUnit.State.UNIT_ROLLED_BACK,
                  "its machines are back"),
              step(
                  RolloutUnit.State.SKIPPED,
                  RolloutUnit.State.UNIT_ROLLED_BACK,
                  "those that were switched are back")));

  private Transitions() {}

  /** All tables, for the documentation and the tests that walk every pair. */
  public static List<TransitionTable<?>> all() {
    return List.of(LIFECYCLE, CONDITION, REPAIR, PROVISIONING, ROLLOUT, ROLLOUT_UNIT);
  }

  /** The tables as Markdown. */
  public static String markdown() {
    StringBuilder text =
        new StringBuilder(
            """
            # State machines

            Rendered from the tables that the Device Manager checks each change against. A pair \
            that is not listed is refused.
            """);
    for (TransitionTable<?> table : all()) {
      text.append("\n## ")
          .append(table.title())
          .append("\n\n| from | to | when |\n|---|---|---|\n");
      for (Step<?> step : table.steps()) {
        text.append("| `%s` | `%s` | %s |\n".formatted(step.from(), step.to(), step.when()));
      }
    }
    return text.toString();
  }
}
