package io.pilothouse.dm.state;

import io.pilothouse.api.v1.Incident;
import io.pilothouse.api.v1.VerdictKind;
import io.pilothouse.api.v1.WatchdogState;
import java.util.Optional;

/** What ends the incident of a quarantined watchdog. */
final class NoiseFollow {

  private NoiseFollow() {}

  static void settle(Draft draft, Incident incident) {
    Optional<WatchdogState> watchdog = draft.watchdog(incident.getValue());
    if (watchdog.isEmpty()) {
      IncidentBook.close(draft, incident, IncidentBook.DM, "the watchdog was removed");
      return;
    }
    if (watchdog.get().getMode() != WatchdogState.Mode.QUARANTINED) {
      IncidentBook.close(
          draft,
          incident,
          IncidentBook.DM,
          "the watchdog was changed, and is %s now".formatted(watchdog.get().getMode()));
      draft.put(watchdog.get().toBuilder().clearIncidentId().build());
      return;
    }
    follow(draft, incident, watchdog.get());
  }

  private static void follow(Draft draft, Incident incident, WatchdogState watchdog) {
    IncidentPolicies policy = IncidentPolicies.of(draft);
    int errors = draft.indexes().noise.errors(watchdog.getName()).size();
    boolean calm =
        errors < policy.machines()
            || 2 * WatchdogNoise.share(draft, watchdog.getName()) < policy.noiseSharePpm();
    long since = incident.getQuietSince() == 0 ? draft.nowMillis() : incident.getQuietSince();
    Incident.Builder next =
        incident.toBuilder()
            .setPeak(StrictMath.max(incident.getPeak(), errors))
            .setQuietSince(calm ? since : 0)
            .setDueAt(calm ? since + policy.quietMs() : 0);
    boolean isOver = calm && draft.nowMillis() >= since + policy.quietMs();
    if (isOver && mayBeMany(draft, watchdog.getName(), errors, policy)) {
      // its machines were not heard of since they were in Probation: that is not calm yet
      draft.put(
          next.setQuietSince(draft.nowMillis())
              .setDueAt(draft.nowMillis() + policy.quietMs())
              .build());
      return;
    }
    if (isOver) {
      IncidentBook.close(
          draft,
          next.build(),
          IncidentBook.DM,
          "the watchdog calls only %s machines bad now: it counts again".formatted(errors));
      WatchdogNoise.set(
          draft,
          watchdog.toBuilder().setMode(WatchdogState.Mode.LIVE).clearIncidentId().build(),
          "its ERRORs are as few as usual again");
      return;
    }
    draft.put(next.build());
  }

  /**
   * Whether it is not calm with those that it called bad and has yet to speak of again, and those
   * of which it says nothing any more: made live, its silence would count.
   */
  private static boolean mayBeMany(
      Draft draft, String watchdog, int errors, IncidentPolicies policy) {
    var present = draft.indexes().verdicts.present(watchdog);
    int awaited =
        (int)
            present.stream()
                .map(each -> draft.verdict(each, watchdog).orElseThrow())
                .filter(each -> each.getAwaiting() && each.getKind() == VerdictKind.ERROR)
                .count();
    boolean silenceCounts =
        Policies.watchdog(draft, watchdog).filter(each -> !each.getSilenceIgnored()).isPresent();
    int silent = silenceCounts ? draft.indexes().verdicts.silent(watchdog).size() : 0;
    int bad = errors + awaited + silent;
    return bad >= policy.machines() && 2 * Ppm.of(bad, present.size()) >= policy.noiseSharePpm();
  }

  /**
   * A person says that the quarantined watchdog is right, or wants it otherwise: its incident is
   * over, and what it says now is what is usual for it, so that it is not quarantined at once
   * again.
   */
  static WatchdogState ended(Draft draft, WatchdogState watchdog, String why) {
    Optional<Incident> incident =
        draft
            .incident(watchdog.getIncidentId())
            .filter(each -> each.getState() == Incident.State.OPEN);
    if (incident.isEmpty()) {
      return watchdog;
    }
    IncidentBook.close(draft, incident.get(), draft.request().getPrincipal(), why);
    return watchdog.toBuilder()
        .clearIncidentId()
        .setBasePpm(WatchdogNoise.share(draft, watchdog.getName()))
        .setBaseAt(draft.nowMillis())
        .build();
  }
}
