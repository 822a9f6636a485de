package io.pilothouse.scheduler.allocator;

import io.pilothouse.scheduler.allocator.resources.Entry;
import io.pilothouse.scheduler.allocator.resources.Resources;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** An agent with what is free on it and what is not. */
final class Machine {
  Agent agent;
  Optional<String> withheld = Optional.empty();

  /** Never twice in an allocation; what is shared is apart, because it is always free. */
  Resources free;

  Resources shared;

  /** What of it may be charged to quotas and counts as free, while it is offerable. */
  Resources inHeadroom = Resources.NONE;

  final Map<Client, Resources> allocated = new LinkedHashMap<>();
  Filters filters = new Filters();
  @Nullable Leaving leaving;

  /** It has GPUs at all, free or not. */
  boolean gpus;

  /** What was handed out of it in the cycle that is under way: indexes of its result. */
  final List<Integer> granted = new ArrayList<>();

  /** Nobody wanted it: see {@link Cycle}. */
  long nobodyAtDemand = -1;

  long nobodyAtQuota = -1;
  long nobodyUntil;

  /** In the cycle that is under way: when the first filter ends that hid something of it. */
  long hiddenUntil;

  private boolean overdrawn;

  Machine(Agent agent) {
    this.agent = agent;
    this.free = agent.total().notShared();
    this.shared = agent.total().shared();
    this.gpus = agent.total().quantities().get("gpus") > 0;
  }

  void become(Agent changed) {
    if (!changed.isSaidLike(agent)) {
      // what was declined was another machine
      filters = new Filters();
    }
    agent = changed;
    shared = changed.total().shared();
    gpus = changed.total().quantities().get("gpus") > 0;
    recount();
  }

  /** Free is what is not allocated; when there is less than is allocated, nothing of that. */
  private void recount() {
    Resources used = Resources.NONE;
    for (Resources one : allocated.values()) {
      used = used.plus(one.notShared());
    }
    Resources total = agent.total().notShared();
    overdrawn = !total.contains(used);
    free = total.minus(used);
    forget();
  }

  Resources of(Client client) {
    return allocated.getOrDefault(client, Resources.NONE);
  }

  void give(Client client, Resources resources) {
    Resources more = resources.notShared();
    boolean all = overdrawn || !free.contains(more);
    allocated.merge(client, resources, Resources::plus);
    client.machines.add(this);
    if (all) {
      recount();
    } else {
      free = free.minus(more);
      forget();
    }
  }

  /** What the client has of these is free again; returned. */
  Resources take(Client client, Resources resources) {
    Resources had = of(client);
    Resources left = had.minus(resources);
    Resources taken = had.contains(resources) ? resources : had.minus(left);
    if (left.isEmpty()) {
      allocated.remove(client);
      client.machines.remove(this);
    } else {
      allocated.put(client, left);
    }
    if (overdrawn) {
      recount();
    } else {
      free = free.plus(taken.notShared());
      forget();
    }
    return taken;
  }

  /** Something changed: somebody might want it now. */
  void forget() {
    nobodyAtDemand = -1;
  }

  /** What its total becomes when an operation makes these of those. */
  Agent exchanged(Resources from, Resources to) {
    Resources total = agent.total();
    List<Entry> gone = new ArrayList<>();
    for (Entry entry : from.shared()) {
      gone.add(new Entry(entry.kind(), entry.value()));
    }
    Resources added = to.shared().filter(entry -> !isShared(entry));
    List<Entry> once = new ArrayList<>();
    added.forEach(entry -> once.add(new Entry(entry.kind(), entry.value())));
    return agent.withTotal(
        total
            .minus(from.notShared())
            .minus(Resources.of(gone))
            .plus(to.notShared())
            .plus(Resources.of(once)));
  }

  private boolean isShared(Entry wanted) {
    for (Entry entry : shared) {
      if (entry.kind().equals(wanted.kind())) {
        return true;
      }
    }
    return false;
  }
}
