package io.pilothouse.scheduler.core;

import io.pilothouse.mesos.v1.ExecutorInfo;
import io.pilothouse.scheduler.allocator.Allocation;
import io.pilothouse.scheduler.wire.ResourceForm;

/** One that a framework brought, on one machine; it has resources of its own until it ends. */
record Executor(Framework framework, String agent, String role, ExecutorInfo info) {
  String id() {
    return info.getExecutorId().getValue();
  }

  Allocation allocation() {
    return new Allocation(framework.id, role, agent, ResourceForm.read(info.getResourcesList()));
  }
}
