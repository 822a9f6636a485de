package io.pilothouse.dm.state;

import io.pilothouse.api.v1.AuditRecord;
import io.pilothouse.api.v1.Incident;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.WatchdogState;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeMap;

/**
 * A watchdog that calls many machines bad of a sudden, while no other one does, is what failed. It
 * is quarantined: its verdicts stop counting at once, and with them the repairs that only it asked
 * for. Only ERROR counts: silence on a rack is the rack.
 */
final class WatchdogNoise {
  /** A sample changes a watchdog's usual share by one part in four. */
  private static final int WEIGHT = 4;

  private WatchdogNoise() {}

  static void settle(Draft draft) {
    for (WatchdogState watchdog : List.copyOf(draft.watchdogs())) {
      if (watchdog.getMode() == WatchdogState.Mode.LIVE && isNew(draft, watchdog)) {
        look(draft, watchdog);
        sample(draft, watchdog);
      }
    }
  }

  /**
   * Looks again at those of which it was too early to tell; before the machines' own time is up,
   * and they fail by errors that are the watchdog's.
   */
  static void lookAgain(Draft draft) {
    for (WatchdogState watchdog : List.copyOf(draft.watchdogs())) {
      if (watchdog.getMode() == WatchdogState.Mode.LIVE && isYoung(draft, watchdog)) {
        look(draft, watchdog);
      }
    }
  }

  /** Whether it said ERROR, or came to count, this very moment. */
  private static boolean isNew(Draft draft, WatchdogState watchdog) {
    SortedSet<Place> errors = draft.indexes().noise.errors(watchdog.getName());
    return !errors.isEmpty()
        && (errors.last().number() == draft.nowMillis()
            || watchdog.getSince() == draft.nowMillis());
  }

  /** Whether it looks from outside and may not have stood alone for long enough until now. */
  private static boolean isYoung(Draft draft, WatchdogState watchdog) {
    SortedSet<Place> errors = draft.indexes().noise.errors(watchdog.getName());
    return !errors.isEmpty()
        && isFromOutside(draft, watchdog.getName())
        && draft.nowMillis() - errors.last().number() <= IncidentPolicies.of(draft).windowMs();
  }

  private static void look(Draft draft, WatchdogState watchdog) {
    IncidentPolicies policy = IncidentPolicies.of(draft);
    int errors = draft.indexes().noise.errors(watchdog.getName()).size();
    int alone = draft.indexes().noise.alone(watchdog.getName());
    int share = share(draft, watchdog.getName());
    if (share >= policy.noiseSharePpm()
        && errors >= policy.machines()
        && share >= policy.tooMuch(watchdog.getBasePpm())
        && 2 * alone > errors
        && isAloneThroughout(draft, watchdog, policy)
        && isInexplicable(draft, watchdog.getName(), policy)) {
      quarantine(draft, watchdog);
    }
  }

  /** What is usual of a watchdog is learned while it is not much. */
  private static void sample(Draft draft, WatchdogState before) {
    IncidentPolicies policy = IncidentPolicies.of(draft);
    WatchdogState watchdog = draft.watchdog(before.getName()).orElseThrow();
    int share = share(draft, watchdog.getName());
    if (watchdog.getMode() == WatchdogState.Mode.LIVE
        && share < policy.noiseSharePpm()
        && draft.nowMillis() >= watchdog.getBaseAt() + policy.windowMs()) {
      int base = watchdog.getBasePpm() + (share - watchdog.getBasePpm()) / WEIGHT;
      draft.put(watchdog.toBuilder().setBasePpm(base).setBaseAt(draft.nowMillis()).build());
    }
  }

  /**
   * Whether it stood alone from the beginning on enough machines. Where a rack or switch comes
   * back, whoever looks from outside is the last to see it: the others fell silent meanwhile and
   * speak again, so it was right. Where a site loses its power, it is the first: it stands alone
   * until a silence of the others can be told from their time between two reports.
   */
  private static boolean isAloneThroughout(
      Draft draft, WatchdogState watchdog, IncidentPolicies policy) {
    int left = 0;
    boolean remote = isFromOutside(draft, watchdog.getName());
    for (Place place : draft.indexes().noise.errors(watchdog.getName())) {
      boolean joined =
          draft.verdicts(place.name()).stream()
              .filter(each -> !each.getWatchdog().equals(watchdog.getName()))
              .filter(each -> each.getSince() > place.number())
              .anyMatch(
                  each -> Policies.mode(draft, each.getWatchdog()) == WatchdogState.Mode.LIVE);
      boolean early =
          remote && draft.nowMillis() - place.number() < silenceShowsMs(draft, place.name());
      left += joined || early ? 0 : 1;
    }
    int share = Ppm.of(left, draft.indexes().verdicts.present(watchdog.getName()).size());
    return left >= policy.machines()
        && share >= policy.noiseSharePpm()
        && share >= policy.tooMuch(watchdog.getBasePpm());
  }

