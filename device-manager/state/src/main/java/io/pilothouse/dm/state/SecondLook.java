package io.pilothouse.dm.state;

import io.pilothouse.api.v1.Action;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.Repair;
import io.pilothouse.api.v1.Severity;
import io.pilothouse.api.v1.Veto;
import java.time.Instant;
import java.util.Optional;

/**
 * A fatal fault makes its machine fail at once, but the hardware is not replaced on the first word:
 * for confirm-after it is seen whether others fail alike. A watchdog that calls a whole fleet fatal
 * within a minute would otherwise have its first few machines replaced before there is a crowd to
 * be suspicious of. A replacement takes hours; the minute costs nothing.
 */
final class SecondLook {
  /** Kind of the veto. */
  static final String VETO = "confirm";

  private SecondLook() {}

  /** Why the repair waits, while it is too early for it. */
  static Optional<Veto> veto(Entities state, Machine machine, Repair repair) {
    long until = repair.getErrorSince() + Policies.repair(state, machine).getConfirmAfterMs();
    boolean early =
        repair.getSeverity() == Severity.FATAL
            && repair.getAction() != Action.ESCALATE
            && state.meta().getNow() < until;
    return early
        ? Optional.of(
            Veto.newBuilder()
                .setKind(VETO)
                .setDomain(Texts.machine(machine.getName()))
                .setUntil(until)
                .setSentence(
                    "a fatal fault is looked at until %s, to see whether other machines fail alike"
                        .formatted(Instant.ofEpochMilli(until)))
                .build())
        : Optional.empty();
  }
}
