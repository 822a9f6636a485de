package io.pilothouse.dm.server;

import io.pilothouse.api.log.v1.NoticeSilence.Silent;
import io.pilothouse.api.v1.DeploymentReplica;
import io.pilothouse.api.v1.Lifecycle;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.Observation;
import io.pilothouse.api.v1.Verdict;
import io.pilothouse.api.v1.VerdictKind;
import io.pilothouse.api.v1.WatchdogSpec;
import io.pilothouse.api.v1.WatchdogState;
import io.pilothouse.dm.state.Entities;
import io.pilothouse.dm.state.Policies;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Notices who has not been heard of for too long, in one term of leadership. The count starts anew
 * at the election, when a machine's condition changes and when a watchdog's mode changes; each is
 * timed from when this leader saw it, on its monotonic clock, so no wall clock can make silence.
 *
 * <p>For one thread.
 */
final class SilenceWatch {

  private static final Duration REPLICA_VALID_FOR = Duration.ofSeconds(10);

  /** Entries stay small when a whole fleet falls silent; the rest follows in the next round. */
  private static final int MOST_AT_ONCE = 1000;

  /** Since when something is as it is, by its own mark and by our clock. */
  private record Seen(long mark, long at) {}

  /** A watchdog that a type's machines must hear from. */
  private record Required(
      String watchdog, long validForNanos, long modeSeenAt, boolean silenceIgnored) {}

  private final LastHeard lastHeard;
  private final Map<String, Seen> machines = new HashMap<>();
  private final Map<String, Seen> watchdogs = new HashMap<>();
  private final Map<String, Seen> replicas = new HashMap<>();

  SilenceWatch(LastHeard lastHeard) {
    this.lastHeard = lastHeard;
  }

  LastHeard lastHeard() {
    return lastHeard;
  }

  /** Watchdogs whose silence the state does not know of yet. */
  List<Silent> silent(Entities state, long now) {
    Map<String, List<Required>> byType = new HashMap<>();
    List<Silent> silent = new ArrayList<>();
    for (Machine machine : state.machines()) {
      if (machine.getLifecycle() != Lifecycle.IN_SERVICE) {
        continue;
      }
      long start = seenAt(machines, machine.getName(), machine.getSince(), now);
      List<Required> required =
          byType.computeIfAbsent(machine.getType(), type -> required(state, machine, now));
      for (Required each : required) {
        if (silent.size() < MOST_AT_ONCE) {
          silent(state, machine.getName(), each, latest(start, each.modeSeenAt()), now, silent);
        }
      }
    }
    if (machines.size() > state.machines().size()) {
      Set<String> left =
          state.machines().stream().map(Machine::getName).collect(Collectors.toSet());
      machines.keySet().retainAll(left);
    }
    return silent;
  }

  /** Adds the watchdog as a whole, or those of its observers that fell silent. */
  private void silent(
      Entities state,
      String machine,
      Required required,
      long start,
      long now,
      List<Silent> silent) {
    Verdict verdict =
        state.verdict(machine, required.watchdog()).orElse(Verdict.getDefaultInstance());
    long heardAt = lastHeard.at(machine, required.watchdog()).orElse(start);
    if (now - latest(start, heardAt) > required.validForNanos()) {
      // one whose silence is no fault loses its word, and that is all
      boolean matters = !required.silenceIgnored() || isSaid(verdict);
      if (!verdict.getSilent() && matters) {
        silent.add(
            Silent.newBuilder().setMachine(machine).setWatchdog(required.watchdog()).build());
      }
      return;
    }
    for (Observation each : verdict.getObservationsList()) {
      long at = lastHeard.at(machine, required.watchdog(), each.getReporter()).orElse(start);
      if (now - latest(start, at) > required.validForNanos()) {
        silent.add(
            Silent.newBuilder()
                .setMachine(machine)
                .setWatchdog(required.watchdog())
                .setReporter(each.getReporter())
                .build());
      }
    }
  }

  private static boolean isSaid(Verdict verdict) {
    return verdict.getKind() != VerdictKind.VERDICT_UNSPECIFIED && !verdict.getAwaiting();
  }

  private List<Required> required(Entities state, Machine machine, long now) {
    List<Required> required = new ArrayList<>();
    for (WatchdogSpec spec : Policies.requiredLive(state, machine)) {
      long since = state.watchdog(spec.getName()).map(WatchdogState::getSince).orElse(0L);
      required.add(
          new Required(
              spec.getName(),
              TimeUnit.MILLISECONDS.toNanos(Policies.validForMs(spec)),
              seenAt(watchdogs, spec.getName(), since, now),
              spec.getSilenceIgnored()));
    }
    return required;
  }

  /** Deployment replicas that count as up and are not, as they should be recorded. */
  List<DeploymentReplica> silentReplicas(Entities state, long now) {
    List<DeploymentReplica> silent = new ArrayList<>();
    for (DeploymentReplica replica : state.replicas()) {
      if (replica.getUp()) {
        long start = seenAt(replicas, replica.getId(), replica.getSince(), now);
        long from = latest(start, lastHeard.replicaAt(replica.getId()).orElse(start));
        if (now - from > REPLICA_VALID_FOR.toNanos()) {
          silent.add(replica.toBuilder().setUp(false).build());
        }
      }
    }
    return silent;
  }

  /** When this leader first saw the thing with this mark. */
  private static long seenAt(Map<String, Seen> seen, String name, long mark, long now) {
    @Nullable Seen last = seen.get(name);
    if (last == null || last.mark() != mark) {
      seen.put(name, new Seen(mark, now));
      return now;
    }
    return last.at();
  }

  /** By difference: monotonic times may wrap. */
  private static long latest(long... times) {
    long latest = times[0];
    for (long time : times) {
      latest = time - latest > 0 ? time : latest;
    }
    return latest;
  }
}
