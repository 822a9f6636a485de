package io.pilothouse.dm.state;

import io.pilothouse.api.v1.Action;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.Repair;
import io.pilothouse.api.v1.Verdict;
import io.pilothouse.api.v1.VerdictKind;
import io.pilothouse.api.v1.WatchdogSpec;
import io.pilothouse.api.v1.WatchdogState;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * How far a watchdog is to be believed, by what became of its errors. An episode is the time from
 * its first ERROR on a machine to its next word that is none; it counts once. Watchdogs in shadow
 * mode are scored like others: that is how one learns whether to make them live.
 */
final class Scorecard {

  private Scorecard() {}

  /** A verdict has changed to {@code after}, and is stored. */
  static void changed(Draft draft, Verdict before, Verdict after) {
    boolean was = before.getKind() == VerdictKind.ERROR;
    boolean is = after.getKind() == VerdictKind.ERROR;
    if (was && !is) {
      ended(draft, before);
      draft.put(after.toBuilder().setCounted(false).build());
    }
    if (is && !was) {
      draft
          .watchdog(after.getWatchdog())
          .ifPresent(each -> draft.put(each.toBuilder().setErrors(each.getErrors() + 1).build()));
    }
    if ((is && !was) || (after.getSilent() && !before.getSilent())) {
      agree(draft, after.getMachine());
    }
  }

  /** Confirms errors on a machine of which another live watchdog has an ERROR or silence, too. */
  private static void agree(Draft draft, String name) {
    Optional<Machine> machine = draft.machine(name);
    if (machine.isEmpty()) {
      return;
    }
    Set<String> live = live(draft, machine.get());
    List<Verdict> verdicts = List.copyOf(draft.verdicts(name));
    List<String> bad =
        verdicts.stream()
            .filter(each -> live.contains(each.getWatchdog()))
            .filter(each -> isError(each) || each.getSilent())
            .map(Verdict::getWatchdog)
            .toList();
    for (Verdict verdict : verdicts) {
      boolean others = bad.size() > 1 || (bad.size() == 1 && !bad.contains(verdict.getWatchdog()));
      Optional<WatchdogState> state = draft.watchdog(verdict.getWatchdog());
      if (others && isError(verdict) && !verdict.getCounted() && state.isPresent()) {
        long took = verdict.getSince() - firstSign(verdicts, live, verdict.getSince());
        draft.put(
            state.get().toBuilder()
                .setConfirmed(state.get().getConfirmed() + 1)
                .setDetected(state.get().getDetected() + 1)
                .setDetectMs(state.get().getDetectMs() + took)
                .build());
        draft.put(verdict.toBuilder().setCounted(true).build());
      }
    }
  }

  private static Set<String> live(Entities state, Machine machine) {
    return Policies.requiredLive(state, machine).stream()
        .filter(each -> !each.getSilenceIgnored() || !isSilent(state, machine, each))
        .filter(each -> !RemoteSilence.isReporterGone(state, each))
        .map(WatchdogSpec::getName)
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static boolean isSilent(Entities state, Machine machine, WatchdogSpec spec) {
    return state.verdict(machine.getName(), spec.getName()).filter(Verdict::getSilent).isPresent();
  }

  /** When the machine first looked bad to any live watchdog, of what they say now. */
  private static long firstSign(List<Verdict> verdicts, Set<String> live, long otherwise) {
    return verdicts.stream()
        .filter(each -> live.contains(each.getWatchdog()))
        .filter(
            each ->
                each.getSilent()
                    || (!each.getAwaiting()
                        && (each.getKind() == VerdictKind.ERROR
                            || each.getKind() == VerdictKind.WARNING)))
        .mapToLong(Verdict::getSince)
        .reduce(otherwise, Math::min);
  }

  private static boolean isError(Verdict verdict) {
    return verdict.getKind() == VerdictKind.ERROR && !verdict.getAwaiting() && !verdict.getSilent();
  }

  private enum End {
    CONFIRMED,
    DISMISSED,
    UNCONFIRMED,
    /** Errors that come and go while a machine is being changed say nothing of the watchdog. */
    NOTHING
  }

  private static void ended(Draft draft, Verdict error) {
    Optional<WatchdogState> found = draft.watchdog(error.getWatchdog());
    Optional<Machine> machine = draft.machine(error.getMachine());
    if (error.getCounted() || found.isEmpty() || machine.isEmpty()) {
      return;
    }
    WatchdogState.Builder state = found.get().toBuilder();
    switch (end(draft, machine.get(), error)) {
      case CONFIRMED -> draft.put(state.setConfirmed(state.getConfirmed() + 1).build());
      case DISMISSED ->
          draft.put(
              WatchdogModes.contradicted(draft, state.setDismissed(state.getDismissed() + 1)));
      case UNCONFIRMED ->
          draft.put(
              WatchdogModes.contradicted(draft, state.setUnconfirmed(state.getUnconfirmed() + 1)));
      case NOTHING -> {}
    }
  }

  private static End end(Entities state, Machine machine, Verdict error) {
    return switch (machine.getLifecycle()) {
      case IN_SERVICE ->
          switch (machine.getCondition()) {
            case HEALTHY -> End.UNCONFIRMED;
            case FAILURE -> isUnderRepair(state, machine) ? End.CONFIRMED : End.DISMISSED;
            case PROBATION -> inProbation(machine, error);
            case CONDITION_UNSPECIFIED, UNRECOGNIZED -> End.NOTHING;
          };
      case EXPECTED,
          DISCOVERED,
          PROVISIONING,
          BURN_IN,
          DRAINING,
          MAINTENANCE,
          AWAITING_REPLACEMENT,
          DECOMMISSIONED,
          LIFECYCLE_UNSPECIFIED,
          UNRECOGNIZED ->
          End.NOTHING;
    };
  }

  /** Whether an action that changes the machine is under way. */
  private static boolean isUnderRepair(Entities state, Machine machine) {
    Optional<Repair> repair = state.repair(machine.getRepairId());
    return repair
        .filter(each -> each.getAction() != Action.DO_NOTHING)
        .filter(
            each ->
                each.getState() == Repair.State.EXECUTING
                    || each.getState() == Repair.State.VERIFYING)
        .isPresent();
  }

  private static End inProbation(Machine machine, Verdict error) {
    if (error.getSince() >= machine.getProbationSince()) {
      return End.NOTHING; // errors are expected in Probation
    }
    return switch (machine.getCause()) {
      case CAUSE_REPAIR, CAUSE_JOINING, CAUSE_ROLLBACK -> End.CONFIRMED;
      case CAUSE_DO_NOTHING -> End.DISMISSED;
      case CAUSE_ROLLOUT,
          CAUSE_INSTALL,
          CAUSE_MAINTENANCE,
          PROBATION_CAUSE_UNSPECIFIED,
          UNRECOGNIZED ->
          End.NOTHING;
    };
  }

  /**
   * Forgets what was said of hardware that is gone, except for errors whose end will show whether
   * they were right.
   */
  static void replaced(Draft draft, String machine) {
    for (Verdict verdict : List.copyOf(draft.verdicts(machine))) {
      if (verdict.getKind() == VerdictKind.ERROR && !verdict.getCounted()) {
        draft.put(
            verdict.toBuilder()
                .setAwaiting(true)
                .setSilent(false)
                .clearObservations()
                .clearReporter()
                .clearSequence()
                .build());
      } else {
        draft.removeVerdict(machine, verdict.getWatchdog());
      }
    }
  }
}
