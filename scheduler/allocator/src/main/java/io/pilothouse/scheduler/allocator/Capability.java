package io.pilothouse.scheduler.allocator;

/** What a framework says it can cope with, as far as that decides what it is offered. */
public enum Capability {
  /**
   * Else it gets nothing of a machine that has GPUs, so that these stay free for who needs them.
   */
  GPU_RESOURCES,
  /** Else no resources that can be taken back at any time. */
  REVOCABLE_RESOURCES,
  /** Else no volumes that others use at the same time. */
  SHARED_RESOURCES,
  /** Several roles; the allocator takes any number of them from everybody. */
  MULTI_ROLE,
  /** Else nothing whose reservation refines another one. */
  RESERVATION_REFINEMENT,
  /** Else nothing of another region. */
  REGION_AWARE
}
