package io.pilothouse.dm.state;

import io.pilothouse.api.log.v1.NoticeSilence;
import io.pilothouse.api.v1.Lifecycle;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.Verdict;
import io.pilothouse.api.v1.WatchdogSpec;
import java.util.Optional;

/** Reports that did not come. */
final class Silences {

  private Silences() {}

  /** The leader heard nothing for valid-for. */
  static void notice(Draft draft, NoticeSilence command) {
    for (NoticeSilence.Silent silent : command.getSilentList()) {
      Optional<Machine> machine = draft.machine(silent.getMachine());
      Optional<WatchdogSpec> spec = Policies.watchdog(draft, silent.getWatchdog());
      if (machine.filter(each -> each.getLifecycle() == Lifecycle.IN_SERVICE).isPresent()
          && spec.isPresent()
          && Policies.concerns(draft, machine.get(), spec.get())) {
        notice(draft, spec.get(), silent);
      }
    }
  }

  private static void notice(Draft draft, WatchdogSpec spec, NoticeSilence.Silent silent) {
    Verdict before = Verdicts.known(draft, silent.getMachine(), silent.getWatchdog());
    if (!silent.getReporter().isEmpty()) {
      if (Observers.of(before, silent.getReporter()).isPresent()) {
        Verdicts.change(draft, before, Observers.without(spec, before, silent.getReporter()));
      }
    } else if (!before.getSilent()) {
      Verdicts.change(
          draft, before, before.toBuilder().clearObservations().setSilent(true).build());
    }
  }
}
