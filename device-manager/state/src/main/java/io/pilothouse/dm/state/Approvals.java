package io.pilothouse.dm.state;

import io.pilothouse.api.log.v1.DecideRepair;
import io.pilothouse.api.log.v1.Refusal;
import io.pilothouse.api.v1.Action;
import io.pilothouse.api.v1.Approval;
import io.pilothouse.api.v1.DeviceKind;
import io.pilothouse.api.v1.Hold;
import io.pilothouse.api.v1.Incident;
import io.pilothouse.api.v1.Limit;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.PastAction;
import io.pilothouse.api.v1.Repair;
import io.pilothouse.api.v1.Veto;
import java.time.Instant;
import java.util.Optional;

/** What waits for a person's word: approved, denied, or decided otherwise. */
final class Approvals {

  private static final double DESTRUCTIVE_PERCENT = 2;
  private static final double BLAST_RADIUS_PERCENT = 5;

  /** Of small fleets a percentage would be one machine, and every other Replace a question. */
  private static final int LEAST = 3;

  private static final long WINDOW_MS = 3_600_000;

  /**
   * In UTF-16 units: room for two reasons. A machine that is held can be denied again and again.
   */
  private static final int LONGEST_HOLD_REASON = 5000;

  private Approvals() {}

  /**
   * Why a person must speak first: the automatic actions are at their end, the rule asks for it, or
   * so many ReImage and Replace began within the window that one more needs it.
   */
  static Optional<Veto> veto(Draft draft, Machine machine, Repair repair) {
    String approve = "pilot repair approve " + repair.getId();
    String deny = "pilot repair deny " + repair.getId();
    Veto.Builder veto =
        Veto.newBuilder().setKind("approval").setDomain(Texts.machine(machine.getName()));
    if (repair.getAction() == Action.ESCALATE) {
      return Optional.of(
          veto.setSentence(
                  ("a person must decide: %s. Choose one: %s --action %s; or %s; or mend it by hand,"
                          + " and the errors clear")
                      .formatted(
                          repair.getNotExecuted().isEmpty()
                              ? "the automatic actions did not help " + machine.getName()
                              : "nothing could be done to %s: %s"
                                  .formatted(machine.getName(), repair.getNotExecuted()),
                          approve,
                          Switches.choices(machine),
                          deny))
              .build());
    }
    if (repair.hasApproval()) {
      return Optional.empty();
    }
    if (repair.getNeedsApproval()) {
      return Optional.of(
          veto.setSentence(
                  "%s of %s waits for a person's word, as its rule asks: %s, or %s"
                      .formatted(
                          Texts.action(repair.getAction()), machine.getName(), approve, deny))
              .build());
    }
    return repair.getState() == Repair.State.READY
        ? Optional.empty()
        : tooMany(draft, repair)
            .map(
                until ->
                    veto.setUntil(until)
                        .setLimit(mostUnasked(draft))
                        .setSentence(
                            ("%s ReImage and Replace began within %s, as many as go unasked: a"
                                    + " person says %s or %s, or it goes on by itself at %s")
                                .formatted(
                                    mostUnasked(draft),
                                    Texts.span(windowMs(draft)),
                                    approve,
                                    deny,
                                    Instant.ofEpochMilli(until)))
                        .build());
  }

  /** Until when one more ReImage or Replace needs a person; empty when it does not. */
  private static Optional<Long> tooMany(Draft draft, Repair repair) {
    if (!DestructiveIndex.isDestructive(repair.getAction())) {
      return Optional.empty();
    }
    long window = windowMs(draft);
    return draft
        .indexes()
        .destructive
        .newest(mostUnasked(draft))
        .map(at -> at + window)
        .filter(until -> until > draft.nowMillis());
  }

  private static int mostUnasked(Draft draft) {
    return limit(draft, draft.fleet().getApprovals().getDestructive(), DESTRUCTIVE_PERCENT);
  }

  static int mostOfOnePerson(Entities state) {
    return limit(state, state.fleet().getApprovals().getBlastRadius(), BLAST_RADIUS_PERCENT);
  }

