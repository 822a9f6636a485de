package io.pilothouse.dm.state;

import io.pilothouse.api.v1.EnrolmentRefusal;
import io.pilothouse.api.v1.EnrolmentRefusals;
import io.pilothouse.api.v1.Machine;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** Tokens that did not count, as operators see them. */
final class EnrolmentRefused {
  /** Whoever tries tokens all day must not fill the log's records. */
  private static final Duration BETWEEN_RECORDS = Duration.ofMinutes(1);

  /** How long status speaks of a refusal. */
  private static final Duration REMEMBERED = Duration.ofHours(1);

  private EnrolmentRefused() {}

  /**
   * Of each kind at most once a minute: what is tried again and again is one thing to know, and
   * must not keep another from being known.
   */
  static void note(Draft draft, Machine machine, EnrolmentRefusal.Kind kind, String why) {
    EnrolmentRefusals before = machine.getEnrolmentRefusals();
    Optional<EnrolmentRefusal> last = last(before, kind);
    if (last.isPresent() && draft.nowMillis() - last.get().getAt() < BETWEEN_RECORDS.toMillis()) {
      return;
    }
    EnrolmentRefusals.Builder now =
        EnrolmentRefusals.newBuilder()
            .setCount(before.getCount() + 1)
            .setLastAt(draft.nowMillis())
            .setLast(why);
    before.getKindsList().stream().filter(each -> each.getKind() != kind).forEach(now::addKinds);
    now.addKinds(EnrolmentRefusal.newBuilder().setKind(kind).setAt(draft.nowMillis()).setWhy(why));
    draft.put(machine.toBuilder().setEnrolmentRefusals(now).build());
    Enrolments.record(draft, machine, "refused: " + why);
  }

  private static Optional<EnrolmentRefusal> last(
      EnrolmentRefusals refusals, EnrolmentRefusal.Kind kind) {
    return refusals.getKindsList().stream().filter(each -> each.getKind() == kind).findFirst();
  }

  /** One code for the machines whose tokens were refused of late; the gravest is told. */
  static void health(List<Machine> ever, HealthCodes codes, Instant now) {
    List<Machine> refused =
        ever.stream()
            .filter(each -> isRecent(each.getEnrolmentRefusals().getLastAt(), now))
            .sorted(Comparator.comparing((Machine each) -> !isGrave(each, now)))
            .toList();
    if (!refused.isEmpty()) {
      Machine first = refused.get(0);
      codes.add(
          "ENROLMENT_REFUSED",
          "WARN",
          refused.size(),
          Texts.machine(first.getName()),
          refused.stream()
              .mapToLong(each -> each.getEnrolmentRefusals().getLastAt())
              .min()
              .orElse(0),
          "pilot audit list --kind ENROLMENT --machine " + first.getName(),
          "%s refused a certificate; %s: %s"
              .formatted(
                  refused.size() == 1 ? "a machine was" : refused.size() + " machines were",
                  first.getName(),
                  grave(first, now)
                      .map(EnrolmentRefusal::getWhy)
                      .orElse(first.getEnrolmentRefusals().getLast())));
    }
  }

  private static boolean isGrave(Machine machine, Instant now) {
    return grave(machine, now).isPresent();
  }

  /** Somebody else may have the machine's certificate. */
  private static Optional<EnrolmentRefusal> grave(Machine machine, Instant now) {
    return last(machine.getEnrolmentRefusals(), EnrolmentRefusal.Kind.OTHER_KEY)
        .filter(each -> isRecent(each.getAt(), now));
  }

  private static boolean isRecent(long at, Instant now) {
    return at + REMEMBERED.toMillis() > now.toEpochMilli();
  }
}
