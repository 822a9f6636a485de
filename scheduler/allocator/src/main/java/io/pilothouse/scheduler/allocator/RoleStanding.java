package io.pilothouse.scheduler.allocator;

import io.pilothouse.scheduler.allocator.resources.Quantities;

/**
 * What was set of a role, and what is charged to it.
 *
 * @param consumed by it and all below: what is reserved for them, used or not, and what they have
 *     beside that
 */
public record RoleStanding(
    String role, double weight, int priority, Quota quota, Quantities consumed) {}
