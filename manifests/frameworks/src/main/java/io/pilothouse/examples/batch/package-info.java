/**
 * An elastic framework: a queue of jobs of many short tasks, which takes what it is offered up to
 * what there is to do. {@link io.pilothouse.examples.batch.JobQueue} decides, {@link
 * io.pilothouse.examples.batch.Batch} talks to the scheduler.
 */
@NullMarked
package io.pilothouse.examples.batch;

import org.jspecify.annotations.NullMarked;
