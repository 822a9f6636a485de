/**
 * Tasks of frameworks on one machine: started in sandboxes, found again after an agent restart,
 * ended with all that they started, and told of until the framework has heard it. A part of the
 * agent. Start at {@link io.pilothouse.tasks.Tasks}; what it is told and tells goes through {@link
 * io.pilothouse.tasks.SchedulerLink}.
 */
@NullMarked
package io.pilothouse.tasks;

import org.jspecify.annotations.NullMarked;
