package io.pilothouse.dm.state;

import io.pilothouse.api.log.v1.HoldMachine;
import io.pilothouse.api.log.v1.PromoteWatchdog;
import io.pilothouse.api.log.v1.Refusal;
import io.pilothouse.api.v1.AuditRecord;
import io.pilothouse.api.v1.Condition;
import io.pilothouse.api.v1.Freeze;
import io.pilothouse.api.v1.Hold;
import io.pilothouse.api.v1.Incident;
import io.pilothouse.api.v1.Lifecycle;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.Observed;
import io.pilothouse.api.v1.ProbationCause;
import io.pilothouse.api.v1.Verdict;
import io.pilothouse.api.v1.Veto;
import io.pilothouse.api.v1.WatchdogState;
import io.pilothouse.manifests.pattern.Near;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** What people tell the Device Manager to do with machines, repairs and watchdogs. */
final class Operators {
  private static final long LONGEST_HOLD_MS = 366L * 24 * 3_600_000;

  private Operators() {}

  static void hold(Draft draft, HoldMachine command) throws RefusedException {
    Machine machine = find(draft, command.getMachine());
    draft.put(machine.toBuilder().setHold(newHold(draft, command.getForMs())).build());
    audit(draft, machine, "", "held", "no repair or rollout touches it");
  }

  /** A hold by whoever asks, for their reason. */
  static Hold newHold(Draft draft, long forMs) throws RefusedException {
    requireReason(draft, "a hold");
    if (forMs < 0 || forMs > LONGEST_HOLD_MS) {
      throw new RefusedException(
          Refusal.Code.INVALID,
          "a hold cannot last " + forMs + " ms",
          "use --for 2h, at most a year, or leave it out for a hold without end");
    }
    return Hold.newBuilder()
        .setReason(draft.request().getReason())
        .setPrincipal(draft.request().getPrincipal())
        .setSince(draft.nowMillis())
        .setUntil(forMs == 0 ? 0 : draft.nowMillis() + forMs)
        .build();
  }

  static void unhold(Draft draft, String name) throws RefusedException {
    Machine machine = find(draft, name);
    if (!machine.hasHold()) {
      throw new RefusedException(
          Refusal.Code.PRECONDITION, name + " is not held", "pilot machine show " + name);
    }
    endHold(draft, machine, "the hold was ended");
  }

  static void endHold(Draft draft, Machine machine, String text) {
    draft.put(machine.toBuilder().clearHold().build());
    audit(draft, machine, "held", "", text);
  }

  /** Why a held machine is left alone. */
  static Veto veto(Machine machine) {
    Hold hold = machine.getHold();
    return Veto.newBuilder()
        .setKind("hold")
        .setDomain(Texts.machine(machine.getName()))
        .setUntil(hold.getUntil())
        .setSentence(
            "%s is held by %s%s: %s"
                .formatted(
                    machine.getName(),
                    hold.getPrincipal(),
                    hold.getUntil() == 0 ? "" : " until " + Instant.ofEpochMilli(hold.getUntil()),
                    hold.getReason()))
        .build();
  }

  /** New hardware is in place: it has no key, no history and no faults. */
  static void replaced(Draft draft, String name) throws RefusedException {
    Machine machine = find(draft, name);
    if (machine.getLifecycle() != Lifecycle.AWAITING_REPLACEMENT) {
      throw new RefusedException(
          Refusal.Code.PRECONDITION,
          "%s is %s, not AWAITING_REPLACEMENT".formatted(name, machine.getLifecycle()),
          "`pilot repair tickets` lists the machines to replace");
    }
    Scorecard.replaced(draft, name);
    if (Switches.is(machine)) {
      replacedSwitch(draft, machine);
      return;
    }
    audit(draft, machine, "", "replaced", "hardware generation " + (machine.getGeneration() + 1));
    Machine.Builder fresh =
        machine.toBuilder()
            .setGeneration(machine.getGeneration() + 1)
            .clearKeySha256()
            .clearEnrolment() // a token that is still about was the old hardware's
            // the boot id stays: it tells the old hardware's agent, which may still run, from the
            // new
            .setObserved(Observed.newBuilder().setBootId(machine.getObserved().getBootId()))
            .clearError()
            .clearPastActions();
    Provision.begin(draft, fresh, "the hardware was replaced");
  }

