package io.pilothouse.scheduler.allocator;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import io.pilothouse.scheduler.allocator.Agent.Attribute;
import io.pilothouse.scheduler.allocator.Agent.Place;
import java.util.List;
import java.util.Optional;

/** On which agents: any of the groups, of which all constraints must hold. */
public record OfferConstraints(List<List<Constraint>> groups) {
  public OfferConstraints {
    groups = groups.stream().map(List::copyOf).toList();
    if (groups.isEmpty() || groups.stream().anyMatch(List::isEmpty)) {
      throw new IllegalArgumentException(
          "constraints %s: expected one group at least, none of them empty".formatted(groups));
    }
  }

  /** One question about an agent. */
  public record Constraint(Selector selector, Condition condition) {
    boolean holds(Agent agent) {
      return condition.test(selector.of(agent));
    }
  }

  public static OfferConstraints all(Constraint... constraints) {
    return new OfferConstraints(List.of(List.of(constraints)));
  }

  boolean allow(Agent agent) {
    for (List<Constraint> group : groups) {
      if (group.stream().allMatch(constraint -> constraint.holds(agent))) {
        return true;
      }
    }
    return false;
  }

  /** What of an agent a constraint is about. */
  public sealed interface Selector {
    /** The value that it selects; one that is no text is present, and has none. */
    Optional<Attribute> of(Agent agent);
  }

  /** The first attribute of this name. */
  public record Named(String name) implements Selector {
    @Override
    public Optional<Attribute> of(Agent agent) {
      return agent.attributes().stream()
          .filter(attribute -> attribute.name().equals(name))
          .findFirst();
    }
  }

  /** What every agent says of itself without an attribute. */
  public enum Said implements Selector {
    HOSTNAME,
    REGION,
    ZONE;

    @Override
    public Optional<Attribute> of(Agent agent) {
      Optional<String> value =
          switch (this) {
            case HOSTNAME -> Optional.of(agent.hostname());
            case REGION -> agent.place().map(Place::region);
            case ZONE -> agent.place().map(Place::zone);
          };
      return value.map(text -> Attribute.text("", text));
    }
  }

  /** What must be so of the value. */
  public sealed interface Condition {
    boolean test(Optional<Attribute> value);

    record Exists() implements Condition {
      @Override
      public boolean test(Optional<Attribute> value) {
        return value.isPresent();
      }
    }

    record NotExists() implements Condition {
      @Override
      public boolean test(Optional<Attribute> value) {
        return value.isEmpty();
      }
    }

    record TextEquals(String text) implements Condition {
      @Override
      public boolean test(Optional<Attribute> value) {
        return value.isPresent() && value.get().text().map(text::equals).orElse(true);
      }
    }

    record TextNotEquals(String text) implements Condition {
      @Override
      public boolean test(Optional<Attribute> value) {
        return value.isEmpty() || !value.get().text().map(text::equals).orElse(false);
      }
    }

    /** The whole text matches. */
    record TextMatches(Expression expression) implements Condition {
      @Override
      public boolean test(Optional<Attribute> value) {
        return value.isPresent() && value.get().text().map(expression::matches).orElse(true);
      }
    }

    record TextNotMatches(Expression expression) implements Condition {
      @Override
      public boolean test(Optional<Attribute> value) {
        return value.isEmpty() || !value.get().text().map(expression::matches).orElse(false);
      }
    }

    /**
     * A regular expression in RE2's syntax, as Mesos takes them. Frameworks write them and the
     * allocator runs them, so they must be linear in the text, and small.
     */
    final class Expression {
      /**
       * Programs grow with the pattern, repetitions multiply: RE2's own bound of a repeat is 1000.
       */
      private static final int LONGEST = 1024;

      /** More than a text of that length has if nothing in it is repeated by a number. */
      private static final int MOST_STEPS = 1100;

      private final Pattern pattern;

      public Expression(String text) {
        if (text.length() > LONGEST) {
          throw new IllegalArgumentException(
              "expression of %s characters: expected at most %s".formatted(text.length(), LONGEST));
        }
        try {
          pattern = Pattern.compile(text);
        } catch (PatternSyntaxException e) {
          throw new IllegalArgumentException(
              "expression '%s': %s; expected RE2's syntax".formatted(text, e.getDescription()), e);
        }
        if (pattern.programSize() > MOST_STEPS) {
          throw new IllegalArgumentException(
              "expression '%s': it becomes %s steps; expected at most %s, so repeat less in it"
                  .formatted(text, pattern.programSize(), MOST_STEPS));
        }
      }

      boolean matches(String text) {
        return pattern.matches(text);
      }

      @Override
      public boolean equals(Object other) {
        return other instanceof Expression expression
            && pattern.pattern().equals(expression.pattern.pattern());
      }

      @Override
      public int hashCode() {
        return pattern.pattern().hashCode();
      }

      @Override
      public String toString() {
        return pattern.pattern();
      }
    }
  }
}
