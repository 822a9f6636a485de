package io.pilothouse.manifests;

import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * A process of a manifest.
 *
 * @param run a line for {@code /bin/sh -c}, run in the manifest's directory
 * @param env variables beside {@code PORT} and those that begin with {@code PILOT_}; those of its
 *     {@code env-files} are among them
 * @param user whom it runs as; empty = whoever the agent runs as
 * @param start when it is started, and started again
 * @param ready how to see that it serves; without it, it is ready while it runs
 * @param live how to see that it will never serve again and must be started anew
 * @param reload how it takes in changed files of {@link ManifestSpec#config}; empty = by a restart
 */
public record ProcessSpec(
    String name,
    String run,
    SortedMap<String, String> env,
    List<Secret> secrets,
    Optional<String> user,
    Limits limits,
    Logs logs,
    Start start,
    Optional<Look> ready,
    Optional<Live> live,
    Stop stop,
    Optional<Reload> reload) {

  public ProcessSpec {
    env = Collections.unmodifiableSortedMap(new TreeMap<>(env));
    secrets = List.copyOf(secrets);
  }

  /** Whether it may go on as the process of another version, having taken in changed files. */
  public boolean canReloadTo(ProcessSpec other) {
    return reload.isPresent() && equals(other);
  }

  /**
   * A file of the machine's {@code secrets/} that the process is given.
   *
   * @param name of the variable, or of the file below {@code PILOT_SECRETS}
   * @param from name of the file in {@code secrets/}
   */
  public record Secret(String name, String from, As as) {
    /** How the process gets it. */
    public enum As {
      ENV,
      FILE
    }
  }

  /**
   * What it may use at most, with all that it starts; empty = no limit.
   *
   * @param memory bytes
   */
  public record Limits(Optional<Double> cpus, Optional<Long> memory, OptionalInt pids) {
    public static final Limits NONE =
        new Limits(Optional.empty(), Optional.empty(), OptionalInt.empty());

    /** Whether nothing is limited. */
    public boolean isNone() {
      return equals(NONE);
    }
  }

  /**
   * Bounds of its log.
   *
   * @param maxSize bytes of one file
   * @param keep older files
   */
  public record Logs(long maxSize, int keep) {}

  /**
   * When it is started.
   *
   * @param after names of processes that must be ready first
   * @param timeout within which it must be ready; empty = any time
   */
  public record Start(
      List<String> after, Optional<Duration> timeout, Restart restart, BackOff backOff) {
    public Start {
      after = List.copyOf(after);
    }
  }

  /** When a process that ended is started again. */
  public enum Restart {
    ALWAYS,
    ON_FAILURE,
    NEVER
  }

  /** The pause before it is started again: doubled from the first to the longest. */
  public record BackOff(Duration first, Duration longest) {}

  /**
   * How one sees how it is, again and again.
   *
   * @param interval between two looks
   * @param timeout of one look
   */
  public record Look(Probe probe, Duration interval, Duration timeout) {}

  /**
   * Liveness.
   *
   * @param failures looks in a row that must fail before it is started anew
   */
  public record Live(Look look, int failures) {}

  /** How one look is taken. */
  public sealed interface Probe {

    /** GET of a path answers with a status from 200 to 399. */
    record Http(String path, Port port) implements Probe {}

    /** A connection can be made. */
    record Tcp(Port port) implements Probe {}

    /** A line for {@code /bin/sh -c} exits with 0. */
    record Command(String run) implements Probe {}
  }

  /**
   * A port.
   *
   * @param number itself, or what is added to the machine's {@code PORT}
   */
  public record Port(int number, boolean relative) {
    /** The machine's {@code PORT}. */
    public static final Port MACHINE = new Port(0, true);

    /** Its number where the machine's is {@code base}. */
    public int at(int base) {
      return relative ? base + number : number;
    }
  }

  /**
   * How it is stopped.
   *
   * @param before what is done while it still serves, so that whoever sends it work stops first
   * @param command a line for {@code /bin/sh -c} instead of TERM
   * @param grace time that it has before KILL
   */
  public record Stop(Optional<BeforeStop> before, Optional<String> command, Duration grace) {}

  /**
   * A hook before a stop.
   *
   * @param run a line for {@code /bin/sh -c}
   * @param pause after it, before the stop
   */
  public record BeforeStop(Optional<String> run, Duration pause, Duration timeout) {}

  /** How it is told that its files have changed. */
  public sealed interface Reload {

    /** A signal to the process itself, named without SIG. */
    record Signal(String name) implements Reload {}

    /** A line for {@code /bin/sh -c} that exits with 0 when it was taken in. */
    record Command(String run) implements Reload {}
  }
}
