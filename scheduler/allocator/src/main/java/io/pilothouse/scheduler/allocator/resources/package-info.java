/**
 * Arithmetic of what machines have. Start with {@link
 * io.pilothouse.scheduler.allocator.resources.Resources}: an immutable collection in canonical
 * order that can be added, subtracted and compared. Each of its entries is a {@link
 * io.pilothouse.scheduler.allocator.resources.Kind} (all that tells resources apart) and a {@link
 * io.pilothouse.scheduler.allocator.resources.Value} (how much).
 */
@NullMarked
package io.pilothouse.scheduler.allocator.resources;

import org.jspecify.annotations.NullMarked;
