package io.pilothouse.dm.state;

import io.pilothouse.api.log.v1.Refusal;
import io.pilothouse.api.v1.AuditRecord;
import io.pilothouse.api.v1.Consent;
import io.pilothouse.api.v1.Lifecycle;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.MachineConsent;
import io.pilothouse.api.v1.MachineType;
import io.pilothouse.api.v1.Repair;
import io.pilothouse.api.v1.Severity;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * What frameworks say to a machine's being taken, by a repair, for maintenance or by a rollout of
 * an image. Their tasks have the time of the drain, as its own processes do, and it ends once
 * nothing of theirs runs there. A framework that declines prolongs it, once, by what its type
 * allows at most; that ends when all that still have tasks there agree. Nobody can do more: a
 * machine that is not heard of is not waited for, and a FATAL error is not delayed.
 * docs/decisions/0046-consent.md
 */
final class OfferConsents {
  /** Of those that declined, for people. */
  static final int NAMED = 5;

  private static final int MOST_FRAMEWORKS = 1_000_000;

  private OfferConsents() {}

  /** What a scheduler says; of a machine that is not taken by that any more it is nothing. */
  static void write(Draft draft, MachineConsent said) throws RefusedException {
    requireSense(said);
    Optional<Machine> machine =
        draft
            .machine(said.getMachine())
            .filter(each -> !said.getTakenBy().isEmpty())
            .filter(each -> takenBy(draft, each).equals(said.getTakenBy()));
    if (machine.isEmpty()) {
      return;
    }
    Consent before = of(draft, machine.get()).orElseGet(Consent::getDefaultInstance);
    Consent.Builder consent =
        before.toBuilder()
            .setTakenBy(said.getTakenBy())
            .setFrameworks(said.getFrameworks())
            .setAgreed(said.getAgreed())
            .setDeclined(said.getDeclined())
            .clearDeclinedNames();
    said.getDeclinedNamesList().forEach(each -> consent.addDeclinedNames(OfferRecords.brief(each)));
    if (!consent.build().equals(before)) {
      consent.setAt(draft.nowMillis());
      draft.put(machine.get().toBuilder().setConsent(consent).build());
    }
  }

  private static void requireSense(MachineConsent said) throws RefusedException {
    long frameworks = Integer.toUnsignedLong(said.getFrameworks());
    long answered =
        Integer.toUnsignedLong(said.getAgreed()) + Integer.toUnsignedLong(said.getDeclined());
    if (frameworks > MOST_FRAMEWORKS
        || answered > frameworks
        || said.getDeclinedNamesCount() > NAMED) {
      throw new RefusedException(
          Refusal.Code.INVALID,
          ("of %s frameworks on %s %s are said to have answered, and %s names are given; expected"
                  + " at most all of them, and at most %s names")
              .formatted(
                  frameworks,
                  OfferRecords.brief(said.getMachine()),
                  answered,
                  said.getDeclinedNamesCount(),
                  NAMED),
          "correct the request");
    }
  }

  /** By what frameworks lose the machine, while that can still be waited for; else empty. */
  private static String takenBy(Entities state, Machine machine) {
    if (machine.getLifecycle() == Lifecycle.DRAINING) {
      return "drain";
    }
    if (ImageSwitch.isBefore(machine)) {
      return ImageSwitch.TAKER;
    }
    return state
        .repair(machine.getRepairId())
        .filter(OfferConsents::isBeforeItsExecution)
        .map(each -> "repair/" + each.getId())
        .orElse("");
  }

  private static boolean isBeforeItsExecution(Repair repair) {
    return switch (repair.getState()) {
      case READY, CLAIMED -> true;
      case REPAIR_DRAINING -> !repair.getDrained();
      case ASSIGNED, WAITING, EXECUTING, VERIFYING, DONE, FAILED, EXPIRED -> false;
      case STATE_UNSPECIFIED, UNRECOGNIZED -> false;
    };
  }

  /** About what takes the machine now, not about an earlier drain. */
  private static Optional<Consent> of(Entities state, Machine machine) {
    Consent consent = machine.getConsent();
    boolean current =
        machine.hasConsent()
            && consent.getTakenBy().equals(takenBy(state, machine))
            && (machine.getLifecycle() != Lifecycle.DRAINING
                || consent.getAt() >= machine.getSince());
    return current ? Optional.of(consent) : Optional.empty();
  }

  /**
   * Whether tasks of frameworks may still run on the machine, and can be asked to end. As long as
   * no scheduler has said what runs there, something may.
   */
  static boolean isWaitedFor(Entities state, Machine machine) {
    return Policies.type(state, machine.getType()).filter(MachineType::hasOffers).isPresent()
        && state.offerAgent(machine.getName()).isPresent()
        && RepairDrain.isHeard(state, machine)
        && of(state, machine).filter(each -> each.getFrameworks() == 0).isEmpty();
  }

  /** When a delayed drain ends; 0 = it is not delayed. */
  static long delayedUntil(Entities state, Machine machine) {
    return of(state, machine).map(Consent::getDelayedUntil).orElse(0L);
  }

