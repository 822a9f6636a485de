package io.pilothouse.examples.mpi;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * What became of a job.
 *
 * @param starts how often it was started
 * @param waited from its submission to its last start
 * @param ran from its last start to its end
 * @param machines on which it ran last, each named as often as it was used
 * @param failure why it was given up; empty: it did what it was to do
 */
public record Report(
    MpiJob job,
    int starts,
    Duration waited,
    Duration ran,
    List<String> machines,
    Optional<String> failure) {
  public Report {
    machines = List.copyOf(machines);
  }
}
