package io.pilothouse.scheduler.core;

import io.pilothouse.mesos.v1.TaskState;
import io.pilothouse.mesos.v1.TaskStatus.Reason;
import io.pilothouse.scheduler.allocator.Allocator.Shortfall;
import io.pilothouse.scheduler.allocator.resources.Quantities;
import io.pilothouse.scheduler.core.RevocationOrder.Candidate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ends tasks of roles that have more than they are guaranteed for a role that waits for its own
 * guarantee, if operators said so of that one (Hindman et al., NSDI 2011, section 3.3.3:
 * revocation); and tasks of roles of a lower priority for what such a role's frameworks ask for by
 * REQUEST. Who has no more than his guarantee loses nothing, and no task is ended that does not
 * help.
 */
final class Revocation {
  private static final Logger log = LoggerFactory.getLogger(Revocation.class);

  /** Ended at once; more when they are gone. */
  private static final int MOST = 1_000;

  /** A task that is still there is told again. */
  private static final long AGAIN = Duration.ofMinutes(1).toMillis();

  private final Tables tables;
  private final Statuses statuses;

  /** Who lacks something, and since when. */
  private final Map<String, Long> since = new TreeMap<>();

  /** Tasks that were told to end, and when. */
  private final Map<Task, Told> going = new LinkedHashMap<>();

  private record Told(String role, long at) {}

  /**
   * Something is missing.
   *
   * @param framework that asked for it; empty: it is missing to the role's guarantee
   */
  private record Claim(String role, String framework, Quantities missing) {
    String key() {
      return role + " " + framework;
    }

    String words() {
      return framework.isEmpty()
          ? missing + " of its guarantee"
          : "%s that framework %s asked for".formatted(missing, framework);
    }
  }

  private record Victim(Task task, Candidate candidate) {}

  Revocation(Tables tables, Statuses statuses) {
    this.tables = tables;
    this.statuses = statuses;
  }

  /** Once a second. */
  void look() {
    tables.lacks.clear();
    going.keySet().removeIf(task -> !task.holding || task.agent.link == null);
    if (!tables.shares.anyRevokes()) {
      since.clear();
      return;
    }
    Spare spare = new Spare(tables.allocator.roles());
    List<Claim> claims = claims(spare);
    since.keySet().retainAll(claims.stream().map(Claim::key).toList());
    if (claims.isEmpty()) {
      return;
    }
    SortedMap<String, Long> coming = coming();
    going.keySet().forEach(task -> spare.take(task.role, free(task)));
    for (Claim each : claims) {
      long from = since.computeIfAbsent(each.key(), key -> tables.now);
      long after = tables.shares.revokeAfter(each.role()).orElse(Long.MAX_VALUE);
      SortedMap<String, Long> missing = beyond(each.missing(), coming);
      int ended = tables.now - from >= after ? end(each, missing, spare) : 0;
      String words = words(each, from, after, ended, missing);
      tables.lacks.merge(each.role(), words, (one, other) -> one + "; and " + other);
    }
    tellAgain();
  }

  /** Guarantees first, then what was asked for and is not free. */
  private List<Claim> claims(Spare spare) {
    List<Claim> all = new ArrayList<>();
    for (Shortfall each : tables.allocator.shortfalls()) {
      if (tables.shares.revokeAfter(each.role()).isPresent()) {
        all.add(new Claim(each.role(), "", each.missing()));
      }
    }
    @Nullable SortedMap<String, Long> free = null;
    for (Framework framework : tables.frameworks.values()) {
      if (framework.stream == null) {
        continue;
      }
      for (var asked : framework.requests.open(tables.now).entrySet()) {
        if (tables.shares.revokeAfter(asked.getKey()).isPresent()) {
          free = free == null ? free() : free;
          SortedMap<String, Long> wanted = spare.within(asked.getKey(), asked.getValue());
          SortedMap<String, Long> missing = beyond(Quantities.of(wanted), free);
          if (!missing.isEmpty()) {
            all.add(new Claim(asked.getKey(), framework.id, Quantities.of(missing)));
          }
        }
      }
    }
    return all;
  }

  /** On machines that may be offered, be it held back for guarantees. */
  private SortedMap<String, Long> free() {
    SortedMap<String, Long> sum = new TreeMap<>();
    for (Agent agent : tables.agents.values()) {
      if (isUseful(agent)) {
        Quantities its = tables.allocator.free(agent.id).chargeable().quantities();
        its.forEach((name, milli) -> sum.merge(name, milli, Long::sum));
      }
    }
    return sum;
  }

  private void tellAgain() {
    going.replaceAll(
        (task, told) -> {
          if (tables.now - told.at() < AGAIN) {
            return told;
          }
          kill(task, told.role());
          return new Told(told.role(), tables.now);
        });
  }

  private void kill(Task task, String role) {
    statuses.kill(
        task,
        null,
        "revoked for role %s, which goes before what role %s has beyond its guarantee"
            .formatted(role, task.role),
        Reason.REASON_CONTAINER_PREEMPTED_VALUE);
  }

  /** What tasks that are about to end will leave, by name. */
  private SortedMap<String, Long> coming() {
    SortedMap<String, Long> sum = new TreeMap<>();
    for (Agent agent : tables.agents.values()) {
      if (isUseful(agent)) {
        for (Task task : agent.tasks()) {
          if (task.holding && isGoing(task)) {
            free(task).forEach((name, milli) -> sum.merge(name, milli, Long::sum));
          }
        }
      }
    }
    return sum;
  }

