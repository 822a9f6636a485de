package io.pilothouse.dm.state;

import io.pilothouse.api.v1.ErrorState;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.WatchdogSpec;

/**
 * When a machine's error was new. It is new once: while it goes from failure through DoNothing and
 * repairs, and however its error comes and goes meanwhile, its trouble is the old one, until it is
 * HEALTHY, or gone from the network again after a rest. Otherwise machines that fail again and
 * again would look like a new incident each time.
 */
final class Trouble {
  /** In place of a time: an incident had it, and was closed. It never counts as new again. */
  static final long HAD = 1;

  private static final String PROBE = "reachable";

  private Trouble() {}

  /** Sets or clears it as the machine stands; returns whether that changed it. */
  static boolean settle(Draft draft, Machine machine) {
    long since = since(draft, machine);
    if (since == machine.getTroubleSince()) {
      return false;
    }
    draft.put(machine.toBuilder().setTroubleSince(since).build());
    if (machine.getTroubleSince() == 0) {
      UsualRate.count(draft);
    }
    return true;
  }

  private static long since(Draft draft, Machine machine) {
    long known = machine.getTroubleSince();
    long begun = known == 0 ? draft.nowMillis() : known;
    return switch (machine.getCondition()) {
      case HEALTHY -> machine.hasError() ? begun : 0;
      case FAILURE -> begun;
      case PROBATION ->
          switch (machine.getCause()) {
            case CAUSE_DO_NOTHING, CAUSE_REPAIR, CAUSE_ROLLBACK ->
                isGoneAgain(draft, machine) ? draft.nowMillis() : known;
            // a switch of versions excuses much, but not that nothing is heard of the machine
            case CAUSE_ROLLOUT, CAUSE_INSTALL ->
                machine.hasError() && isGone(draft, machine.getError()) ? begun : 0;
            case CAUSE_JOINING, CAUSE_MAINTENANCE, PROBATION_CAUSE_UNSPECIFIED, UNRECOGNIZED -> 0;
          };
      case CONDITION_UNSPECIFIED, UNRECOGNIZED -> known;
    };
  }

  /**
   * Whether the machine was back for as long as ends an incident, and is gone again: the power of
   * its rack may have failed a second time, and that is not the first time's trouble.
   */
  private static boolean isGoneAgain(Draft draft, Machine machine) {
    long quietSince = machine.getQuietSince();
    return machine.getTroubleSince() != HAD
        && quietSince != 0
        && draft.nowMillis() - quietSince >= IncidentPolicies.of(draft).quietMs()
        && machine.hasError()
        && isGone(draft, machine.getError());
  }

  /**
   * Whether the error says that the machine is not there, rather than that something on it fails.
   */
  static boolean isGone(Entities state, ErrorState error) {
    return error.getFault().equals(ErrorPredicate.UNREACHABLE)
        || error.getFault().equals(ErrorPredicate.SILENT)
        || Policies.watchdog(state, error.getWatchdog()).filter(Trouble::isProbe).isPresent();
  }

  private static boolean isProbe(WatchdogSpec spec) {
    String builtin = spec.getBuiltin().isEmpty() ? spec.getName() : spec.getBuiltin();
    return spec.getRunner() == WatchdogSpec.Runner.REMOTE && builtin.equals(PROBE);
  }
}
