package io.pilothouse.tasks;

import io.pilothouse.processes.Cgroups;
import io.pilothouse.tasks.fetch.FetchLimits;
import io.pilothouse.tasks.fetch.Fetcher;
import io.pilothouse.tasks.oci.Bundles;
import io.pilothouse.tasks.oci.ContainerSettings;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;

/**
 * What all tasks of a machine share.
 *
 * @param name of the machine
 * @param disk of the machine; the tasks' own is below it
 * @param environment of all that runs there
 * @param clock for the times that frameworks are told
 * @param firstRetry until a status is told again, doubled up to ten minutes
 * @param changed called when there is something to do at once
 * @param fetcher of what commands name as their URIs
 * @param rules that hold now for what tasks use
 * @param executorPorts where executors find the agent
 * @param bundles of containers
 */
public record Machine(
    String name,
    Path disk,
    Cgroups cgroups,
    Map<String, String> environment,
    InstantSource clock,
    Duration firstRetry,
    Runnable changed,
    Fetcher fetcher,
    Supplier<Rules> rules,
    PortRange executorPorts,
    Bundles bundles) {

  /** How Mesos' agents do it. */
  public static final Duration RETRY = Duration.ofSeconds(10);

  /** The variable that all of a task are told by, beside the machine's disk. */
  static final String MARK = "PILOT_TASK";

  /** Copies what is given. */
  public Machine {
    environment = new TreeMap<>(environment);
  }

  /** One with all else as usual. */
  public Machine(
      String name,
      Path disk,
      Cgroups cgroups,
      Map<String, String> environment,
      InstantSource clock,
      Duration firstRetry,
      Runnable changed) {
    this(
        name,
        disk,
        cgroups,
        environment,
        clock,
        firstRetry,
        changed,
        fetcher(disk, FetchLimits.usual(FetchLimits.CACHE)),
        () -> Rules.USUAL,
        PortRange.ANY,
        bundles(disk, ContainerSettings.none()));
  }

  /** Containers below the tasks' directory. */
  public static Bundles bundles(Path disk, ContainerSettings settings) {
    return new Bundles(new TaskDisk(disk.resolve("tasks")).root(), settings);
  }

  /** One that keeps what it fetched below the tasks' directory. */
  public static Fetcher fetcher(Path disk, FetchLimits limits) {
    return new Fetcher(new TaskDisk(disk.resolve("tasks")).fetch(), limits);
  }

  TaskDisk tasks() {
    return new TaskDisk(disk.resolve("tasks"));
  }

  /** Seconds since the epoch, as Mesos writes times. */
  double seconds() {
    return clock.millis() / 1000.0;
  }
}
