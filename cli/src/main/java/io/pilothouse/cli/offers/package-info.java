/**
 * The offers layer: frameworks, roles and tasks, as the scheduler that leads tells of them. Start
 * with {@link io.pilothouse.cli.offers.SchedulerCommand}.
 */
@NullMarked
package io.pilothouse.cli.offers;

import org.jspecify.annotations.NullMarked;
