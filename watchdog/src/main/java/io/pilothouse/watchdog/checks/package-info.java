/**
 * Built-in watchdogs that look at the machine they run on. Each is a {@link
 * io.pilothouse.watchdog.checks.Check}; the agent runs them on their schedules. Their names, faults
 * and arguments are in {@link io.pilothouse.manifests.BuiltInWatchdogs}.
 */
@NullMarked
package io.pilothouse.watchdog.checks;

import org.jspecify.annotations.NullMarked;
