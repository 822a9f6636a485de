/**
 * A process with all that it starts, however far that forks away: found again after a restart of
 * whoever started it, limited by control groups, signalled and killed as one. Shared by what runs a
 * manifest's processes and what runs frameworks' tasks. Start at {@link
 * io.pilothouse.processes.Family} and {@link io.pilothouse.processes.Cgroups}.
 */
@NullMarked
package io.pilothouse.processes;

import org.jspecify.annotations.NullMarked;