  /**
   * Moves the end of a drain, as frameworks say.
   *
   * @return whether it did
   */
  static boolean settle(Draft draft, Machine machine) {
    Optional<Consent> said = of(draft, machine);
    long ends = said.isEmpty() ? 0 : ends(draft, machine);
    if (ends == 0) {
      return false;
    }
    Consent consent = said.get();
    boolean delays =
        consent.getDeclined() > 0
            && consent.getDelayedFrom() == 0
            && delay(draft, machine) > 0
            && ends > draft.nowMillis();
    if (delays) {
      move(
          draft,
          machine,
          consent.toBuilder().setDelayedFrom(ends).setDelayedUntil(ends + delay(draft, machine)),
          "%s declined: its tasks have %s longer, once, until %s"
              .formatted(
                  names(consent),
                  Texts.span(delay(draft, machine)),
                  Instant.ofEpochMilli(ends + delay(draft, machine))));
      return true;
    }
    long most = Math.max(consent.getDelayedFrom() + delay(draft, machine), draft.nowMillis());
    boolean ended =
        consent.getDelayedFrom() != 0 && consent.getDelayedUntil() == ends && ends > most;
    if (ended) {
      move(
          draft,
          machine,
          consent.toBuilder().setDelayedUntil(most),
          "what delayed it is over, or it is urgent by now: the delay ends");
    }
    return ended;
  }

  /** When the drain that is under way ends at the latest; 0 = none is. */
  private static long ends(Entities state, Machine machine) {
    if (machine.getLifecycle() == Lifecycle.DRAINING) {
      return Maintenance.due(state, machine);
    }
    if (ImageSwitch.isBefore(machine)) {
      return ImageSwitch.drainEnds(machine);
    }
    return state
        .repair(machine.getRepairId())
        .filter(each -> each.getState() == Repair.State.REPAIR_DRAINING && !each.getDrained())
        .map(Repair::getDeadline)
        .orElse(0L);
  }

  /** How much longer a framework may keep the machine; 0 = no longer. */
  private static long delay(Entities state, Machine machine) {
    boolean urgent =
        state
            .repair(machine.getRepairId())
            .filter(
                each ->
                    each.getSeverity() == Severity.FATAL
                        || (machine.getLifecycle() == Lifecycle.IN_SERVICE
                            && machine.getError().getSeverity() == Severity.FATAL))
            .isPresent();
    return urgent || !isWaitedFor(state, machine)
        ? 0
        : Policies.type(state, machine.getType())
            .map(each -> each.getOffers().getDelayMs())
            .orElse(0L);
  }

  private static void move(Draft draft, Machine machine, Consent.Builder to, String why) {
    Machine asked = machine.toBuilder().setConsent(to).build();
    draft.put(
        ImageSwitch.isBefore(asked)
            ? ImageSwitch.endingAt(asked, to.getDelayedUntil()).build()
            : asked);
    Optional<Repair> repair =
        draft.repair(machine.getRepairId()).filter(each -> isBeforeItsExecution(each));
    if (repair.isPresent()) {
      Repair moved =
          repair.get().toBuilder()
              .setDeadline(to.getDelayedUntil())
              .setDueAt(to.getDelayedUntil())
              .build();
      draft.put(moved);
      String state = moved.getState().name();
      draft.audit(Repairs.record(moved, state, state, why));
    } else {
      draft.audit(
          AuditRecord.newBuilder()
              .setKind("OFFERS")
              .setSubject(Texts.machine(machine.getName()))
              .setMachine(machine.getName())
              .setText(why));
    }
  }

  private static String names(Consent consent) {
    List<String> names = consent.getDeclinedNamesList();
    int more = consent.getDeclined() - names.size();
    if (names.isEmpty()) {
      return consent.getDeclined() == 1
          ? "a framework"
          : "%s frameworks".formatted(consent.getDeclined());
    }
    return names.stream().map(each -> "\"" + each + "\"").collect(Collectors.joining(", "))
        + (more > 0 ? " and %s more".formatted(more) : "");
  }

  /** For people: what frameworks say to it, while it is taken. */
  static Optional<String> words(Entities state, Machine machine) {
    if (takenBy(state, machine).isEmpty()
        || Policies.type(state, machine.getType()).filter(MachineType::hasOffers).isEmpty()
        || state.offerAgent(machine.getName()).isEmpty()) {
      return Optional.empty();
    }
    Optional<Consent> said = of(state, machine);
    if (said.isEmpty()) {
      return Optional.of("no scheduler has said yet what frameworks have on it");
    }
    Consent consent = said.get();
    if (consent.getFrameworks() == 0) {
      return Optional.of("nothing of frameworks runs on it");
    }
    StringBuilder words = new StringBuilder();
    words.append(
        consent.getFrameworks() == 1
            ? "1 framework has tasks on it"
            : "%s frameworks have tasks on it".formatted(consent.getFrameworks()));
    words.append(", %s of them agree to its being taken".formatted(consent.getAgreed()));
    if (consent.getDeclined() > 0) {
      words.append(", and %s declined".formatted(names(consent)));
    }
    if (consent.getDelayedFrom() != 0) {
      words.append(
          "; that prolonged the drain from %s to %s"
              .formatted(
                  Instant.ofEpochMilli(consent.getDelayedFrom()),
                  Instant.ofEpochMilli(consent.getDelayedUntil())));
    }
    return Optional.of(words.toString());
  }
}
