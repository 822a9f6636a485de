package io.pilothouse.dm.state;

import io.pilothouse.api.v1.Action;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.Repair;
import io.pilothouse.api.v1.Veto;
import java.time.Instant;
import java.util.Optional;

/**
 * Repairs that could not be executed: the management controller did not answer, a ticket could not
 * be written, nobody came to it in time. What was not done has not failed to help, so the ladder
 * does not climb: the same action is tried again, ever later, and in the end a person is asked.
 * Else minutes without the management network would have machines wiped that a Reboot would mend.
 */
final class RepairTries {
  /** Kind of the veto. */
  static final String VETO = "retry";

  /** With the times between them they take an hour and a half. */
  private static final int MOST = 8;

  private static final long FIRST_MS = 60_000;
  private static final long LONGEST_MS = 30 * 60_000;

  private RepairTries() {}

  /** The machine was not touched, as far as is known; its processes run again meanwhile. */
  static void cameToNothing(Draft draft, Repair repair, String why) {
    int tries = repair.getTries() + 1;
    long pause = Math.min(LONGEST_MS, FIRST_MS << (tries - 1));
    boolean last = tries >= MOST;
    Repair.Builder next =
        Repairs.move(repair, Repair.State.WAITING, draft)
            .setTries(last ? 0 : tries)
            .setRetryAt(last ? 0 : draft.nowMillis() + pause)
            .setNotExecuted(why)
            .clearClaimedBy()
            .setDrained(false)
            .setReadyAt(0)
            .setDeadline(0)
            .setDueAt(0);
    if (last) {
      next.setAction(Action.ESCALATE)
          .clearApproval()
          .setRule(
              "%s; %s could not be executed %s times -> Escalate"
                  .formatted(repair.getRule(), Texts.action(repair.getAction()), tries));
    }
    draft.put(next.build());
    draft.audit(
        Repairs.record(
            repair,
            repair.getState().name(),
            "WAITING",
            "not executed, try %s of %s: %s".formatted(tries, MOST, why)));
    RepairDrain.letRun(draft, repair.getMachine());
  }

  /** Why the repair waits, while it is too early for the next try. */
  static Optional<Veto> veto(Entities state, Machine machine, Repair repair) {
    return state.meta().getNow() < repair.getRetryAt()
        ? Optional.of(
            Veto.newBuilder()
                .setKind(VETO)
                .setDomain(Texts.machine(machine.getName()))
                .setUntil(repair.getRetryAt())
                .setSentence(
                    "%s could not be executed (try %s of %s), and is tried again at %s: %s"
                        .formatted(
                            Texts.action(repair.getAction()),
                            repair.getTries(),
                            MOST,
                            Instant.ofEpochMilli(repair.getRetryAt()),
                            repair.getNotExecuted()))
                .build())
        : Optional.empty();
  }
}
