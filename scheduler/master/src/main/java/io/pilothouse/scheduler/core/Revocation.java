package io.pilothouse.scheduler.core;

import static java.util.Objects.requireNonNull;

import io.pilothouse.mesos.v1.TaskState;
import io.pilothouse.mesos.v1.TaskStatus.Reason;
import io.pilothouse.scheduler.allocator.Allocator.Shortfall;
import io.pilothouse.scheduler.allocator.resources.Quantities;
import io.pilothouse.scheduler.core.RevocationOrder.Candidate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
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
 * guarantee, if operators said so of that one (Hindman et al., NSDI 2011, section 3.3: revocation);
 * and tasks of roles of a lower priority for what such a role's frameworks ask for by REQUEST. Who
 * has no more than his guarantee loses nothing, and no task is ended that does not help.
 */
final class Revocation {
  private static final Logger log = LoggerFactory.getLogger(Revocation.class);

  /** Looked at closely each second, in turn; each is a look at all tasks. */
  private static final int MOST_CLAIMS = 4;

  /** One for which nothing was found is looked at again. */
  private static final long FRUITLESS = Duration.ofSeconds(30).toMillis();

  /** Ended at once; more when they are gone. */
  private static final int MOST = 1_000;

  /** A task that is still there is told again. */
  private static final long AGAIN = Duration.ofMinutes(1).toMillis();

  private final Tables tables;
  private final Offering offering;
  private final Statuses statuses;

  /** Who lacks something. */
  private final Map<String, Waiting> waiting = new TreeMap<>();

  /** Tasks that were told to end, and when. */
  private final Map<Task, Told> going = new LinkedHashMap<>();

  private record Told(String role, long at) {}

  /** How long a claim has been there, and what was tried for it. */
  private static final class Waiting {
    final long since;
    long lookedAt = Long.MIN_VALUE;
    long nextLook = Long.MIN_VALUE;

    /** Offers were taken back for it: what they held is not worth a task's life. */
    boolean rescinded;

    Waiting(long now) {
      since = now;
    }
  }

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

  Revocation(Tables tables, Offering offering, Statuses statuses) {
    this.tables = tables;
    this.offering = offering;
    this.statuses = statuses;
  }

  /** Once a second. */
  void look() {
    tables.lacks.clear();
    going.keySet().removeIf(task -> !task.holding || task.agent.link == null);
    if (!tables.shares.anyRevokes()) {
      waiting.clear();
      return;
    }
    Spare spare = new Spare(tables.allocator.roles());
    List<Claim> claims = claims(spare);
    waiting.keySet().retainAll(claims.stream().map(Claim::key).toList());
    if (claims.isEmpty()) {
      return;
    }
    SortedMap<String, Long> coming = coming(spare);
    // in the order of their making, but those that were looked at longest ago first
    List<Claim> due = new ArrayList<>();
    Map<Claim, SortedMap<String, Long>> missing = new LinkedHashMap<>();
    for (Claim each : claims) {
      Waiting its = waiting.computeIfAbsent(each.key(), key -> new Waiting(tables.now));
      missing.put(each, beyond(each.missing(), coming));
      if (tables.now - its.since >= after(each)
          && tables.now >= its.nextLook
          && !missing(missing, each).isEmpty()) {
        due.add(each);
      }
    }
    due.sort(Comparator.comparingLong(each -> waiting(each).lookedAt));
    due.stream().limit(MOST_CLAIMS).forEach(each -> help(each, missing(missing, each), spare));
    for (Claim each : claims) {
      String words = words(each, missing(missing, each));
      tables.lacks.merge(each.role(), words, (one, other) -> one + "; and " + other);
    }
    tellAgain();
  }

  private static SortedMap<String, Long> missing(
      Map<Claim, SortedMap<String, Long>> all, Claim claim) {
    return requireNonNull(all.get(claim));
  }

  private Waiting waiting(Claim claim) {
    return requireNonNull(waiting.get(claim.key()));
  }

  private long after(Claim claim) {
    return tables.shares.revokeAfter(claim.role()).orElse(Long.MAX_VALUE);
  }

