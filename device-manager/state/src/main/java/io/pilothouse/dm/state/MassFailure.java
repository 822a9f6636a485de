package io.pilothouse.dm.state;

import io.pilothouse.api.v1.Incident;
import io.pilothouse.api.v1.Machine;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * The mass-failure stop (state-machines section 5): too many machines of a domain lost at once, and
 * nothing that explains it. On by default. The narrowest domain that qualifies is stopped.
 */
final class MassFailure {

  private MassFailure() {}

  static void settle(Draft draft) {
    while (openOne(draft)) {
      // each takes the losses of its domain away from the rest
    }
  }

  private static boolean openOne(Draft draft) {
    FaultIndex faults = draft.indexes().faults;
    List<Trait> traits = faults.traitsOfLost(draft.nowMillis());
    if (traits.isEmpty()) {
      return false;
    }
    IncidentPolicies policy = IncidentPolicies.of(draft);
    long after = draft.nowMillis() - policy.windowMs();
    Optional<Trait> domain =
        traits.stream()
            .filter(each -> each.dimension().isDomain())
            .filter(each -> IncidentBook.about(draft, each).isEmpty())
            .filter(
                each -> isTooMuch(faults.losses.count(each, after), faults.members(each), policy))
            .min(
                Comparator.comparingInt((Trait each) -> faults.members(each))
                    .thenComparing(Comparator.naturalOrder()));
    domain.ifPresent(each -> open(draft, each, policy));
    return domain.isPresent();
  }

  /** At least so many, and more than the share of the domain. */
  static boolean isTooMuch(int lost, int members, IncidentPolicies policy) {
    return lost >= policy.massMachines()
        && (long) lost * Ppm.ALL > (long) members * policy.massSharePpm();
  }

  private static void open(Draft draft, Trait trait, IncidentPolicies policy) {
    FaultIndex faults = draft.indexes().faults;
    long after = draft.nowMillis() - policy.windowMs();
    List<Machine> machines =
        faults.losses.since(after + 1).stream()
            .map(each -> draft.machine(each.name()).orElseThrow())
            .filter(trait::has)
            .sorted(Comparator.comparing(Machine::getName))
            .toList();
    IncidentBook.open(
        draft,
        Incident.newBuilder()
            .setKind(Incident.Kind.MASS_FAILURE)
            .setDimension(trait.dimension().word())
            .setValue(trait.value())
            .setErrors(faults.errors.count(after))
            .setExplained(machines.size())
            .setMembers(faults.members(trait))
            .setBasePpm(draft.meta().getErrorRatePpm())
            .addAllEvidence(IncidentBook.evidence(machines))
            .setSentence(
                "mass-failure stop: %s of the %s machines of %s were lost within %s, and no one cause"
                        .formatted(
                            machines.size(),
                            faults.members(trait),
                            trait.words(),
                            Texts.span(policy.windowMs()))
                    + " explains it"));
    Explained.take(draft, trait);
  }
}
