package io.pilothouse.dm.state;

import io.pilothouse.api.v1.Explanation;
import io.pilothouse.api.v1.Incident;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.Repair;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedSet;

/** Why an incident was opened, what else it might have been, what it holds, and what ends it. */
final class IncidentExplainer {
  private static final int NAMED = 10;

  private IncidentExplainer() {}

  static Explanation explain(Entities state, Incident incident) {
    Explanation.Builder why =
        Explanation.newBuilder()
            .setSubject("incident/" + incident.getId())
            .setRule(rule(state, incident))
            .addAllConsidered(incident.getConsideredList());
    boolean open = incident.getState() == Incident.State.OPEN;
    why.setSentence(
        "%s %s: %s"
            .formatted(
                incident.getId(),
                open
                    ? "is open since " + Instant.ofEpochMilli(incident.getOpenedAt())
                    : "was open from %s to %s, closed by %s: %s. What it said"
                        .formatted(
                            Instant.ofEpochMilli(incident.getOpenedAt()),
                            Instant.ofEpochMilli(incident.getClosedAt()),
                            incident.getClosedBy(),
                            incident.getCloseReason()),
                incident.getSentence()));
    if (open) {
      now(state, incident, why);
    } else {
      why.setNextWhat(
          incident.getKind() == Incident.Kind.WATCHDOG_NOISE
              ? "nothing, it is closed"
              : "nothing, it is closed: its repairs go on at the budget's pace");
    }
    rollouts(state, incident, why);
    why.addEvidence("When it was opened:");
    incident.getEvidenceList().forEach(why::addEvidence);
    return why.build();
  }

  private static void now(Entities state, Incident incident, Explanation.Builder why) {
    if (incident.getKind() == Incident.Kind.WATCHDOG_NOISE) {
      why.addEvidence(
              "now: watchdog %s calls %s machines bad, at most it was %s; it is quarantined: what it says counts for"
                      .formatted(
                          incident.getValue(),
                          state.indexes().noise.errors(incident.getValue()).size(),
                          incident.getPeak())
                  + " nothing, and no repair comes of it")
          .setNextWhat(
              "%s Mend it; or, if the machines are bad indeed: pilot incident resolve %s --reason WHY"
                  .formatted(noiseEnds(incident), incident.getId()))
          .setNextAt(incident.getDueAt());
    } else {
      machines(state, incident, why);
      why.setNextWhat(next(state, incident)).setNextAt(incident.getDueAt());
    }
    if (incident.hasResolveAsked()) {
      why.addEvidence(
          "%s asked at %s to end it (%s); a second person must do the same"
              .formatted(
                  incident.getResolveAsked().getPrincipal(),
                  Instant.ofEpochMilli(incident.getResolveAsked().getAt()),
                  incident.getResolveAsked().getReason()));
    }
  }

  private static String noiseEnds(Incident incident) {
    return incident.getQuietSince() == 0
        ? "it ends once the watchdog calls few machines bad, or when it is removed or changed."
        : "it is calm since %s: the watchdog counts again if it stays so."
            .formatted(Instant.ofEpochMilli(incident.getQuietSince()));
  }

  private static void machines(Entities state, Incident incident, Explanation.Builder why) {
    SortedSet<String> names = state.indexes().machines.ofIncident(incident.getId());
    why.addEvidence(
        "now: it explains %s machines, at most it was %s: %s"
            .formatted(names.size(), incident.getPeak(), named(List.copyOf(names))));
    List<String> held = new ArrayList<>();
    List<String> goOn = new ArrayList<>();
    for (String name : names) {
      Machine machine = state.machine(name).orElseThrow();
      state
          .repair(machine.getRepairId())
          .ifPresent(each -> (isHeld(each) ? held : goOn).add(each.getId() + " of " + name));
    }
    why.addEvidence(
        held.isEmpty()
            ? "it holds no repair now"
            : "it holds %s repairs: %s".formatted(held.size(), named(held)));
    if (!goOn.isEmpty()) {
      why.addEvidence("under way all the same: " + named(goOn));
    }
  }

  private static boolean isHeld(Repair repair) {
    return repair.getVetoesList().stream().anyMatch(each -> each.getKind().equals(Incidents.VETO));
  }

  private static void rollouts(Entities state, Incident incident, Explanation.Builder why) {
    for (String id : incident.getRolloutsList()) {
      why.addEvidence(
          "it stopped rollout %s, which brought the version%s"
              .formatted(
                  id,
                  state
                      .rollout(id)
                      .map(each -> "; that is " + each.getState() + " now")
                      .orElse("")));
    }
    boolean excuses =
        incident.getKind() != Incident.Kind.WATCHDOG_NOISE
            && state.rollouts().stream()
                .anyMatch(each -> Rollouts.isOpen(each) && !IncidentRollouts.isOf(incident, each));
    if (excuses) {
      why.addEvidence(
          Trait.of(incident).dimension().isRolledOut()
              ? "no other rollout is blamed for these machines"
              : "no rollout is blamed for these machines");
    }
  }

  private static String next(Entities state, Incident incident) {
    IncidentPolicies policy = IncidentPolicies.of(state);
    String trial =
        incident.getTrialMachine().isEmpty()
            ? ""
            : "; the repair of %s was let through, to see whether repairs help"
                .formatted(incident.getTrialMachine());
    // the time of the next step follows it
    String step =
        incident.getQuietSince() == 0
            ? "it ends by itself once the errors are gone for %s; else one repair is tried"
                .formatted(Texts.span(policy.quietMs()))
            : "it ends, if the errors stay away";
    return ("mend the cause. Only if its machines must be repaired one by one all the same, this lets"
            + " their repairs go on: pilot incident resolve %s --reason WHY%s; %s")
        .formatted(incident.getId(), trial, step);
  }

  private static String rule(Entities state, Incident incident) {
    IncidentPolicies policy = IncidentPolicies.of(state);
    return switch (incident.getKind()) {
      case CORRELATION ->
          "correlation: at least %s machines, %s of the new errors, %s times the usual rate"
              .formatted(policy.machines(), Ppm.text(policy.sharePpm()), policy.baseFactor());
      case MASS_FAILURE ->
          "mass-failure stop: at least %s machines and more than %s of a domain lost within %s"
              .formatted(
                  policy.massMachines(),
                  Ppm.text(policy.massSharePpm()),
                  Texts.span(policy.windowMs()));
      case WATCHDOG_NOISE ->
          "noise: a watchdog that calls at least %s of its machines bad, and %s times its usual share"
              .formatted(Ppm.text(policy.noiseSharePpm()), policy.baseFactor());
      case KIND_UNSPECIFIED, UNRECOGNIZED ->
          throw new IllegalStateException("an incident without a kind: " + incident.getId());
    };
  }

  private static String named(List<String> names) {
    return names.size() <= NAMED
        ? String.join(", ", names)
        : String.join(", ", names.subList(0, NAMED))
            + " and %s more".formatted(names.size() - NAMED);
  }
}
