package io.pilothouse.dm.state;

import io.pilothouse.api.v1.Incident;
import io.pilothouse.api.v1.Machine;
import java.util.List;

/** A switch in FAILURE explains the errors of the machines behind it, however few they are. */
final class SwitchFailure {

  private SwitchFailure() {}

  static void settle(Draft draft) {
    for (String name : List.copyOf(draft.indexes().faults.failedSwitches())) {
      Trait trait = new Trait(Dimension.SWITCH, name);
      List<Machine> behind = behind(draft, trait);
      if (!behind.isEmpty() && IncidentBook.about(draft, trait).isEmpty()) {
        open(draft, draft.machine(name).orElseThrow(), trait, behind);
      }
    }
  }

  /** Whether an incident is about a switch that is in FAILURE still. */
  static boolean isBehind(Entities state, Incident incident) {
    return incident.getDimension().equals(Dimension.SWITCH.word())
        && state.indexes().faults.failedSwitches().contains(incident.getValue());
  }

  private static List<Machine> behind(Draft draft, Trait trait) {
    long after = draft.nowMillis() - IncidentPolicies.of(draft).windowMs();
    return draft.indexes().faults.inError(trait).stream()
        .map(each -> draft.machine(each).orElseThrow())
        .filter(each -> each.getIncidentId().isEmpty() && each.getTroubleSince() > after)
        .toList();
  }

  private static void open(Draft draft, Machine device, Trait trait, List<Machine> behind) {
    FaultIndex faults = draft.indexes().faults;
    long after = draft.nowMillis() - IncidentPolicies.of(draft).windowMs();
    List<String> evidence = new java.util.ArrayList<>(IncidentBook.evidence(List.of(device)));
    evidence.addAll(IncidentBook.evidence(behind));
    IncidentBook.open(
        draft,
        Incident.newBuilder()
            .setKind(Incident.Kind.CORRELATION)
            .setDimension(trait.dimension().word())
            .setValue(trait.value())
            .setErrors(faults.errors.count(after))
            .setExplained(behind.size())
            .setMembers(faults.members(trait))
            .setBasePpm(draft.meta().getErrorRatePpm())
            .addAllEvidence(evidence)
            .setSentence(
                "%s is in FAILURE itself: that explains the errors of %s of the %s machines behind it"
                    .formatted(trait.words(), behind.size(), faults.members(trait))));
    Explained.take(draft, trait);
  }
}
