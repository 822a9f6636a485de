package io.pilothouse.agent;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** A program in a process of its own, and what it has said so far. */
final class Started implements AutoCloseable {
  private static final long PATIENCE_S = 60;

  private final Process process;
  private final Path log;

  private Started(Process process, Path log) {
    this.process = process;
    this.log = log;
  }

  /**
   * @param log both of its outputs go there
   */
  static Started program(Path log, Map<String, String> environment, List<String> command)
      throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .redirectInput(new File("/dev/null"));
    builder.environment().putAll(environment);
    return new Started(builder.start(), log);
  }

  /**
   * @param arguments the class, and its own
   */
  static Started java(Path log, String classPath, List<String> arguments) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx256m", "-cp", classPath));
    command.addAll(arguments);
    return program(log, Map.of(), command);
  }

  String said() {
    try {
      return Files.readString(log);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  boolean isAlive() {
    return process.isAlive();
  }

  /** Waits for a line that begins so, and returns the rest of it. */
  String says(String beginning) {
    OfferedFleet.until(
        () -> {
          // in this order: what an ended one said is all there
          boolean alive = isAlive();
          boolean said = line(beginning).isPresent();
          assertThat(said || alive).as("\"%s\" of what ended: %s", beginning, said()).isTrue();
          return said;
        });
    return line(beginning).orElseThrow();
  }

  private Optional<String> line(String beginning) {
    String all = said();
    // the last line may be half written
    return all.substring(0, all.lastIndexOf('\n') + 1)
        .lines()
        .filter(line -> line.startsWith(beginning))
        .map(line -> line.substring(beginning.length()))
        .findFirst();
  }

  /** Waits for its end, and returns all that it said. */
  String ends(int status) throws InterruptedException {
    assertThat(process.waitFor(PATIENCE_S, TimeUnit.SECONDS)).as("it ends: %s", said()).isTrue();
    assertThat(process.exitValue()).as(said()).isEqualTo(status);
    return said();
  }

  @Override
  public void close() {
    var unused = process.destroyForcibly().onExit().orTimeout(PATIENCE_S, TimeUnit.SECONDS).join();
  }
}
