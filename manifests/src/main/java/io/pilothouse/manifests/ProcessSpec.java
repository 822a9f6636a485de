package io.pilothouse.manifests;

import java.time.Duration;
import java.util.Collections;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * A process of a manifest.
 *
 * @param run a line for {@code /bin/sh -c}, run in the manifest's directory
 * @param env variables beside {@code PORT}, {@code PILOT_MACHINE} and {@code PILOT_HOME}
 * @param limits not enforced by this version
 * @param ready how to see that it serves; without it, it is ready while it runs
 * @param stopGrace time between TERM and KILL
 */
public record ProcessSpec(
    String name,
    String run,
    SortedMap<String, String> env,
    Limits limits,
    Restart restart,
    Optional<Ready> ready,
    Duration stopGrace) {

  public ProcessSpec {
    env = Collections.unmodifiableSortedMap(new TreeMap<>(env));
  }

  /** When a process that ended is started again. */
  public enum Restart {
    ALWAYS,
    ON_FAILURE,
    NEVER
  }

  /**
   * What it may use at most; empty = no limit.
   *
   * @param memory bytes
   */
  public record Limits(Optional<Double> cpus, Optional<Long> memory, OptionalInt pids) {
    public static final Limits NONE =
        new Limits(Optional.empty(), Optional.empty(), OptionalInt.empty());
  }

  /**
   * Readiness.
   *
   * @param timeout of one probe
   */
  public record Ready(Probe probe, Duration interval, Duration timeout) {}

  /** How one look is taken. A port left out is the machine's {@code PORT}. */
  public sealed interface Probe {

    /** GET of a path answers with a status from 200 to 399. */
    record Http(String path, OptionalInt port) implements Probe {}

    /** A connection can be made. */
    record Tcp(OptionalInt port) implements Probe {}

    /** A line for {@code /bin/sh -c} exits with 0. */
    record Command(String run) implements Probe {}
  }
}