  private boolean isGoing(Task task) {
    return going.containsKey(task)
        || task.agent.kills.contains(task)
        || task.state == TaskState.TASK_KILLING;
  }

  /** What becomes free there can be offered. */
  private static boolean isUseful(Agent agent) {
    return agent.link != null
        && agent.view != null
        && agent.view.getOfferable()
        && agent.view.getTakenAt() == 0;
  }

  private static Quantities free(Task task) {
    return task.resources.chargeable().quantities();
  }

  private static SortedMap<String, Long> beyond(Quantities lack, SortedMap<String, Long> coming) {
    SortedMap<String, Long> missing = new TreeMap<>();
    lack.forEach(
        (name, milli) -> {
          long covered = Math.min(milli, coming.getOrDefault(name, 0L));
          coming.merge(name, -covered, Long::sum);
          if (milli > covered) {
            missing.put(name, milli - covered);
          }
        });
    return missing;
  }

  /** How many tasks are told to end. */
  private int end(Claim claim, SortedMap<String, Long> missing, Spare spare) {
    String role = claim.role();
    List<Victim> chosen = needed(choose(claim, missing, spare), missing);
    for (Victim each : chosen) {
      going.put(each.task(), new Told(role, tables.now));
      spare.take(each.task().role, each.candidate().amounts());
      tables.counts.revoked++;
      kill(each.task(), role);
    }
    if (!chosen.isEmpty()) {
      log.info("Role {} lacks {}: {} tasks of others are ended", role, missing, chosen.size());
    }
    return chosen.size();
  }

  private List<Victim> choose(Claim claim, SortedMap<String, Long> missing, Spare spare) {
    String role = claim.role();
    List<Victim> all = new ArrayList<>();
    for (Agent agent : tables.agents.values()) {
      if (isUseful(agent)) {
        for (Task task : agent.tasks()) {
          if (task.holding
              && !task.isOver()
              && !isGoing(task)
              && !Spare.isWithin(task.role, role)) {
            Candidate candidate = candidate(task, role, missing, spare);
            boolean below = candidate.priority() < spare.priority(role, task.role);
            if (candidate.share() > 0 && (below || claim.framework().isEmpty())) {
              all.add(new Victim(task, candidate));
            }
          }
        }
      }
    }
    all.sort((a, b) -> tables.options.revocation().compare(a.candidate(), b.candidate()));
    Spare left = spare.copy();
    SortedMap<String, Long> open = new TreeMap<>(missing);
    List<Victim> chosen = new ArrayList<>();
    for (Victim each : all) {
      if (open.isEmpty() || chosen.size() == MOST) {
        break;
      }
      Quantities amounts = each.candidate().amounts();
      if (open.keySet().stream().anyMatch(name -> amounts.get(name) > 0)
          && left.canLose(each.task().role, role, amounts)) {
        left.take(each.task().role, amounts);
        subtract(open, amounts);
        chosen.add(each);
      }
    }
    return chosen;
  }

  private static void subtract(SortedMap<String, Long> open, Quantities amounts) {
    open.replaceAll((name, milli) -> milli - amounts.get(name));
    open.values().removeIf(milli -> milli <= 0);
  }

  /** A small one that was chosen early may be needless beside a large one that came later. */
  private static List<Victim> needed(List<Victim> chosen, SortedMap<String, Long> missing) {
    List<Victim> kept = new ArrayList<>(chosen);
    SortedMap<String, Long> beyond = new TreeMap<>();
    missing.forEach(
        (name, milli) ->
            beyond.put(
                name,
                chosen.stream().mapToLong(each -> each.candidate().amounts().get(name)).sum()
                    - milli));
    for (int i = kept.size() - 1; i >= 0; i--) {
      Quantities amounts = kept.get(i).candidate().amounts();
      // what all of them do not cover anyway is no reason to keep less
      if (beyond.entrySet().stream()
          .allMatch(
              each ->
                  amounts.get(each.getKey()) == 0
                      || each.getValue() >= amounts.get(each.getKey()))) {
        beyond.replaceAll((name, milli) -> milli - amounts.get(name));
        kept.remove(i);
      }
    }
    return kept;
  }

  private static Candidate candidate(
      Task task, String role, SortedMap<String, Long> missing, Spare spare) {
    Quantities amounts = free(task);
    double share = 0;
    for (Map.Entry<String, Long> each : missing.entrySet()) {
      share = Math.max(share, (double) amounts.get(each.getKey()) / each.getValue());
    }
    return new Candidate(
        task.framework.id,
        task.id(),
        task.role,
        spare.priority(task.role, role),
        task.launched,
        amounts,
        share);
  }

  private String words(
      Claim lack, long from, long after, int ended, SortedMap<String, Long> missing) {
    long waited = (tables.now - from) / 1000;
    String what = "%s, for %d s".formatted(lack.words(), waited);
    long told = going.values().stream().filter(each -> each.role().equals(lack.role())).count();
    if (told > 0) {
      return "%s; %d tasks of others were told to end for it".formatted(what, told);
    }
    if (missing.isEmpty()) {
      return what + "; tasks that are ending anyway will leave enough";
    }
    if (tables.now - from < after) {
      return "%s; after %d s tasks of others are ended".formatted(what, after / 1000);
    }
    return ended > 0
        ? what
        : "%s; no %s has more than its own on machines that may be offered"
            .formatted(
                what, lack.framework().isEmpty() ? "other role" : "role of a lower priority");
  }
}
