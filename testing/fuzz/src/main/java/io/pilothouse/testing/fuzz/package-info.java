/**
 * Feeds spoiled inputs to whatever reads bytes from outside. Start at {@link
 * io.pilothouse.testing.fuzz.Fuzz}; the classes called {@code *FuzzTest} in the modules say what is
 * fed, and {@code testing/fuzz/soak} runs them for long.
 */
@NullMarked
package io.pilothouse.testing.fuzz;

import org.jspecify.annotations.NullMarked;