  /** After how long the machine's own silence shows: of the first of what it says itself. */
  private static long silenceShowsMs(Draft draft, String machine) {
    return Policies.requiredLive(draft, draft.machine(machine).orElseThrow()).stream()
            .filter(each -> !Observers.has(each))
            .mapToLong(Policies::validForMs)
            .min()
            .orElse(0)
        + Policies.reportEveryMs(draft.fleet());
  }

  private static boolean isFromOutside(Draft draft, String watchdog) {
    return Policies.watchdog(draft, watchdog).filter(Observers::has).isPresent();
  }

  /**
   * Whether its machines have nothing in common: otherwise it may well be right, and the only one
   * to see what a version or a part of the network does to them.
   */
  private static boolean isInexplicable(Draft draft, String watchdog, IncidentPolicies policy) {
    SortedSet<Place> errors = draft.indexes().noise.errors(watchdog);
    TreeMap<Trait, Integer> counts = new TreeMap<>();
    for (Place place : errors) {
      Trait.of(draft.machine(place.name()).orElseThrow())
          .forEach(each -> counts.merge(each, 1, Integer::sum));
    }
    boolean remote = isFromOutside(draft, watchdog);
    FaultIndex faults = draft.indexes().faults;
    List<Correlation.Candidate> candidates = new ArrayList<>();
    counts.forEach(
        (trait, count) -> {
          // who looks from outside looks through the network: a part of it that explains nearly
          // all is not the watchdog's fault
          boolean near =
              !trait.dimension().isDomain() || (remote && 10 * count >= 9 * errors.size());
          if (trait.dimension().explains() && near) {
            candidates.add(new Correlation.Candidate(trait, count, faults.members(trait)));
          }
        });
    Correlation.Cluster cluster =
        new Correlation.Cluster(
            errors.size(), faults.members(), draft.meta().getErrorRatePpm(), false);
    return Correlation.best(cluster, candidates, policy).isEmpty();
  }

  /** Of the in-service machines that it has a verdict on, those that it calls bad. */
  static int share(Entities state, String watchdog) {
    return Ppm.of(
        state.indexes().noise.errors(watchdog).size(),
        state.indexes().verdicts.present(watchdog).size());
  }

  private static void quarantine(Draft draft, WatchdogState watchdog) {
    String name = watchdog.getName();
    List<Machine> machines = new ArrayList<>();
    draft.indexes().noise.errors(name).stream()
        .map(Place::name)
        .sorted()
        .forEach(each -> machines.add(draft.machine(each).orElseThrow()));
    int alone = draft.indexes().noise.alone(name);
    int all = draft.indexes().verdicts.present(name).size();
    Incident incident =
        IncidentBook.open(
            draft,
            Incident.newBuilder()
                .setKind(Incident.Kind.WATCHDOG_NOISE)
                .setDimension("watchdog")
                .setValue(name)
                .setErrors(machines.size())
                .setExplained(machines.size())
                .setMembers(all)
                .setBasePpm(watchdog.getBasePpm())
                .addAllEvidence(evidence(draft, name, machines))
                .setSentence(
                    ("watchdog %s is what failed, not the machines: it calls %s of %s bad, where %s"
                            + " is usual, and on %s of them no other watchdog agrees")
                        .formatted(
                            name, machines.size(), all, Ppm.text(watchdog.getBasePpm()), alone)));
    set(
        draft,
        watchdog.toBuilder()
            .setMode(WatchdogState.Mode.QUARANTINED)
            .setIncidentId(incident.getId())
            .build(),
        "%s: its verdicts count for nothing".formatted(incident.getId()));
    UsualRate.uncount(draft, machines.size());
  }

  private static List<String> evidence(Draft draft, String watchdog, List<Machine> machines) {
    List<Machine> as = new ArrayList<>();
    for (Machine machine : machines) {
      draft
          .verdict(machine.getName(), watchdog)
          .ifPresent(
              each ->
                  as.add(
                      machine.toBuilder()
                          .setError(
                              machine.getError().toBuilder()
                                  .setFault(each.getFault().isEmpty() ? watchdog : each.getFault())
                                  .setSince(each.getSince())
                                  .setText(each.getText()))
                          .build()));
    }
    return IncidentBook.evidence(as);
  }

  /** Changes its mode; the rules of its machines are run again. */
  static void set(Draft draft, WatchdogState next, String text) {
    WatchdogState before = draft.watchdog(next.getName()).orElseThrow();
    WatchdogModes.set(draft, next, next.getMode());
    draft.audit(
        AuditRecord.newBuilder()
            .setKind("WATCHDOG")
            .setSubject("watchdog/" + next.getName())
            .setFrom(before.getMode().name())
            .setTo(next.getMode().name())
            .setText(text));
  }
}
