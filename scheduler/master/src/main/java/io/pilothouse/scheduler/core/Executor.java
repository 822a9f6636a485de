package io.pilothouse.scheduler.core;

import io.pilothouse.mesos.v1.ExecutorInfo;
import io.pilothouse.scheduler.allocator.Allocation;
import io.pilothouse.scheduler.wire.ResourceForm;

/** One that a framework brought, on one machine; it has resources of its own until it ends. */
final class Executor {
  private final Framework framework;
  private final Agent agent;
  private final String role;
  private final ExecutorInfo info;

  /**
   * Its agent has listed it, or told of something that it did: it is there until the agent says
   * that it has ended. One that never was shown may never have been started.
   */
  boolean shown;

  Executor(Framework framework, Agent agent, String role, ExecutorInfo info) {
    this.framework = framework;
    this.agent = agent;
    this.role = role;
    this.info = info;
  }

  Framework framework() {
    return framework;
  }

  ExecutorInfo info() {
    return info;
  }

  String id() {
    return info.getExecutorId().getValue();
  }

  Allocation allocation() {
    return new Allocation(
        framework.id, role, agent.id, agent.named(ResourceForm.read(info.getResourcesList())));
  }
}