  private static int limit(Entities state, Limit given, double otherwise) {
    int machines = state.indexes().destructive.machinesInService();
    return Policies.isUnset(given)
        ? Math.max(
            LEAST, Policies.limit(Limit.newBuilder().setPercent(otherwise).build(), machines))
        : Policies.limit(given, machines);
  }

  /** Whether it is among those that are counted before another ReImage or Replace goes unasked. */
  static boolean counts(Draft draft, Repair repair) {
    long since = draft.nowMillis() - windowMs(draft);
    return DestructiveIndex.isDestructive(repair.getAction())
        && (repair.getReadyAt() > since || repair.getApproval().getAt() > since);
  }

  static long windowMs(Entities state) {
    long given = state.fleet().getApprovals().getWindowMs();
    return given == 0 ? WINDOW_MS : given;
  }

  /** A person decides about a repair that waits for approval. */
  static void decide(Draft draft, DecideRepair command) throws RefusedException {
    Repair repair = waiting(draft, command.getRepair());
    Operators.requireReason(draft, command.getDeny() ? "a denial" : "an approval");
    String principal = draft.request().getPrincipal();
    if (!principal.startsWith("operator/")) {
      throw new RefusedException(
          Refusal.Code.NOT_ALLOWED,
          "\"%s\" is not a person: only operators decide about repairs".formatted(principal),
          "use the command line: pilot repair approve " + repair.getId());
    }
    if (command.getDeny()) {
      deny(draft, repair);
      return;
    }
    Action action = action(draft, repair, command.getAction());
    if (DestructiveIndex.isDestructive(action)) {
      requireSecondPerson(draft, repair, principal);
    }
    approve(draft, repair, action);
  }

  private static Repair waiting(Draft draft, String id) throws RefusedException {
    Optional<Repair> found = draft.repair(id);
    if (found.isEmpty()) {
      throw new RefusedException(
          Refusal.Code.NOT_FOUND, "no repair \"" + id + "\"", "`pilot repair list` shows them");
    }
    Repair repair = found.get();
    boolean asks =
        repair.getState() == Repair.State.WAITING
            && repair.getVetoesList().stream().anyMatch(each -> each.getKind().equals("approval"));
    if (!asks) {
      throw new RefusedException(
          Refusal.Code.PRECONDITION,
          "%s is %s and does not wait for approval"
              .formatted(repair.getId(), Texts.state(repair.getState())),
          "`pilot explain repair %s` says what it waits for".formatted(repair.getId()));
    }
    return repair;
  }

  private static Action action(Draft draft, Repair repair, Action chosen) throws RefusedException {
    Machine machine = draft.machine(repair.getMachine()).orElseThrow();
    if (repair.getAction() != Action.ESCALATE) {
      if (chosen == Action.ACTION_UNSPECIFIED || chosen == repair.getAction()) {
        return repair.getAction();
      }
      throw new RefusedException(
          Refusal.Code.INVALID,
          "%s is a %s; only of an escalated repair does a person choose the action"
              .formatted(repair.getId(), Texts.action(repair.getAction())),
          "approve it as it is, or: pilot repair deny " + repair.getId());
    }
    boolean suits =
        switch (chosen) {
          case DO_NOTHING, REBOOT, REPLACE -> true;
          case RE_IMAGE -> machine.getKind() != DeviceKind.DEVICE_SWITCH;
          case ESCALATE, ACTION_UNSPECIFIED, UNRECOGNIZED -> false;
        };
    if (!suits) {
      throw new RefusedException(
          Refusal.Code.INVALID,
          "%s is escalated: %s is not an action to choose for %s"
              .formatted(repair.getId(), Texts.action(chosen), machine.getName()),
          "add --action %s, or: pilot repair deny %s"
              .formatted(Switches.choices(machine), repair.getId()));
    }
    return chosen;
  }

