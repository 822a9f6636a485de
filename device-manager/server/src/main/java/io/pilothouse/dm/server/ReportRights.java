package io.pilothouse.dm.server;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.WatchdogSpec;
import io.pilothouse.dm.state.Entities;
import io.pilothouse.dm.state.Policies;
import io.pilothouse.dm.state.Table;
import io.pilothouse.manifests.pattern.Near;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Who may report what: a machine for the watchdogs that run on it, about itself; a satellite for
 * remote ones; for external ones those whom they name.
 */
final class ReportRights {

  /** Why not, and what is allowed. */
  record Objection(Status.Code code, String message, String remedy) {
    StatusRuntimeException asStatus() {
      return Refusals.of(code, message, remedy);
    }
  }

  private ReportRights() {}

  /** Whether a principal may report for a watchdog that there is. */
  static Optional<Objection> ofWatchdog(Principal principal, String machine, WatchdogSpec spec) {
    boolean allowed =
        switch (spec.getRunner()) {
          case BUILTIN, SCRIPT ->
              principal.kind() == Principal.Kind.MACHINE && principal.name().equals(machine);
          case REMOTE -> principal.kind() == Principal.Kind.SATELLITE;
          case EXTERNAL -> reporters(spec).contains(principal.toString());
          case RUNNER_UNSPECIFIED, UNRECOGNIZED -> false;
        };
    return allowed
        ? Optional.empty()
        : Optional.of(
            new Objection(
                Status.Code.PERMISSION_DENIED,
                "%s may not report for watchdog %s on machine %s"
                    .formatted(principal, spec.getName(), machine),
                whoMay(spec)));
  }

  private static String whoMay(WatchdogSpec spec) {
    return switch (spec.getRunner()) {
      case BUILTIN, SCRIPT -> "it runs on the machines: an agent reports for its own machine only";
      case REMOTE -> "it is a remote watchdog: satellites report for it";
      case EXTERNAL ->
          "it is reported by %s; its field reporters names others"
              .formatted(String.join(", ", reporters(spec)));
      case RUNNER_UNSPECIFIED, UNRECOGNIZED -> "nobody reports for it; upgrade the Device Manager";
    };
  }

  static List<String> reporters(WatchdogSpec spec) {
    return spec.getReportersCount() == 0
        ? List.of("watchdog/" + spec.getName())
        : spec.getReportersList();
  }

  /** As {@link #ofWatchdog}, for callers who name watchdog and machine by hand. */
  static Optional<Objection> of(
      Entities state, Principal principal, String machine, String watchdog) {
    Optional<WatchdogSpec> spec = Policies.watchdog(state, watchdog);
    if (spec.isEmpty()) {
      List<String> known =
          state.fleet().getWatchdogsList().stream().map(WatchdogSpec::getName).toList();
      return Optional.of(
          new Objection(
              Status.Code.NOT_FOUND,
              "there is no watchdog \"%s\"%s".formatted(watchdog, Near.hint(watchdog, known)),
              "`pilot watchdog list` shows those there are"));
    }
    Optional<Objection> denied = ofWatchdog(principal, machine, spec.get());
    if (denied.isPresent()) {
      return denied;
    }
    Optional<Machine> found = state.machine(machine);
    if (found.isEmpty()) {
      Set<String> known = state.table(Table.MACHINE).keySet();
      return Optional.of(
          new Objection(
              Status.Code.NOT_FOUND,
              "there is no machine \"%s\"%s".formatted(machine, Near.hint(machine, known)),
              "`pilot machine list` shows those there are"));
    }
    if (!Policies.concerns(state, found.get(), spec.get())) {
      return Optional.of(
          new Objection(
              Status.Code.PERMISSION_DENIED,
              "watchdog %s is not for machine %s, which is of type %s"
                  .formatted(watchdog, machine, found.get().getType()),
              "name the watchdog in that machine type, or the type in the watchdog's types"));
    }
    return Optional.empty();
  }
}
