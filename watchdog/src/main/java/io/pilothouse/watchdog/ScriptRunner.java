package io.pilothouse.watchdog;

import io.pilothouse.api.v1.VerdictKind;
import io.pilothouse.api.v1.WatchdogSpec;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * Runs a health script and judges it by the {@link PluginConvention}. A time-out, and a file that
 * cannot be executed, are UNKNOWN.
 *
 * <p>The script runs in a session of its own, and whatever is left of its process group is killed
 * at its end or at the time-out: killing the script alone leaves what it started, and that keeps
 * its output open. One that does not even die of KILL (state D) is given up, and not started again
 * while it is there.
 */
public final class ScriptRunner {
  private static final Duration KILL_WAIT = Duration.ofSeconds(2);
  private static final Path MEMORY = Path.of("/dev/shm");

  /** A run that was given up. */
  private record Stuck(Process process, Instant since) {}

  private final ProcessGroups.Signal signal;
  private final Path pipes;
  private final Map<Path, Stuck> stuck = new ConcurrentHashMap<>();

  public ScriptRunner() {
    this(ProcessGroups::signal, pipes());
  }

  ScriptRunner(ProcessGroups.Signal signal, Path pipes) {
    this.signal = signal;
    this.pipes = pipes;
    ScriptStreams.removeLeftovers(pipes);
  }

  /** In memory where that is possible: a script must be able to say that the disk is broken. */
  private static Path pipes() {
    return Files.isWritable(MEMORY) ? MEMORY : Path.of(System.getProperty("java.io.tmpdir"));
  }

  /**
   * What to run.
   *
   * @param directory that it runs in; a relative {@code command} begins there
   * @param command how it is called: the script's path, or a shorter one that its user can reach
   * @param timeoutIsError whether a time-out is an ERROR rather than UNKNOWN
   * @param environment all of it, but for {@code PATH} and {@code LANG}
   * @param protocol how its exit status is read
   */
  public record Job(
      Path script,
      String command,
      List<String> args,
      Path directory,
      RunAs user,
      Duration timeout,
      boolean timeoutIsError,
      Map<String, String> environment,
      WatchdogSpec.Protocol protocol) {

    public Job {
      args = List.copyOf(args);
      environment = Map.copyOf(environment);
    }

    /** A script by its path, as this program's user. */
    public static Job of(Path script, Path directory, Duration timeout) {
      return new Job(
          script,
          script.toString(),
          List.of(),
          directory,
          RunAs.self(),
          timeout,
          false,
          Map.of(),
          WatchdogSpec.Protocol.NAGIOS);
    }

    public Job args(List<String> with) {
      return new Job(
          script, command, with, directory, user, timeout, timeoutIsError, environment, protocol);
    }

    public Job user(RunAs as) {
      return new Job(
          script, command, args, directory, as, timeout, timeoutIsError, environment, protocol);
    }

    public Job environment(Map<String, String> all) {
      return new Job(
          script, command, args, directory, user, timeout, timeoutIsError, all, protocol);
    }

    /** As its watchdog says: arguments, protocol, meaning of a time-out. */
    public Job as(WatchdogSpec spec) {
      return new Job(
          script,
          command,
          spec.getArgsList().isEmpty() ? args : spec.getArgsList(),
          directory,
          user,
          timeout,
          spec.getTimeoutIsError(),
          environment,
          spec.getProtocol());
    }
  }

  /** Runs it to its end, or to its time-out; when interrupted, it is killed. */
  public ScriptResult run(Job job) throws InterruptedException {
    long start = System.nanoTime();
    Stuck before = stuck.get(job.script());
    if (before != null && before.process().isAlive()) {
      return unknown(unkillable(before) + "; it is not started again", start);
    }
    stuck.remove(job.script());
    if (!Files.isRegularFile(job.script())) {
      return unknown(job.script() + " is not there", start);
    }
    if (!Files.isExecutable(job.script())) {
      return unknown(job.script() + " is not executable: chmod +x it", start);
    }
    try (ScriptStreams streams = new ScriptStreams(pipes)) {
      return run(job, streams, start);
    } catch (IOException e) {
      return unknown("cannot be run: " + e.getMessage(), start);
    }
  }

  private ScriptResult run(Job job, ScriptStreams streams, long start)
      throws IOException, InterruptedException {
    Process process = start(job, streams);
    try {
      streams.read();
      if (!process.waitFor(job.timeout().toMillis(), TimeUnit.MILLISECONDS)) {
        return timedOut(job, process, streams, start);
      }
      Duration took = since(start);
      kill(process); // what it started and left behind, which may hold its output open
      streams.ended();
      return PluginConvention.judge(
          job.protocol(), process.exitValue(), streams.output(), streams.errors(), took);
    } catch (InterruptedException | IOException e) {
      process.destroyForcibly();
      Thread.interrupted(); // or the kill could not be waited for
      kill(process);
      throw e;
    }
  }

  private static Process start(Job job, ScriptStreams streams) throws IOException {
    List<String> command = new ArrayList<>(List.of("setsid"));
    command.addAll(job.user().prefix());
    command.add(job.command());
    command.addAll(job.args());
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(job.directory().toFile())
            .redirectInput(new File("/dev/null"))
            .redirectOutput(streams.out().toFile())
            .redirectError(streams.err().toFile());
    // what this program was started with is not the script's affair, and may hold secrets
    Map<String, String> environment = builder.environment();
    String path = environment.getOrDefault("PATH", "/usr/bin:/bin");
    environment.clear();
    environment.put("PATH", path);
    environment.put("LANG", "C.UTF-8");
    environment.putAll(job.environment());
    return builder.start();
  }

  private ScriptResult timedOut(Job job, Process process, ScriptStreams streams, long start)
      throws IOException, InterruptedException {
    kill(process);
    String text = "timed out after " + job.timeout().toMillis() + " ms";
    if (process.waitFor(KILL_WAIT.toMillis(), TimeUnit.MILLISECONDS)) {
      streams.ended();
    } else {
      Stuck now = new Stuck(process, Instant.now().truncatedTo(ChronoUnit.SECONDS));
      stuck.put(job.script(), now);
      text += ", " + unkillable(now);
    }
    VerdictKind kind = job.timeoutIsError() ? VerdictKind.ERROR : VerdictKind.UNKNOWN;
    return ScriptResult.of(kind, text, since(start), streams.errors());
  }

  private static String unkillable(Stuck run) {
    return "unkillable since %s (pid %d)".formatted(run.since(), run.process().pid());
  }

  private void kill(Process process) throws IOException, InterruptedException {
    // the script's pid is its group's: setsid made it the leader
    signal.send(process.pid(), "KILL");
  }

  private static ScriptResult unknown(String text, long start) {
    return ScriptResult.of(VerdictKind.UNKNOWN, text, since(start), "");
  }

  private static Duration since(long start) {
    return Duration.ofNanos(System.nanoTime() - start);
  }
}