  private void help(Claim claim, SortedMap<String, Long> missing, Spare spare) {
    Waiting its = waiting(claim);
    its.lookedAt = tables.now;
    if (!its.rescinded) {
      its.rescinded = true;
      if (rescind(claim, missing, spare)) {
        return; // who needs how much is seen when that is given out anew
      }
    }
    Spare ofTasks = spare.copy();
    tables.offers.values().forEach(offer -> ofTasks.take(offer.role(), free(offer)));
    if (end(claim, missing, ofTasks, spare) == 0) {
      its.nextLook = tables.now + FRUITLESS;
    }
  }

  /** Takes back offers to others before any task: nobody works with them yet. */
  private boolean rescind(Claim claim, SortedMap<String, Long> missing, Spare spare) {
    SortedMap<String, Long> open = new TreeMap<>(missing);
    boolean any = false;
    for (Offer offer : List.copyOf(tables.offers.values())) {
      Quantities amounts = free(offer);
      boolean helps =
          isUseful(offer.agent())
              && !Spare.isWithin(offer.role(), claim.role())
              && open.keySet().stream().anyMatch(name -> amounts.get(name) > 0);
      if (helps
          && goesBefore(claim, offer.role(), spare)
          && spare.canLose(offer.role(), claim.role(), amounts)) {
        spare.take(offer.role(), amounts);
        subtract(open, amounts);
        offering.rescind(offer);
        any = true;
      }
    }
    return any;
  }

  /** A guarantee goes before all, what was asked for before lower priorities. */
  private static boolean goesBefore(Claim claim, String other, Spare spare) {
    return claim.framework().isEmpty()
        || spare.priority(other, claim.role()) < spare.priority(claim.role(), other);
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
        "revoked for role %s, which goes before what role %s has beyond its guarantee"
            .formatted(role, task.role),
        Reason.REASON_CONTAINER_PREEMPTED_VALUE);
  }

  /** What tasks that are about to end will leave, by name; their roles have it no more. */
  private SortedMap<String, Long> coming(Spare spare) {
    SortedMap<String, Long> sum = new TreeMap<>();
    for (Agent agent : tables.agents.values()) {
      boolean useful = isUseful(agent);
      for (Task task : agent.tasks()) {
        if (task.holding && isGoing(task)) {
          spare.take(task.role, free(task));
          if (useful) {
            free(task).forEach((name, milli) -> sum.merge(name, milli, Long::sum));
          }
        }
      }
    }
    return sum;
  }

  private boolean isGoing(Task task) {
    return going.containsKey(task)
        || task.agent.kills.containsKey(task)
        || task.state == TaskState.TASK_KILLING
        || task.isOver(); // and its framework with it
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

  private static Quantities free(Offer offer) {
    return offer.resources().chargeable().quantities();
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
  private int end(Claim claim, SortedMap<String, Long> missing, Spare ofTasks, Spare spare) {
    String role = claim.role();
    List<Victim> chosen = needed(choose(claim, missing, ofTasks), missing);
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
            if (candidate.share() > 0 && goesBefore(claim, task.role, spare)) {
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

  private String words(Claim lack, SortedMap<String, Long> missing) {
    Waiting its = waiting(lack);
    long waited = (tables.now - its.since) / 1000;
    String what = "%s, for %d s".formatted(lack.words(), waited);
    long told = going.values().stream().filter(each -> each.role().equals(lack.role())).count();
    if (told > 0) {
      return "%s; %d tasks of others were told to end for it".formatted(what, told);
    }
    if (missing.isEmpty()) {
      return what + "; tasks that are ending anyway will leave enough";
    }
    if (tables.now - its.since < after(lack)) {
      return "%s; after %d s tasks of others are ended".formatted(what, after(lack) / 1000);
    }
    return tables.now >= its.nextLook
        ? what
        : "%s; no %s has more than its own on machines that may be offered"
            .formatted(
                what, lack.framework().isEmpty() ? "other role" : "role of a lower priority");
  }
}
