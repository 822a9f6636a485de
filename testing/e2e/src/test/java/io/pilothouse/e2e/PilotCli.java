package io.pilothouse.e2e;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * Runs {@code pilot} through its launcher, without a terminal, with one fleet's {@code PILOT_HOME}.
 *
 * @param home the fleet's directory, which may not exist yet
 * @param environment beside its own
 */
record PilotCli(Path home, Map<String, String> environment) {
  private static final Duration LIMIT = Duration.ofSeconds(60);

  PilotCli(Path home) {
    this(home, Map.of());
  }

  /** The launcher of this checkout; another one with {@code -Dpilot.launcher=PATH}. */
  static Path launcher() {
    String other = System.getProperty("pilot.launcher");
    Path launcher = other == null ? module().resolve("../../pilot") : Path.of(other);
    return launcher.toAbsolutePath().normalize();
  }

  /** What was built and is run. */
  static Path distribution() {
    String other = System.getProperty("pilot.dist");
    return other == null
        ? launcher().resolveSibling("packaging/target/pilothouse")
        : Path.of(other);
  }

  /** The directory of this module, wherever the build was started. */
  static Path module() {
    return Path.of(System.getProperty("basedir", "")).toAbsolutePath().normalize();
  }

  Ran run(String... args) {
    return run(LIMIT, args);
  }

  /** Runs a command that may take longer; it is killed, and the test fails, at the limit. */
  Ran run(Duration limit, String... args) {
    List<String> command = new ArrayList<>(List.of(launcher().toString()));
    command.addAll(List.of(args));
    String typed = "pilot " + String.join(" ", args);
    try {
      // files, not pipes: a pipe that fills up, or that a daemon keeps open, would hang the test
      File out = File.createTempFile("pilot", ".out");
      File err = File.createTempFile("pilot", ".err");
      long start = System.nanoTime();
      Process process = start(new ProcessBuilder(command).redirectOutput(out).redirectError(err));
      boolean ended = process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS);
      if (!ended) {
        destroy(process);
      }
      Duration took = Duration.ofNanos(System.nanoTime() - start);
      Ran ran =
          new Ran(
              typed,
              ended ? process.exitValue() : -1,
              Files.readString(out.toPath()),
              Files.readString(err.toPath()),
              took);
      Files.delete(out.toPath());
      Files.delete(err.toPath());
      if (!ended) {
        throw new AssertionError("still running at its limit of " + limit + ": " + ran);
      }
      return ran;
    } catch (IOException e) {
      throw new UncheckedIOException("cannot run " + typed, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while running " + typed, e);
    }
  }

  /** What the command says with {@code -o json}; it must succeed. */
  JsonNode json(String... args) {
    return run(Stream.concat(Stream.of(args), Stream.of("-o", "json")).toArray(String[]::new))
        .exits(0)
        .json();
  }

  /** A command that goes on until it is closed, for example {@code events --follow}. */
  Running start(String... args) {
    List<String> command = new ArrayList<>(List.of(launcher().toString()));
    command.addAll(List.of(args));
    try {
      Path out = Files.createTempFile("pilot", ".out");
      ProcessBuilder builder =
          new ProcessBuilder(command)
              .redirectOutput(out.toFile())
              .redirectError(ProcessBuilder.Redirect.DISCARD);
      return new Running(start(builder), out);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A command under way. */
  record Running(Process process, Path file) implements AutoCloseable {

    String out() {
      try {
        return Files.readString(file);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    @Override
    public void close() {
      try {
        destroy(process);
        Files.delete(file);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException("interrupted while ending a command", e);
      }
    }
  }

  private Process start(ProcessBuilder builder) throws IOException {
    builder.redirectInput(new File("/dev/null"));
    builder.environment().putAll(environment);
    builder.environment().put("PILOT_HOME", home.toString());
    builder.environment().remove("PILOT_SERVERS");
    return builder.start();
  }

  private static void destroy(Process process) throws InterruptedException {
    List<ProcessHandle> started = process.descendants().toList();
    process.destroyForcibly();
    started.forEach(ProcessHandle::destroyForcibly);
    process.waitFor();
  }
}
