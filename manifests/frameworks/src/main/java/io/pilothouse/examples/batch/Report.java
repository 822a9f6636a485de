package io.pilothouse.examples.batch;

import java.time.Duration;

/**
 * What became of a job.
 *
 * @param retried how many tasks were run again, in all
 * @param waited from its submission to its first task
 * @param ran from its first task to the end of its last
 * @param failed whether a task failed too often; then the rest was given up
 */
public record Report(Job job, int retried, Duration waited, Duration ran, boolean failed) {}
