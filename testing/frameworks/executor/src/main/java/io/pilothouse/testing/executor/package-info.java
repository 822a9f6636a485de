/**
 * An executor as its author would have written it for Mesos' own driver: nothing of ours is named
 * in it. {@code testing/offers} runs it; start at {@link io.pilothouse.testing.executor.Main}.
 */
@NullMarked
package io.pilothouse.testing.executor;

import org.jspecify.annotations.NullMarked;
