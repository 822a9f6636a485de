package io.pilothouse.dm.state;

import io.pilothouse.api.v1.Condition;
import io.pilothouse.api.v1.Incident;
import io.pilothouse.api.v1.Machine;
import java.util.Optional;
import java.util.SortedSet;

/**
 * Follows open incidents: how many machines each explains, whether that is so little that it ends,
 * and when a repair is tried although it holds. No incident holds for ever by itself.
 */
final class IncidentFollow {

  private IncidentFollow() {}

  static void settle(Draft draft) {
    for (Incident incident : draft.indexes().incidents.open(draft)) {
      if (incident.getKind() == Incident.Kind.WATCHDOG_NOISE) {
        NoiseFollow.settle(draft, incident);
      } else {
        follow(draft, incident);
      }
    }
  }

  private static void follow(Draft draft, Incident incident) {
    IncidentPolicies policy = IncidentPolicies.of(draft);
    SortedSet<String> machines = draft.indexes().machines.ofIncident(incident.getId());
    Optional<String> over = over(draft, incident, machines.size());
    if (over.isPresent()) {
      IncidentBook.close(draft, incident, IncidentBook.DM, over.get());
      return;
    }
    Incident.Builder next =
        incident.toBuilder().setPeak(StrictMath.max(incident.getPeak(), machines.size()));
    boolean few = machines.size() < fewest(draft, incident, policy);
    next.setQuietSince(
        !few ? 0 : incident.getQuietSince() == 0 ? draft.nowMillis() : incident.getQuietSince());
    if (few && draft.nowMillis() >= next.getQuietSince() + policy.quietMs()) {
      IncidentBook.close(
          draft,
          next.build(),
          IncidentBook.DM,
          machines.isEmpty()
              ? "every error that it explained is gone"
              : "it explains %s machines, fewer than an incident has".formatted(machines.size()));
      return;
    }
    if (!machines.isEmpty() && draft.nowMillis() >= trialAt(next, policy)) {
      IncidentTrial.begin(draft, next, machines);
    }
    next.setDueAt(
        few
            ? machines.isEmpty()
                ? next.getQuietSince() + policy.quietMs()
                : StrictMath.min(next.getQuietSince() + policy.quietMs(), trialAt(next, policy))
            : trialAt(next, policy));
    draft.put(next.build());
  }

  /** What ends it at once, if anything does. */
  private static Optional<String> over(Draft draft, Incident incident, int machines) {
    Optional<Machine> tried = draft.machine(incident.getTrialMachine());
    boolean helped =
        tried
            .filter(each -> each.getCondition() == Condition.HEALTHY && !each.hasError())
            .filter(each -> each.getHealthySince() >= incident.getTrialAt())
            .filter(each -> isRepaired(each, incident.getTrialAt()))
            .isPresent();
    if (helped) {
      return Optional.of(
          "the repair of %s helped: repairs help, so the others go on"
              .formatted(incident.getTrialMachine()));
    }
    if (machines > 0) {
      return Optional.empty();
    }
    // a watchdog that was quarantined this moment took the errors with it
    return draft.indexes().incidents.open(draft).stream()
        .filter(each -> each.getKind() == Incident.Kind.WATCHDOG_NOISE)
        .filter(each -> each.getOpenedAt() == draft.nowMillis())
        .findFirst()
        .map(
            each ->
                "its errors were those of watchdog %s alone: see %s"
                    .formatted(each.getValue(), each.getId()));
  }

  /** Whether something was done to it since: that errors cleared by themselves tells nothing. */
  private static boolean isRepaired(Machine machine, long since) {
    return machine.getPastActionsList().stream()
        .filter(each -> each.getEndedAt() >= since)
        .anyMatch(
            each ->
                switch (each.getAction()) {
                  case REBOOT, RE_IMAGE, REPLACE -> true;
                  case DO_NOTHING, ESCALATE, ACTION_UNSPECIFIED, UNRECOGNIZED -> false;
                });
  }

  /** With fewer machines than this it is over: as many as an incident has, or as it began with. */
  private static int fewest(Draft draft, Incident incident, IncidentPolicies policy) {
    if (SwitchFailure.isBehind(draft, incident)) {
      return 1;
    }
    return StrictMath.max(1, StrictMath.min(policy.machines(), incident.getExplained()));
  }

  /** When the next repair is tried. */
  static long trialAt(Incident.Builder incident, IncidentPolicies policy) {
    return StrictMath.max(incident.getOpenedAt(), incident.getTrialAt()) + policy.trialAfterMs();
  }
}
