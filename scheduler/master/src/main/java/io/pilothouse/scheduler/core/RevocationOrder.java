package io.pilothouse.scheduler.core;

import io.pilothouse.scheduler.allocator.resources.Quantities;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** Which tasks are ended first, of those that may be ended for another role. */
public interface RevocationOrder extends Comparator<RevocationOrder.Candidate> {

  /** The least work is lost. */
  RevocationOrder YOUNGEST_FIRST =
      named("youngest-first", Comparator.comparingLong(Candidate::launched).reversed());

  /** The fewest tasks are ended. */
  RevocationOrder LARGEST_FIRST =
      named("largest-first", Comparator.comparingDouble(Candidate::share).reversed());

  List<RevocationOrder> ALL = List.of(YOUNGEST_FIRST, LARGEST_FIRST);

  /** As it is chosen by. */
  String name();

  static Optional<RevocationOrder> of(String name) {
    return ALL.stream().filter(each -> each.name().equals(name)).findFirst();
  }

  /** Of equals the one of the lower priority goes first, then by names: never by chance. */
  private static RevocationOrder named(String name, Comparator<Candidate> first) {
    Comparator<Candidate> whole =
        Comparator.comparingInt(Candidate::priority)
            .thenComparing(first)
            .thenComparing(Candidate::framework)
            .thenComparing(Candidate::task);
    return new RevocationOrder() {
      @Override
      public String name() {
        return name;
      }

      @Override
      public int compare(Candidate a, Candidate b) {
        return whole.compare(a, b);
      }
    };
  }

  /**
   * A task that may be ended.
   *
   * @param priority of its role, or of the one above it that stands beside the one (or above the
   *     one) that it would be ended for
   * @param launched when, in milliseconds since the epoch; 0: not known, its agent brought it
   * @param amounts what would be free
   * @param share the largest of its parts of what is missing; above 1: more than that
   */
  record Candidate(
      String framework,
      String task,
      String role,
      int priority,
      long launched,
      Quantities amounts,
      double share) {}
}
