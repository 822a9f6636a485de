/**
 * Looks into sandboxes that are under way: asked for by people and tools, answered by agents, past
 * the core.
 */
@NullMarked
package io.pilothouse.scheduler.sandboxes;

import org.jspecify.annotations.NullMarked;
