package io.pilothouse.scheduler.allocator;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.scheduler.allocator.resources.Resources;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;

/** An allocator under test, with its time, and what it handed out. */
final class Cluster {
  static final long FOREVER = Long.MAX_VALUE;

  final Allocator allocator;
  private final TreeMap<String, Resources> totals = new TreeMap<>();
  private List<Allocation> handedOut = List.of();
  private final long interval;
  private long now;

  Cluster() {
    this(Options.DEFAULT);
  }

  Cluster(Options options) {
    allocator = Allocator.create(options);
    interval = options.intervalMillis();
  }

  long now() {
    return now;
  }

  // ---- what happens

  Cluster framework(String id, String... roles) {
    return framework(Framework.of(id, roles));
  }

  Cluster framework(Framework framework) {
    allocator.addFramework(framework);
    return events();
  }

  Cluster agent(String id, String total) {
    return agent(id, Resources.parse(total));
  }

  Cluster agent(String id, Resources total, Allocation... used) {
    totals.put(id, total);
    allocator.addAgent(new Agent(id, total), List.of(used));
    return events();
  }

  Resources total(String agent) {
    return totals.get(agent);
  }

  static Allocation allocation(String framework, String role, String agent, String resources) {
    return new Allocation(framework, role, agent, Resources.parse(resources));
  }

  Cluster events() {
    handedOut = allocator.allocateChanged(now);
    return this;
  }

  /** The next batch, one interval later. */
  Cluster batch() {
    now += interval;
    handedOut = allocator.allocate(now);
    return this;
  }

  Cluster later(long millis) {
    now += millis;
    return this;
  }

  Cluster declines(Allocation allocation) {
    allocator.recover(allocation, OptionalLong.empty(), now);
    return this;
  }

  Cluster declines(Allocation allocation, long refuseMillis) {
    allocator.recover(allocation, OptionalLong.of(refuseMillis), now);
    return this;
  }

  Cluster offerable(String agent, boolean may) {
    allocator.setOfferable(agent, may ? Optional.empty() : Optional.of("is being repaired"));
    return events();
  }

  // ---- what came of it

  List<Allocation> handedOut() {
    return handedOut;
  }

  Allocation only() {
    assertThat(handedOut).hasSize(1);
    return handedOut.get(0);
  }

  /** {@code fw1 role1 agent1} for each, of all that is free on the agent, in any order. */
  Cluster gives(String... expected) {
    List<String> found = new ArrayList<>();
    for (Allocation one : handedOut) {
      found.add(one.framework() + " " + one.role() + " " + one.agent());
    }
    assertThat(found).containsExactlyInAnyOrderElementsOf(Arrays.asList(expected));
    return this;
  }

  Cluster givesAllOf(String framework, String role, String agent) {
    return gives(framework, role, agent, totals.get(agent));
  }

  Cluster gives(String framework, String role, String agent, String resources) {
    return gives(framework, role, agent, Resources.parse(resources));
  }

  Cluster gives(String framework, String role, String agent, Resources resources) {
    assertThat(handedOut).contains(new Allocation(framework, role, agent, resources));
    return this;
  }

  Cluster givesNothing() {
    assertThat(handedOut).isEmpty();
    return this;
  }
}
