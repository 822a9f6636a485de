package io.pilothouse.dm.state;

import io.pilothouse.api.v1.ErrorState;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.Severity;
import io.pilothouse.api.v1.Verdict;
import io.pilothouse.api.v1.VerdictKind;
import io.pilothouse.api.v1.WatchdogSpec;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Whether a machine is in error: any live required watchdog with a fresh ERROR. Silence is a softer
 * fault, because the reporter may be what died; several silent watchdogs are one fault, {@code
 * unreachable}.
 */
final class ErrorPredicate {
  static final String SILENT = "silent";
  static final String UNREACHABLE = "unreachable";
  static final String UNDETERMINED = "undetermined";

  /** In place of a watchdog, when a machine does not run the version that it should. */
  static final String VERSION = "manifest";

  private ErrorPredicate() {}

  /** The machine's error now, with {@code since} unset; the worst and then first by watchdog. */
  static Optional<ErrorState> of(Entities state, Machine machine, Instant now) {
    long unknownMax = Policies.repair(state, machine).getUnknownMaxMs();
    Optional<ErrorState> error = Optional.empty();
    List<String> silent = new ArrayList<>();
    Optional<ErrorState> unknown = Optional.empty();
    for (WatchdogSpec spec : Policies.requiredLive(state, machine)) {
      Verdict verdict =
          state.verdict(machine.getName(), spec.getName()).orElse(Verdict.getDefaultInstance());
      if (verdict.getSilent()) {
        if (!spec.getSilenceIgnored() && !RemoteSilence.isReporterGone(state, spec)) {
          silent.add(spec.getName());
        }
      } else if (!verdict.getAwaiting() && verdict.getKind() == VerdictKind.ERROR) {
        boolean worse =
            error.isEmpty()
                || (verdict.getSeverity() == Severity.FATAL
                    && error.get().getSeverity() != Severity.FATAL);
        error = worse ? Optional.of(fromVerdict(verdict)) : error;
      } else if (!verdict.getAwaiting()
          && verdict.getKind() == VerdictKind.UNKNOWN
          && unknown.isEmpty()
          && now.toEpochMilli() >= verdict.getSince() + unknownMax) {
        unknown = Optional.of(soft(spec.getName(), UNDETERMINED, verdict.getText()));
      }
    }
    if (error.isPresent()) {
      return error;
    }
    return silence(silent).or(unknownOf(unknown));
  }

  /** When an UNKNOWN verdict becomes a fault; 0 = none is pending. */
  static long unknownDue(Entities state, Machine machine, Instant now) {
    long unknownMax = Policies.repair(state, machine).getUnknownMaxMs();
    long due = 0;
    for (WatchdogSpec spec : Policies.requiredLive(state, machine)) {
      Optional<Verdict> verdict = state.verdict(machine.getName(), spec.getName());
      if (verdict.isPresent()
          && !verdict.get().getAwaiting()
          && !verdict.get().getSilent()
          && verdict.get().getKind() == VerdictKind.UNKNOWN) {
        long at = verdict.get().getSince() + unknownMax;
        due = at > now.toEpochMilli() && (due == 0 || at < due) ? at : due;
      }
    }
    return due;
  }

  /** Required watchdogs that have not reported since the last action or switch. */
  static List<String> awaited(Entities state, Machine machine) {
    return Policies.requiredLive(state, machine).stream()
        .filter(each -> isAwaited(state, machine, each))
        .map(WatchdogSpec::getName)
        .toList();
  }

  private static boolean isAwaited(Entities state, Machine machine, WatchdogSpec spec) {
    Optional<Verdict> verdict = state.verdict(machine.getName(), spec.getName());
    return !spec.getSilenceIgnored()
        && verdict.map(Verdict::getAwaiting).orElse(true)
        && !(verdict.filter(Verdict::getSilent).isPresent()
            && RemoteSilence.isReporterGone(state, spec));
  }

  private static java.util.function.Supplier<Optional<ErrorState>> unknownOf(
      Optional<ErrorState> unknown) {
    return () -> unknown;
  }

  private static Optional<ErrorState> silence(List<String> silent) {
    return switch (silent.size()) {
      case 0 -> Optional.empty();
      case 1 ->
          Optional.of(soft(silent.get(0), SILENT, "watchdog " + silent.get(0) + " is silent"));
      default ->
          Optional.of(
              soft(
                  silent.get(0),
                  UNREACHABLE,
                  "%s watchdogs are silent: %s"
                      .formatted(silent.size(), String.join(", ", silent))));
    };
  }

  private static ErrorState fromVerdict(Verdict verdict) {
    return ErrorState.newBuilder()
        .setWatchdog(verdict.getWatchdog())
        .setFault(verdict.getFault().isEmpty() ? verdict.getWatchdog() : verdict.getFault())
        .setSeverity(verdict.getSeverity() == Severity.FATAL ? Severity.FATAL : Severity.NORMAL)
        .setText(verdict.getText())
        .build();
  }

  private static ErrorState soft(String watchdog, String fault, String text) {
    return ErrorState.newBuilder()
        .setWatchdog(watchdog)
        .setFault(fault)
        .setSeverity(Severity.NORMAL)
        .setText(text)
        .build();
  }
}
