package io.pilothouse.dm.state;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * Which value of which dimension explains a cluster of new errors better than many machines failing
 * by themselves (state-machines section 6). Pure: numbers in, the ranking out.
 */
final class Correlation {

  /** Values that so many machines have explain nothing. */
  private static final int NEARLY_ALL_PPM = 800_000;

  /**
   * What there is to explain.
   *
   * @param errors machines with a new error that no incident explains
   * @param machines in service
   * @param usualPpm usual share of machines that get an error within the window
   * @param gone whether most of them are not heard of at all: then power and network are likelier
   *     than what runs on them
   */
  record Cluster(int errors, int machines, int usualPpm, boolean gone) {}

  /**
   * A value, and how much of the cluster has it.
   *
   * @param explained machines with a new error that have it
   * @param members machines in service that have it
   */
  record Candidate(Trait trait, int explained, int members) {
    int ratePpm() {
      return Ppm.of(explained, members);
    }

    int sharePpm(Cluster cluster) {
      return Ppm.of(explained, cluster.errors());
    }

    /** The greater of the rate among all other machines and the usual one. */
    int basePpm(Cluster cluster) {
      int others = Ppm.of(cluster.errors() - explained, cluster.machines() - members);
      return StrictMath.max(others, cluster.usualPpm());
    }
  }

  private Correlation() {}

  /** The best explanation, if any is good enough. */
  static Optional<Candidate> best(
      Cluster cluster, Collection<Candidate> candidates, IncidentPolicies policy) {
    return ranked(cluster, candidates).stream()
        .filter(each -> objection(cluster, each, policy).isEmpty())
        .findFirst();
  }

  /** Best first: explained share, rate among members, the narrower, then by dimension. */
  static List<Candidate> ranked(Cluster cluster, Collection<Candidate> candidates) {
    Comparator<Candidate> byDimension = Comparator.comparing(Candidate::trait);
    Comparator<Candidate> bySoftware =
        Comparator.comparing(
                (Candidate each) -> each.trait().dimension(), Comparator.reverseOrder())
            .thenComparing(Candidate::trait);
    return candidates.stream()
        .sorted(
            Comparator.comparingInt((Candidate each) -> -each.explained())
                .thenComparingInt(each -> -each.ratePpm())
                .thenComparingInt(Candidate::members)
                .thenComparing(cluster.gone() ? byDimension : bySoftware))
        .toList();
  }

  /** Why it does not explain the cluster, in words; empty when it does. */
  static Optional<String> objection(Cluster cluster, Candidate candidate, IncidentPolicies policy) {
    if (Ppm.of(candidate.members(), cluster.machines()) >= NEARLY_ALL_PPM) {
      return Optional.of("nearly every machine has it");
    }
    if (candidate.explained() < policy.machines()) {
      return Optional.of("fewer than %s machines".formatted(policy.machines()));
    }
    if (candidate.sharePpm(cluster) < policy.sharePpm()) {
      return Optional.of(
          "explains %s of the new errors, less than %s"
              .formatted(Ppm.text(candidate.sharePpm(cluster)), Ppm.text(policy.sharePpm())));
    }
    int base = candidate.basePpm(cluster);
    if (candidate.ratePpm() < policy.tooMuch(base)) {
      return Optional.of(
          "%s of its machines, where %s is usual: not %s times as many"
              .formatted(Ppm.text(candidate.ratePpm()), Ppm.text(base), policy.baseFactor()));
    }
    return Optional.empty();
  }

  /** The candidate with its numbers, for people. */
  static String numbers(Cluster cluster, Candidate candidate) {
    return "%s: %s of %s new errors, %s of its %s machines"
        .formatted(
            candidate.trait().words(),
            candidate.explained(),
            cluster.errors(),
            Ppm.text(candidate.ratePpm()),
            candidate.members());
  }
}
