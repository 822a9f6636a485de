package io.pilothouse.dm.state;

import io.pilothouse.api.v1.Incident;
import io.pilothouse.api.v1.Machine;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Looks for what explains the new errors, and opens an incident for it. Only values of machines
 * whose error began just now can have become an explanation, so only these are weighed; and all of
 * them when an incident took errors away, since that changes the shares of the rest.
 */
final class CorrelationLook {
  private static final int CONSIDERED = 6;

  private final Draft draft;
  private final IncidentPolicies policy;
  private final FaultIndex faults;
  private final long after;

  private CorrelationLook(Draft draft) {
    this.draft = draft;
    this.policy = IncidentPolicies.of(draft);
    this.faults = draft.indexes().faults;
    this.after = draft.nowMillis() - policy.windowMs();
  }

  /** Opens as many incidents as there are explanations. */
  static void settle(Draft draft) {
    CorrelationLook look = new CorrelationLook(draft);
    while (look.isCalledFor() && look.openOne()) {
      // each takes the errors that it explains away from the rest
    }
  }

  private boolean isCalledFor() {
    return !faults.errors.since(draft.nowMillis()).isEmpty() || openedNow();
  }

  private boolean openedNow() {
    return draft.indexes().incidents.open(draft).stream()
        .anyMatch(each -> each.getOpenedAt() == draft.nowMillis());
  }

  private boolean openOne() {
    if (faults.errors.count(after) < policy.machines()) {
      return false;
    }
    List<Trait> traits =
        openedNow()
            ? faults.errors.traits(after, policy.machines())
            : faults.errors.traitsSince(draft.nowMillis());
    List<Correlation.Candidate> candidates = candidates(traits, policy.machines());
    Correlation.Cluster cluster = cluster(false);
    if (Correlation.best(cluster, candidates, policy).isEmpty()) {
      return false;
    }
    cluster = cluster(areMostGone());
    open(cluster, Correlation.best(cluster, candidates, policy).orElseThrow());
    return true;
  }

  private List<Correlation.Candidate> candidates(List<Trait> traits, int atLeast) {
    List<Correlation.Candidate> candidates = new ArrayList<>();
    for (Trait trait : traits) {
      int explained = faults.errors.count(trait, after);
      if (trait.dimension().explains()
          && explained >= atLeast
          && IncidentBook.about(draft, trait).isEmpty()) {
        candidates.add(new Correlation.Candidate(trait, explained, faults.members(trait)));
      }
    }
    return candidates;
  }

  private Correlation.Cluster cluster(boolean gone) {
    return new Correlation.Cluster(
        faults.errors.count(after), faults.members(), draft.meta().getErrorRatePpm(), gone);
  }

  private boolean areMostGone() {
    int all = 0;
    int gone = 0;
    for (Place place : faults.errors.since(after + 1)) {
      Machine machine = draft.machine(place.name()).orElseThrow();
      all++;
      gone += Trouble.isGone(draft, machine.getError()) ? 1 : 0;
    }
    return 2 * gone > all;
  }

  private void open(Correlation.Cluster cluster, Correlation.Candidate best) {
    Trait trait = best.trait();
    int base = best.basePpm(cluster);
    List<Machine> machines = machines(trait);
    Incident incident =
        IncidentBook.open(
            draft,
            Incident.newBuilder()
                .setKind(Incident.Kind.CORRELATION)
                .setDimension(trait.dimension().word())
                .setValue(trait.value())
                .setErrors(cluster.errors())
                .setExplained(best.explained())
                .setMembers(best.members())
                .setBasePpm(base)
                .addAllEvidence(IncidentBook.evidence(machines))
                .addAllConsidered(considered(cluster, best))
                .setSentence(
                    "%s is the likely cause: %s of its %s machines failed within %s, where %s is usual"
                        .formatted(
                            trait.words(),
                            best.explained(),
                            best.members(),
                            Texts.span(policy.windowMs()),
                            Ppm.text(base))));
    Explained.take(draft, trait);
    IncidentRollouts.blame(draft, incident);
  }

  private List<Machine> machines(Trait trait) {
    return faults.errors.since(after + 1).stream()
        .map(each -> draft.machine(each.name()).orElseThrow())
        .filter(trait::has)
        .sorted(java.util.Comparator.comparing(Machine::getName))
        .toList();
  }

  private List<String> considered(Correlation.Cluster cluster, Correlation.Candidate best) {
    List<String> considered = new ArrayList<>();
    List<Correlation.Candidate> all = candidates(faults.errors.traits(after, 2), 2);
    for (Correlation.Candidate each : Correlation.ranked(cluster, all)) {
      if (!each.equals(best) && considered.size() < CONSIDERED) {
        Optional<String> objection = Correlation.objection(cluster, each, policy);
        considered.add(
            "%s; %s"
                .formatted(
                    Correlation.numbers(cluster, each),
                    objection.orElse(
                        isSame(each, best)
                            ? "the very same machines: it may as well be this"
                            : "explains it less well")));
      }
    }
    return considered;
  }

  private static boolean isSame(Correlation.Candidate one, Correlation.Candidate other) {
    return one.explained() == other.explained() && one.members() == other.members();
  }
}
