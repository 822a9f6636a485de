/**
 * Who is offered what. Start with {@link io.pilothouse.scheduler.allocator.Allocator}, which is all
 * that the scheduler's core sees; {@link io.pilothouse.scheduler.allocator.HierarchicalAllocator}
 * keeps the books and {@link io.pilothouse.scheduler.allocator.Cycle} decides.
 * docs/internals/offers.md says how.
 *
 * <p>Pure: times and a seed are given; the same calls give the same results. One thread at a time.
 */
@NullMarked
package io.pilothouse.scheduler.allocator;

import org.jspecify.annotations.NullMarked;
