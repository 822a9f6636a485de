package io.pilothouse.scheduler.allocator;

import io.pilothouse.scheduler.allocator.resources.Resources;
import java.util.List;
import java.util.Optional;

/**
 * A machine as the allocator sees it.
 *
 * @param total all that can be offered of it, revocable resources included
 * @param attributes what offer constraints may ask about
 * @param place where it is, if that is known
 * @param oneRole too old to tell roles apart: not for frameworks that have several, or for
 *     sub-roles
 */
public record Agent(
    String id,
    String hostname,
    Resources total,
    List<Attribute> attributes,
    Optional<Place> place,
    boolean oneRole) {
  public Agent {
    attributes = List.copyOf(attributes);
  }

  public Agent(
      String id,
      String hostname,
      Resources total,
      List<Attribute> attributes,
      Optional<Place> place) {
    this(id, hostname, total, attributes, place, false);
  }

  public Agent(String id, Resources total) {
    this(id, id, total, List.of(), Optional.empty());
  }

  public Agent withTotal(Resources other) {
    return new Agent(id, hostname, other, attributes, place, oneRole);
  }

  public Agent with(Attribute... other) {
    return new Agent(id, hostname, total, List.of(other), place, oneRole);
  }

  boolean isSaidLike(Agent other) {
    return hostname.equals(other.hostname)
        && attributes.equals(other.attributes)
        && place.equals(other.place);
  }

  /**
   * Something that is said of a machine by name. A name may come more than once; then the first is
   * what counts.
   *
   * @param text empty if the value is a number, ranges or a set: conditions on texts hold for
   *     these, as in Mesos, so that no offer is lost for a question that has no answer
   */
  public record Attribute(String name, Optional<String> text) {
    public static Attribute text(String name, String value) {
      return new Attribute(name, Optional.of(value));
    }
  }

  /**
   * Where it is.
   *
   * @param remote in another region than the scheduler: only for frameworks that know of regions
   */
  public record Place(String region, String zone, boolean remote) {}
}
