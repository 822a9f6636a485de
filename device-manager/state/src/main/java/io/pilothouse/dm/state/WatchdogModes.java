package io.pilothouse.dm.state;

import io.pilothouse.api.v1.AuditRecord;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.Verdict;
import io.pilothouse.api.v1.WatchdogSpec;
import io.pilothouse.api.v1.WatchdogState;
import java.util.Optional;

/** Whether a watchdog's verdicts count, and when shadow ends by itself. */
final class WatchdogModes {

  private WatchdogModes() {}

  /** Changes the mode, and has the machines concerned judged anew. */
  static void set(Draft draft, WatchdogState before, WatchdogState.Mode mode) {
    WatchdogState.Builder after = before.toBuilder().setMode(mode).setSince(draft.nowMillis());
    draft.put(after.setDueAt(due(draft, after)).build());
    Optional<WatchdogSpec> spec = Policies.watchdog(draft, before.getName());
    for (Machine machine : draft.machines()) {
      if (spec.isPresent() && Policies.concerns(draft, machine, spec.get())) {
        draft.touch(machine.getName());
      }
    }
  }

  /**
   * When a watchdog in shadow mode becomes live if nothing contradicts it from now on; 0 = never.
   */
  static long due(Draft draft, WatchdogState.Builder state) {
    return Policies.watchdog(draft, state.getName())
        .map(spec -> due(draft, spec, state.getMode()))
        .orElse(0L);
  }

  static long due(Draft draft, WatchdogSpec spec, WatchdogState.Mode mode) {
    return mode == WatchdogState.Mode.SHADOW && spec.getPromoteAfterMs() > 0
        ? draft.nowMillis() + spec.getPromoteAfterMs()
        : 0;
  }

  /** An ERROR of it turned out to be nobody else's opinion: its time begins anew. */
  static WatchdogState contradicted(Draft draft, WatchdogState.Builder state) {
    return state.getDueAt() == 0 ? state.build() : state.setDueAt(due(draft, state)).build();
  }

  /** Promotes those whose time is over. */
  static void settle(Draft draft) {
    for (String name : draft.due(Table.WATCHDOG).keySet()) {
      WatchdogState state = draft.watchdog(name).orElseThrow();
      long next = due(draft, state.toBuilder());
      if (next == 0 || !mayPromote(draft, name)) {
        draft.put(state.toBuilder().setDueAt(next).build());
        continue;
      }
      set(draft, state, WatchdogState.Mode.LIVE);
      draft.audit(
          AuditRecord.newBuilder()
              .setKind("WATCHDOG")
              .setSubject("watchdog/" + name)
              .setPrincipal("dm")
              .setFrom(WatchdogState.Mode.SHADOW.name())
              .setTo(WatchdogState.Mode.LIVE.name())
              .setText(
                  "its verdicts count: for promote-after nothing contradicted it (%s errors, %s of them confirmed)"
                      .formatted(state.getErrors(), state.getConfirmed())));
    }
  }

  /**
   * It has reported, and nothing would fail a machine at the moment when it is made live: no ERROR
   * that nobody confirmed, no silence on a machine that is well otherwise.
   */
  private static boolean mayPromote(Draft draft, String watchdog) {
    VerdictIndex verdicts = draft.indexes().verdicts;
    boolean shared =
        verdicts.error(watchdog).stream()
            .allMatch(
                each -> draft.verdict(each, watchdog).filter(Verdict::getCounted).isPresent());
    return shared
        && verdicts.silent(watchdog).stream()
            .allMatch(each -> draft.machine(each).filter(Machine::hasError).isPresent())
        && verdicts.present(watchdog).stream()
            .anyMatch(
                each ->
                    draft
                        .verdict(each, watchdog)
                        .filter(verdict -> !verdict.getSilent() && !verdict.getAwaiting())
                        .isPresent());
  }
}