  private static void replacedSwitch(Draft draft, Machine machine) {
    String how = "hardware generation " + (machine.getGeneration() + 1);
    audit(draft, machine, "", "replaced", how);
    Machine.Builder fresh =
        machine.toBuilder()
            .setGeneration(machine.getGeneration() + 1)
            .clearKeySha256()
            .clearObserved()
            .clearError()
            .clearPastActions();
    draft.put(fresh.build());
    RepairWork.returned(draft, fresh, "replaced, " + how);
    Switches.enterService(
        draft, fresh, ProbationCause.CAUSE_REPAIR, "the switch was replaced: " + how);
  }

  private static void forgetVerdicts(Draft draft, String machine) {
    for (Verdict verdict : List.copyOf(draft.verdicts(machine))) {
      draft.removeVerdict(machine, verdict.getWatchdog());
    }
  }

  static void drain(Draft draft, String name) throws RefusedException {
    Machine machine = find(draft, name);
    requireReason(draft, "a drain");
    requireLifecycle(machine, Lifecycle.IN_SERVICE);
    draft.put(machine.toBuilder().setDrainRequested(true).build());
    audit(draft, machine, "", "drain asked", "waits for the budget, and until it is HEALTHY");
  }

  static void undrain(Draft draft, String name) throws RefusedException {
    Machine machine = find(draft, name);
    Machine.Builder back = machine.toBuilder().setDrainRequested(false).clearConsent();
    if (machine.getLifecycle() == Lifecycle.IN_SERVICE && machine.getDrainRequested()) {
      draft.put(back.build());
      audit(draft, machine, "drain asked", "", "the drain was taken back");
      return;
    }
    if (machine.getLifecycle() != Lifecycle.DRAINING
        && machine.getLifecycle() != Lifecycle.MAINTENANCE) {
      throw new RefusedException(
          Refusal.Code.PRECONDITION,
          "%s is %s, not in maintenance".formatted(name, machine.getLifecycle()),
          "pilot machine show " + name);
    }
    Conditions.lifecycle(draft, back, Lifecycle.IN_SERVICE, "back from maintenance");
    Rollouts.wantVersions(draft, back);
    Conditions.enterProbation(
        draft,
        back,
        ProbationCause.CAUSE_MAINTENANCE,
        "back from maintenance",
        List.of("undrained by " + draft.request().getPrincipal()),
        "");
  }

  static void decommission(Draft draft, String name) throws RefusedException {
    Machine machine = find(draft, name);
    requireReason(draft, "a decommission");
    boolean serves =
        machine.getLifecycle() == Lifecycle.DRAINING
            || (machine.getLifecycle() == Lifecycle.IN_SERVICE
                && machine.getCondition() != Condition.FAILURE);
    if (serves || machine.getLifecycle() == Lifecycle.DECOMMISSIONED) {
      throw new RefusedException(
          Refusal.Code.PRECONDITION,
          "%s is %s %s".formatted(name, machine.getLifecycle(), machine.getCondition()),
          serves ? "pilot machine drain " + name + " first" : "nothing is left to do");
    }
    Repairs.abandon(draft, name, "decommissioned");
    forgetVerdicts(draft, name);
    Machine.Builder gone = draft.machine(name).orElseThrow().toBuilder();
    Conditions.lifecycle(draft, gone, Lifecycle.DECOMMISSIONED, draft.request().getReason());
    draft.put(
        gone.clearProvisioning()
            .clearHold()
            .clearError()
            .clearRolloutId()
            .clearWantedActive()
            .clearWantedImage()
            .clearWantedWatchdogSet()
            .clearWantedAgent()
            .setDrainRequested(false)
            .build());
  }

