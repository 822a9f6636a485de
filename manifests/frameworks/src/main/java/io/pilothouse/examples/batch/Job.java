package io.pilothouse.examples.batch;

/**
 * A command to be run many times, each time with another {@code TASK}.
 *
 * @param name unique among all jobs of a framework
 * @param tasks how often; {@code TASK} is from 1 to this
 * @param command for the shell; it finds {@code JOB} and {@code TASK}
 * @param cpus of one task
 * @param mem MiB of one task
 */
public record Job(String name, int tasks, String command, double cpus, double mem) {
  public Job {
    // part of its tasks' ids, which are names of directories on machines
    if (!name.matches("[A-Za-z0-9][A-Za-z0-9_-]{0,63}")) {
      throw new IllegalArgumentException(
          "job '%s': a name has letters, digits, - and _, at most 64".formatted(name));
    }
    if (tasks < 1) {
      throw new IllegalArgumentException(
          "job %s has %d tasks: at least one is needed".formatted(name, tasks));
    }
    if (cpus <= 0 || mem <= 0) {
      throw new IllegalArgumentException(
          "job %s asks for %s cpus and %s MiB: both must be more than nothing"
              .formatted(name, cpus, mem));
    }
  }
}
