/**
 * Who is next. Start with {@link io.pilothouse.scheduler.allocator.sorter.Sorter}: a tree of
 * clients (roles, or the frameworks of one role) that is kept in order change by change, by
 * weighted dominant share (Ghodsi et al., NSDI 2011) or by lot. {@link
 * io.pilothouse.scheduler.allocator.sorter.Totals} is what shares are parts of.
 */
@NullMarked
package io.pilothouse.scheduler.allocator.sorter;

import org.jspecify.annotations.NullMarked;
