package io.pilothouse.scheduler.core;

import io.pilothouse.api.v1.AgentKill;
import io.pilothouse.api.v1.OfferableMachine;
import io.pilothouse.mesos.v1.AgentID;
import io.pilothouse.mesos.v1.AgentInfo;
import io.pilothouse.scheduler.allocator.Allocation;
import io.pilothouse.scheduler.allocator.resources.Entry;
import io.pilothouse.scheduler.allocator.resources.Kind;
import io.pilothouse.scheduler.allocator.resources.Reserved;
import io.pilothouse.scheduler.allocator.resources.Resources;
import io.pilothouse.scheduler.wire.ResourceForm;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A machine's agent that is registered: it answers, or has not been silent for long. */
final class Agent {
  private static final Logger log = LoggerFactory.getLogger(Agent.class);

  final String id;
  final String machine;
  AgentInfo info;
  String version;
  Resources total;

  /** Null while it is not connected. */
  @Nullable AgentLink link;

  /** What the Device Manager says of the machine; null before it has. */
  @Nullable OfferableMachine view;

  /** What it says can be lent of what its tasks have and do not use; revocable. */
  Resources lent = Resources.NONE;

  /** What is written down of it; null while nothing of the machine is set aside. */
  @Nullable AgentRecord record;

  final long registered;
  long reregistered;
  long heard;
  long pings;

  /** Its tasks have been told to end, because the machine is taken. */
  boolean emptied;

  private final Map<String, Map<String, Task>> tasks = new LinkedHashMap<>();
  private final Map<String, Map<String, Executor>> executors = new LinkedHashMap<>();
  final Set<Offer> offers = new LinkedHashSet<>();

  /** What frameworks asked for, as it was said last; it may not have arrived. */
  final Map<Task, AgentKill> kills = new LinkedHashMap<>();

  Agent(AgentInfo info, String version, Resources total, long now) {
    this.id = info.getId().getValue();
    this.machine = info.getHostname();
    this.info = info;
    this.version = version;
    this.total = total;
    this.registered = now;
    this.heard = now;
  }

  AgentID agentId() {
    return info.getId();
  }

  /** Of one that is or was offered. */
  AgentRecord requireRecord() {
    if (record == null) {
      throw new IllegalStateException("an agent without a record was offered: " + id);
    }
    return record;
  }

  /** What the Device Manager says of the machine goes before what the agent was told. */
  private Resources own() {
    return ResourceForm.read(view == null ? info.getResourcesList() : view.getResourcesList());
  }

  private Resources held() {
    return record == null ? Resources.NONE : record.holdings().held();
  }

  /** Its total is what it has, with what is reserved of it; said when less is there than that. */
  void count() {
    total = Reserved.total(own(), held()).plus(lent);
    Resources lacking = lacking();
    if (!lacking.isEmpty()) {
      log.warn(
          "On {} more is reserved than its type offers; so much cannot be offered: {}",
          machine,
          lacking);
    }
  }

  /** What is reserved and not there, as the machine's type offers less than once. */
  Resources lacking() {
    Resources held = held();
    return held.isEmpty() ? held : held.minus(Reserved.within(own(), held));
  }

  /** What tasks have that was reserved, and that nobody has written down. */
  Resources unheld(List<Allocation> used) {
    Resources reserved = Resources.NONE;
    for (Allocation each : used) {
      reserved = reserved.plus(Reserved.of(each.resources()));
    }
    if (reserved.isEmpty()) {
      return reserved;
    }
    Resources held = held();
    Resources forgotten = reserved.minus(held).minus(Reserved.of(own()));
    // a volume is there once, whatever its size
    return forgotten.filter(
        entry -> !entry.kind().isWhole() || held.filter(has(entry.kind())).isEmpty());
  }

  private static Predicate<Entry> has(Kind kind) {
    return entry -> entry.kind().equals(kind);
  }

  /** The same resources, with its volumes as they are held. */
  Resources named(Resources these) {
    return Reserved.named(held(), these);
  }

  void add(Task task) {
    tasks.computeIfAbsent(task.framework.id, f -> new LinkedHashMap<>()).put(task.id(), task);
  }

  void remove(Task task) {
    kills.remove(task);
    tasks.computeIfPresent(
        task.framework.id,
        (f, all) -> {
          all.remove(task.id(), task);
          return all.isEmpty() ? null : all;
        });
  }

  void add(Executor executor) {
    executors
        .computeIfAbsent(executor.framework().id, f -> new LinkedHashMap<>())
        .put(executor.id(), executor);
  }

  Optional<Executor> removeExecutor(String framework, String executor) {
    Map<String, Executor> all = executors.getOrDefault(framework, Map.of());
    Executor removed = all.isEmpty() ? null : all.remove(executor);
    if (all.isEmpty()) {
      executors.remove(framework);
    }
    return Optional.ofNullable(removed);
  }

  void show(String framework, String executor) {
    executor(framework, executor).ifPresent(each -> each.shown = true);
  }

  /** A task of it is not over. */
  boolean needs(Executor executor) {
    return tasks.getOrDefault(executor.framework().id, Map.of()).values().stream()
        .anyMatch(task -> task.holding && task.executor.equals(executor.id()));
  }

  Optional<Executor> executor(String framework, String executor) {
    return Optional.ofNullable(executors.getOrDefault(framework, Map.of()).get(executor));
  }

  Optional<Task> task(String framework, String task) {
    return Optional.ofNullable(tasks.getOrDefault(framework, Map.of()).get(task));
  }

  List<Task> tasks() {
    return tasks.values().stream().map(Map::values).flatMap(Collection::stream).toList();
  }

  List<Executor> executors() {
    return executors.values().stream().map(Map::values).flatMap(Collection::stream).toList();
  }

  boolean runsAnythingOf(Framework framework) {
    return tasks.containsKey(framework.id) || executors.containsKey(framework.id);
  }

  /** What tasks and executors have of it, each. */
  Stream<Allocation> allocations() {
    return Stream.concat(
        tasks().stream().filter(task -> task.holding).map(Task::allocation),
        executors().stream().map(Executor::allocation));
  }

  /** What frameworks have of it, summed up for each of their roles. */
  List<Allocation> used() {
    Map<List<String>, Resources> sums = new TreeMap<>(Agent::compare);
    allocations()
        .forEach(
            each ->
                sums.merge(
                    List.of(each.framework(), each.role()), each.resources(), Resources::plus));
    List<Allocation> used = new ArrayList<>();
    sums.forEach((who, what) -> used.add(new Allocation(who.get(0), who.get(1), id, what)));
    return used;
  }

  private static int compare(List<String> a, List<String> b) {
    int framework = a.get(0).compareTo(b.get(0));
    return framework != 0 ? framework : a.get(1).compareTo(b.get(1));
  }
}
