/**
 * Frameworks, offers, tasks and agents: what a scheduler decides. One thread, no clock, no chance:
 * the same inputs in the same order give the same outputs, so that a simulation can run thousands
 * of schedules and replay a fault.
 */
@NullMarked
package io.pilothouse.scheduler.core;

import org.jspecify.annotations.NullMarked;
