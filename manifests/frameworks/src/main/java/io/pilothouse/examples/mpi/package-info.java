/**
 * A rigid framework: a job of N ranks needs N slots at the same time, and lives or dies as a whole.
 * {@link io.pilothouse.examples.mpi.Gang} collects offers without hoarding them for ever, {@link
 * io.pilothouse.examples.mpi.Attempt} is a job that runs, {@link io.pilothouse.examples.mpi.Hydra}
 * has Debian's {@code mpich} do the rest, and {@link io.pilothouse.examples.mpi.Mpi} talks to the
 * scheduler.
 */
@NullMarked
package io.pilothouse.examples.mpi;

import org.jspecify.annotations.NullMarked;