  /**
   * One person may not set off more than the blast radius: neither by approving one after the
   * other, nor by resolving an incident and then approving what it held.
   */
  private static void requireSecondPerson(Draft draft, Repair repair, String principal)
      throws RefusedException {
    long since = draft.nowMillis() - windowMs(draft);
    long approved =
        draft.repairs().stream()
            .filter(each -> DestructiveIndex.isDestructive(each.getAction()))
            .filter(each -> each.getApproval().getPrincipal().equals(principal))
            .filter(each -> each.getApproval().getAt() > since)
            .count();
    int most = mostOfOnePerson(draft);
    if (approved >= most) {
      throw new RefusedException(
          Refusal.Code.NOT_ALLOWED,
          "%s approved %s ReImage or Replace within %s, as many as one person may"
              .formatted(principal, approved, Texts.span(windowMs(draft))),
          "have another person approve " + repair.getId());
    }
    Optional<Incident> resolved =
        draft
            .incident(repair.getIncidentId())
            .filter(each -> each.getClosedBy().equals(principal))
            .filter(each -> each.getHeld() >= most);
    if (resolved.isPresent()) {
      throw new RefusedException(
          Refusal.Code.NOT_ALLOWED,
          "%s resolved %s, which held %s repairs, this one among them: more than one person may"
                  .formatted(principal, resolved.get().getId(), resolved.get().getHeld())
              + " both release and approve",
          "have another person approve " + repair.getId());
    }
  }

  private static void approve(Draft draft, Repair repair, Action action) {
    String reason = draft.request().getReason();
    String principal = draft.request().getPrincipal();
    Approval.Builder approval =
        Approval.newBuilder().setPrincipal(principal).setReason(reason).setAt(draft.nowMillis());
    Repair.Builder approved = repair.toBuilder().setAction(action).setApproval(approval);
    if (repair.getAction() != action) {
      approved.setRule(
          "%s; %s chose %s".formatted(repair.getRule(), principal, Texts.action(action)));
    }
    draft.put(approved.build());
    draft.audit(
        Repairs.record(
            approved.build(),
            repair.getState().name(),
            repair.getState().name(),
            "%s approved %s: %s".formatted(principal, Texts.action(action), reason)));
    if (action == Action.DO_NOTHING) {
      Repairs.finishDoNothing(draft, approved.build(), approved.getRule());
    }
  }

  /** Closes the repair; what was not done does not count as tried. The machine is left alone. */
  private static void deny(Draft draft, Repair repair) {
    String principal = draft.request().getPrincipal();
    String reason = draft.request().getReason();
    Machine machine = draft.machine(repair.getMachine()).orElseThrow();
    Machine.Builder held =
        machine.toBuilder()
            .setHold(hold(draft, machine, "denied %s: %s".formatted(repair.getId(), reason)))
            .clearPastActions();
    for (PastAction past : machine.getPastActionsList()) {
      if (!past.getRepairId().equals(repair.getId())) {
        held.addPastActions(past);
      }
    }
    draft.put(held.build());
    draft.put(repair.toBuilder().clearVetoes().build());
    Repairs.close(
        draft,
        draft.repair(repair.getId()).orElseThrow(),
        "%s denied it: %s".formatted(principal, reason));
  }

  /**
   * A hold without end. Whoever holds the machine already is still named, and goes on holding it.
   */
  private static Hold hold(Draft draft, Machine machine, String denied) {
    String principal = draft.request().getPrincipal();
    Hold before = machine.getHold();
    if (machine.hasHold() && before.getUntil() == 0) {
      String both = "%s; %s %s".formatted(before.getReason(), principal, denied);
      return before.toBuilder()
          .setReason(both.substring(0, Math.min(both.length(), LONGEST_HOLD_REASON)))
          .build();
    }
    String earlier =
        machine.hasHold()
            ? "; %s holds it until %s: %s"
                .formatted(
                    before.getPrincipal(),
                    Instant.ofEpochMilli(before.getUntil()),
                    before.getReason())
            : "";
    return Hold.newBuilder()
        .setPrincipal(principal)
        .setReason(denied + earlier)
        .setSince(draft.nowMillis())
        .build();
  }
}
