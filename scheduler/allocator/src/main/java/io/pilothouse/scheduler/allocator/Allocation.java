package io.pilothouse.scheduler.allocator;

import io.pilothouse.scheduler.allocator.resources.Resources;

/** Resources of one agent that one framework has in one role: offered, or in use. */
public record Allocation(String framework, String role, String agent, Resources resources) {}