  static void freeze(Draft draft, boolean frozen) throws RefusedException {
    if (frozen) {
      requireReason(draft, "a freeze");
    }
    boolean before = draft.freeze().getFrozen();
    Freeze.Builder freeze = Freeze.newBuilder().setFrozen(frozen);
    if (frozen) {
      freeze
          .setReason(draft.request().getReason())
          .setPrincipal(draft.request().getPrincipal())
          .setSince(draft.nowMillis());
    }
    draft.put(freeze.build());
    draft.audit(
        AuditRecord.newBuilder()
            .setKind("OPERATOR")
            .setSubject("repair/freeze")
            .setFrom(before ? "frozen" : "open")
            .setTo(frozen ? "frozen" : "open")
            .setText(frozen ? "no repair starts anywhere" : "repairs go on"));
  }

  static void watchdogMode(Draft draft, PromoteWatchdog command) throws RefusedException {
    Optional<WatchdogState> found = draft.watchdog(command.getWatchdog());
    if (found.isEmpty()) {
      throw new RefusedException(
          Refusal.Code.NOT_FOUND,
          "no watchdog \"" + command.getWatchdog() + "\"",
          "`pilot watchdog list` shows those there are");
    }
    WatchdogState.Mode mode = command.getMode();
    if (mode == WatchdogState.Mode.MODE_UNSPECIFIED || mode == WatchdogState.Mode.UNRECOGNIZED) {
      throw new RefusedException(
          Refusal.Code.INVALID, "a watchdog's mode is missing", "use SHADOW, LIVE or QUARANTINED");
    }
    WatchdogState before = found.get();
    requireFew(draft, before, mode);
    // a person's quarantine does not end by itself either
    WatchdogState known = NoiseFollow.ended(draft, before, "its mode was set to " + mode);
    WatchdogModes.set(draft, known, mode);
    draft.audit(
        AuditRecord.newBuilder()
            .setKind("WATCHDOG")
            .setSubject("watchdog/" + before.getName())
            .setFrom(before.getMode().name())
            .setTo(mode.name())
            .setText(
                "its verdicts " + (mode == WatchdogState.Mode.LIVE ? "count" : "do not count")));
  }

  /**
   * What ends a quarantine releases its machines: above the blast radius two persons must say so.
   */
  private static void requireFew(Draft draft, WatchdogState watchdog, WatchdogState.Mode mode)
      throws RefusedException {
    int machines = draft.indexes().noise.errors(watchdog.getName()).size();
    int most = Approvals.mostOfOnePerson(draft);
    boolean ends =
        mode != WatchdogState.Mode.QUARANTINED
            && draft
                .incident(watchdog.getIncidentId())
                .filter(each -> each.getState() == Incident.State.OPEN)
                .isPresent();
    if (ends && machines > most) {
      throw new RefusedException(
          Refusal.Code.NOT_ALLOWED,
          "%s is quarantined by %s and calls %s machines bad; one person may release %s"
              .formatted(watchdog.getName(), watchdog.getIncidentId(), machines, most),
          "two persons must run: pilot incident resolve %s --reason TEXT"
              .formatted(watchdog.getIncidentId()));
    }
  }

  static void requireReason(Draft draft, String act) throws RefusedException {
    if (draft.request().getReason().isBlank()) {
      throw new RefusedException(
          Refusal.Code.INVALID, act + " needs a reason for the audit trail", "add --reason TEXT");
    }
  }

  private static void requireLifecycle(Machine machine, Lifecycle wanted) throws RefusedException {
    if (machine.getLifecycle() != wanted) {
      throw new RefusedException(
          Refusal.Code.PRECONDITION,
          "%s is %s, not %s".formatted(machine.getName(), machine.getLifecycle(), wanted),
          "pilot machine show " + machine.getName());
    }
  }

  static Machine find(Entities state, String name) throws RefusedException {
    Optional<Machine> machine = state.machine(name);
    if (machine.isEmpty()) {
      throw new RefusedException(
          Refusal.Code.NOT_FOUND,
          "no machine \"" + name + "\"" + Near.hint(name, state.table(Table.MACHINE).keySet()),
          "`pilot machine list -o name` shows those there are");
    }
    return machine.get();
  }

  private static void audit(Draft draft, Machine machine, String from, String to, String text) {
    draft.audit(
        AuditRecord.newBuilder()
            .setKind("OPERATOR")
            .setSubject(Texts.machine(machine.getName()))
            .setMachine(machine.getName())
            .setFrom(from)
            .setTo(to)
            .setText(text));
  }
}
