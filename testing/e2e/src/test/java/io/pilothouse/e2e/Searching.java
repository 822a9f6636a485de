package io.pilothouse.e2e;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** The example's load generator, asking both frontends of a fleet all the while. */
final class Searching implements AutoCloseable {
  private static final Duration END = Duration.ofSeconds(30);

  private final Process process;
  private final Path out;
  private final Path err;
  private final List<String> begun = new ArrayList<>();

  private Searching(Process process, Path out, Path err) {
    this.process = process;
    this.out = out;
    this.err = err;
  }

  /** Starts it; few queries a second, for the machine has everything else to do as well. */
  static Searching start(List<String> frontends) {
    Path script = PilotCli.module().resolve("../../manifests/examples/index-serving/load");
    List<String> command = new ArrayList<>(List.of(script.normalize().toString()));
    command.addAll(List.of("--json", "--rate", "20", "--connections", "6"));
    command.addAll(frontends);
    try {
      Path out = Files.createTempFile("load", ".out");
      Path err = Files.createTempFile("load", ".err");
      Process process =
          new ProcessBuilder(command)
              .redirectInput(ProcessBuilder.Redirect.PIPE)
              .redirectOutput(out.toFile())
              .redirectError(err.toFile())
              .start();
      return new Searching(process, out, err);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** What is asked from now on counts under this name. */
  void phase(String name) {
    begun.add(name);
    try {
      process.getOutputStream().write((name + "\n").getBytes(StandardCharsets.UTF_8));
      process.getOutputStream().flush();
    } catch (IOException e) {
      throw new UncheckedIOException("the load generator is gone: " + complaints(), e);
    }
  }

  List<String> begun() {
    return List.copyOf(begun);
  }

  /** The first requests that were not answered in full, as it told them. */
  String complaints() {
    try {
      return Files.readString(err);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Ends it, and returns the counts by phase in their order; {@code all} is the sum. */
  Map<String, JsonNode> end() {
    try {
      process.getOutputStream().close();
      if (!process.waitFor(END.toMillis(), TimeUnit.MILLISECONDS)) {
        throw new AssertionError("the load generator does not end: " + complaints());
      }
      Map<String, JsonNode> phases = new LinkedHashMap<>();
      for (String line : Files.readAllLines(out)) {
        JsonNode phase = Keys.parse(line);
        phases.put(phase.path("phase").asText(), phase);
      }
      return phases;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    process.destroyForcibly();
    for (Path file : List.of(out, err)) {
      File written = file.toFile();
      if (!written.delete()) {
        written.deleteOnExit();
      }
    }
  }
}
