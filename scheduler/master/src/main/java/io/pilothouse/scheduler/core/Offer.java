package io.pilothouse.scheduler.core;

import io.pilothouse.scheduler.allocator.Allocation;
import io.pilothouse.scheduler.allocator.resources.Resources;

/** Resources that wait for a framework's answer. */
record Offer(
    String id,
    Framework framework,
    Agent agent,
    String role,
    Resources resources,
    long expires,
    io.pilothouse.mesos.v1.Offer message) {

  Allocation allocation() {
    return new Allocation(framework.id, role, agent.id, resources);
  }

  /** Identity: two are never the same. */
  @Override
  public boolean equals(Object other) {
    return this == other;
  }

  @Override
  public int hashCode() {
    return id.hashCode();
  }

  @Override
  public String toString() {
    return id;
  }
}
