package io.pilothouse.scheduler.core;

import static io.pilothouse.scheduler.validation.FrameworkCheck.notAllowed;

import io.pilothouse.mesos.v1.FrameworkInfo;
import io.pilothouse.mesos.v1.scheduler.OfferConstraints;
import io.pilothouse.scheduler.validation.ConstraintBounds;
import io.pilothouse.scheduler.validation.FrameworkCheck;
import io.pilothouse.scheduler.validation.Objections;
import io.pilothouse.scheduler.wire.FrameworkForm;
import java.util.List;
import java.util.Optional;

/**
 * What a framework may say of itself: Mesos' checks in its order, and what this scheduler bears.
 */
final class SubscriptionRules {
  /** Of its info: it is written down. */
  static final int MOST_BYTES = 64 << 10;

  /** Of one that it is to be given, with what is around it. */
  private static final int LONGEST_ID = 300;

  private final Tables tables;

  SubscriptionRules(Tables tables) {
    this.tables = tables;
  }

  /** What is wrong with a subscription, or with an update of one. */
  Optional<String> objection(
      FrameworkInfo info, List<String> suppressed, OfferConstraints constraints) {
    return FrameworkCheck.objection(info)
        .or(
            () ->
                info.getSerializedSize() > MOST_BYTES - (info.hasId() ? 0 : LONGEST_ID)
                    ? Optional.of(
                        "'FrameworkInfo' has %d bytes: expected at most %d, as it is written down"
                            .formatted(info.getSerializedSize(), MOST_BYTES))
                    : Optional.empty())
        .or(
            () ->
                Objections.when(
                    info.getId().getValue().chars().anyMatch(Character::isWhitespace),
                    () ->
                        "'FrameworkInfo.id' has a blank, and it is a part of paths: '%s'"
                            .formatted(info.getId().getValue())))
        .or(() -> notAllowed(Framework.roles(info), tables.options.roles()))
        .or(
            () ->
                !tables.options.root() && info.getUser().equals("root")
                    ? Optional.of(
                        "User 'root' is not allowed to run frameworks without --root_submissions"
                            + " set")
                    : Optional.empty())
        .or(
            () ->
                tables.isEnded(info.getId().getValue())
                    ? Optional.of("Framework has been removed")
                    : Optional.empty())
        .or(() -> FrameworkCheck.suppressed(Framework.roles(info), suppressed))
        .or(() -> ConstraintBounds.objection(constraints))
        .or(() -> FrameworkForm.objection(Framework.roles(info), constraints))
        .or(() -> malformed(info, suppressed, constraints));
  }

  /** The same of one that an agent tells of. */
  static Optional<String> malformed(FrameworkInfo info) {
    return malformed(info, List.of(), OfferConstraints.getDefaultInstance());
  }

  /** What the checks let pass and the allocator would not: said before anything is changed. */
  private static Optional<String> malformed(
      FrameworkInfo info, List<String> suppressed, OfferConstraints constraints) {
    try {
      var unused = FrameworkForm.of(info, suppressed, constraints);
      return Optional.empty();
    } catch (IllegalArgumentException e) {
      return Optional.of("'FrameworkInfo' is not valid: " + e.getMessage());
    }
  }
}
