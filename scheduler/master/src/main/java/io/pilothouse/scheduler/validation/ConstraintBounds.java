package io.pilothouse.scheduler.validation;

import static io.pilothouse.scheduler.validation.Objections.when;

import io.pilothouse.mesos.v1.scheduler.AttributeConstraint;
import io.pilothouse.mesos.v1.scheduler.OfferConstraints;
import java.util.List;
import java.util.Optional;

/**
 * How much constraints may be: the core makes expressions of them each time that they are said, and
 * asks each of every agent. Mesos bounds what each expression becomes, and nothing else.
 */
public final class ConstraintBounds {
  private static final int MOST_BYTES = 64 << 10;

  /** Of all roles of a framework together. */
  private static final int MOST = 250;

  /** Characters of all their expressions: a class of three can take five kilobytes. */
  private static final int MOST_EXPRESSIONS = 4096;

  private ConstraintBounds() {}

  public static Optional<String> objection(OfferConstraints constraints) {
    List<AttributeConstraint> all =
        constraints.getRoleConstraintsMap().values().stream()
            .flatMap(role -> role.getGroupsList().stream())
            .flatMap(group -> group.getAttributeConstraintsList().stream())
            .toList();
    long expressions = all.stream().mapToLong(each -> expression(each.getPredicate())).sum();
    return when(
            constraints.getSerializedSize() > MOST_BYTES,
            () ->
                "'offer_constraints' has %d bytes: expected at most %d"
                    .formatted(constraints.getSerializedSize(), MOST_BYTES))
        .or(
            () ->
                when(
                    all.size() > MOST,
                    () ->
                        ("Offer constraints have %d constraints: expected at most %d, since each is"
                                + " asked of every agent")
                            .formatted(all.size(), MOST)))
        .or(
            () ->
                when(
                    expressions > MOST_EXPRESSIONS,
                    () ->
                        ("Offer constraints have expressions of %d characters together: expected at"
                                + " most %d")
                            .formatted(expressions, MOST_EXPRESSIONS)));
  }

  /** Characters of the one that it has. */
  private static int expression(AttributeConstraint.Predicate predicate) {
    return predicate.getTextMatches().getRegex().length()
        + predicate.getTextNotMatches().getRegex().length();
  }
}
