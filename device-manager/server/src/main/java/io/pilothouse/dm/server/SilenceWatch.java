package io.pilothouse.dm.server;

import com.google.protobuf.Message;
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
import io.pilothouse.dm.state.Table;
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
 * timed from when this leader saw it, on its monotonic clock, so no wall clock can make silence. It
 * starts anew as well when this leader stood, see {@link Standstill}: reports could not be heard.
 *
 * <p>Every watchdog's word expires, whether it counts or not: one that is made live after its
 * reporter died is silent, and not what it said last. Only that a live one never said anything is a
 * silence as well.
 *
 * <p>A report can only move a silence away. So a machine that had nothing to notice is not looked
 * at before the first silence that was possible then, unless what it must hear from has changed.
 *
 * <p>For one thread.
 */
final class SilenceWatch {

  private static final Duration REPLICA_VALID_FOR = Duration.ofSeconds(10);

  /** A machine is looked at no less often, however long its watchdogs' words are valid. */
  private static final Duration LONGEST_PAUSE = Duration.ofMinutes(1);

  /** Entries stay small when a whole fleet falls silent; the rest follows in the next round. */
  private static final int MOST_AT_ONCE = 1000;

  /** Machines that are looked at while others wait for the state: less than a millisecond. */
  private static final int PIECE = 2000;

  /** Since when something is as it is, by its own mark and by our clock. */
  private record Seen(long mark, long at) {}

  /**
   * A watchdog of a type's machines.
   *
   * @param mustSpeak never to have said anything is a silence, too
   */
  private record Watched(String watchdog, long validForNanos, long modeSeenAt, boolean mustSpeak) {}

  /** When to look at a machine again, as long as these are its watchdogs. */
  private record NextLook(List<Watched> watched, long at) {}

  private final LastHeard lastHeard;
  private final Standstill standstill;
  private final Map<String, Seen> machines = new HashMap<>();
  private final Map<String, NextLook> looks = new HashMap<>();
  private final Map<String, Seen> watchdogs = new HashMap<>();
  private final Map<String, Seen> replicas = new HashMap<>();

  SilenceWatch(LastHeard lastHeard, Standstill standstill) {
    this.lastHeard = lastHeard;
    this.standstill = standstill;
  }

  LastHeard lastHeard() {
    return lastHeard;
  }

  /** A walk over all machines, in pieces: nobody else gets at the state during one. */
  static final class Walk {
    private final long now;
    private final List<Silent> silent = new ArrayList<>();
    private String next = "";
    private boolean ended;

    /** One that begins now. */
    Walk(long now) {
      this.now = now;
    }

    boolean hasEnded() {
      return ended;
    }

    /** Watchdogs whose silence the state does not know of yet. */
    List<Silent> silent() {
      return silent;
    }
  }

  /** Looks at the next few machines. */
  void walkOn(Entities state, Walk walk) {
    Map<String, List<Watched>> byType = new HashMap<>();
    List<Silent> silent = walk.silent;
    long now = walk.now;
    int looked = 0;
    for (Message entity : state.table(Table.MACHINE).tailMap(walk.next).values()) {
      Machine machine = (Machine) entity;
      if (looked++ == PIECE) {
        walk.next = machine.getName();
        return;
      }
      if (machine.getLifecycle() != Lifecycle.IN_SERVICE) {
        continue;
      }
      long start = countedFrom(seenAt(machines, machine.getName(), machine.getSince(), now));
      List<Watched> watched =
          byType.computeIfAbsent(machine.getType(), type -> watched(state, machine, now));
      @Nullable NextLook next = looks.get(machine.getName());
      boolean due = next == null || now - next.at() > 0 || !next.watched().equals(watched);
      if (due && silent.size() < MOST_AT_ONCE) {
        long at = look(state, machine.getName(), watched, start, now, silent);
        looks.put(machine.getName(), new NextLook(watched, at));
      }
    }
    walk.ended = true;
    if (machines.size() > state.machines().size()) {
      Set<String> left =
          state.machines().stream().map(Machine::getName).collect(Collectors.toSet());
      machines.keySet().retainAll(left);
      looks.keySet().retainAll(left);
      lastHeard.retain(left);
    }
  }

  /** Adds what is silent; returns the earliest time at which more can be. */
  private long look(
      Entities state,
      String machine,
      List<Watched> watched,
      long start,
      long now,
      List<Silent> silent) {
    long next = now + LONGEST_PAUSE.toNanos();
    int before = silent.size();
    for (Watched each : watched) {
      long from = latest(start, each.modeSeenAt());
      long until = silent(state, machine, each, from, now, silent);
      next = next - until > 0 ? until : next;
    }
    // what was noticed may not be logged: look again at once
    return silent.size() > before ? now : next;
  }

  /**
   * Adds the watchdog as a whole, or those of its observers that fell silent.
   *
   * @return when the next of them can be
   */
  private long silent(
      Entities state, String machine, Watched watched, long start, long now, List<Silent> silent) {
    Verdict verdict =
        state.verdict(machine, watched.watchdog()).orElse(Verdict.getDefaultInstance());
    long heardAt = latest(start, lastHeard.at(machine, watched.watchdog()).orElse(start));
    if (now - heardAt > watched.validForNanos()) {
      if (!verdict.getSilent() && (watched.mustSpeak() || isSaid(verdict))) {
        silent.add(Silent.newBuilder().setMachine(machine).setWatchdog(watched.watchdog()).build());
      }
      // it may speak at any moment, and fall silent again so much later
      return now + watched.validForNanos();
    }
    long next = heardAt + watched.validForNanos();
    for (Observation each : verdict.getObservationsList()) {
      long at =
          latest(
              start, lastHeard.at(machine, watched.watchdog(), each.getReporter()).orElse(start));
      if (now - at > watched.validForNanos()) {
        lastHeard.forget(machine, watched.watchdog(), each.getReporter());
        silent.add(
            Silent.newBuilder()
                .setMachine(machine)
                .setWatchdog(watched.watchdog())
                .setReporter(each.getReporter())
                .build());
      } else {
        next = next - at - watched.validForNanos() > 0 ? at + watched.validForNanos() : next;
      }
    }
    return next;
  }

  private static boolean isSaid(Verdict verdict) {
    return verdict.getKind() != VerdictKind.VERDICT_UNSPECIFIED && !verdict.getAwaiting();
  }

  private List<Watched> watched(Entities state, Machine machine, long now) {
    List<Watched> watched = new ArrayList<>();
    for (WatchdogSpec spec : Policies.watchdogsOf(state, machine)) {
      long since = state.watchdog(spec.getName()).map(WatchdogState::getSince).orElse(0L);
      boolean live = Policies.mode(state, spec.getName()) == WatchdogState.Mode.LIVE;
      watched.add(
          new Watched(
              spec.getName(),
              TimeUnit.MILLISECONDS.toNanos(Policies.validForMs(spec)),
              seenAt(watchdogs, spec.getName(), since, now),
              live && !spec.getSilenceIgnored()));
    }
    return watched;
  }

  /** Deployment replicas that count as up and are not, as they should be recorded. */
  List<DeploymentReplica> silentReplicas(Entities state, long now) {
    List<DeploymentReplica> silent = new ArrayList<>();
    for (DeploymentReplica replica : state.replicas()) {
      if (replica.getUp()) {
        long start = countedFrom(seenAt(replicas, replica.getId(), replica.getSince(), now));
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

  /** Not from before this leader stood last. */
  private long countedFrom(long seenAt) {
    return latest(seenAt, standstill.last().orElse(seenAt));
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
