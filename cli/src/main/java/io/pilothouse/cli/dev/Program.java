package io.pilothouse.cli.dev;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.pilothouse.cli.CliException;
import io.pilothouse.cli.ExitCode;
import io.pilothouse.cli.Home;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * One control-plane program of the fleet: its command, its log, and a run file that lets a later
 * command find the process again. A pid alone could have been given to another process, so its
 * start time is kept too.
 */
record Program(String name, List<String> command) {

  /** Starts it in a session of its own, so that a Ctrl-C here does not reach it. */
  void start(Home home) {
    if (process(home).isPresent()) {
      throw new CliException(
          ExitCode.REFUSED, "RUNNING", name + " is already running", "pilot dev kill " + name);
    }
    try {
      Files.createDirectories(home.log());
      Files.createDirectories(home.run());
      List<String> detached = new ArrayList<>(List.of("setsid"));
      detached.addAll(command);
      File log = home.log().resolve(name + ".log").toFile();
      ProcessBuilder builder =
          new ProcessBuilder(detached)
              .redirectInput(new File("/dev/null"))
              .redirectOutput(ProcessBuilder.Redirect.appendTo(log))
              .redirectErrorStream(true);
      builder.environment().put("PILOT_HOME", home.dir().toString());
      builder.environment().put("PILOT_PROGRAM", name);
      Process process = builder.start();
      write(home, process.toHandle());
    } catch (IOException e) {
      throw new UncheckedIOException("cannot start " + name, e);
    }
  }

  /** The running process, if it is this program's. */
  Optional<ProcessHandle> process(Home home) {
    return find(home, name);
  }

  private void write(Home home, ProcessHandle process) throws IOException {
    ObjectMapper mapper = new ObjectMapper();
    ObjectNode node = mapper.createObjectNode().put("name", name).put("pid", process.pid());
    node.put("started", startOf(process).map(Instant::toEpochMilli).orElse(0L));
    ArrayNode array = node.putArray("command");
    command.forEach(array::add);
    Path file = home.run().resolve(name + ".json");
    Path fresh = home.run().resolve(name + ".json.new");
    Files.writeString(fresh, mapper.writeValueAsString(node));
    Files.move(
        fresh,
        file,
        java.nio.file.StandardCopyOption.ATOMIC_MOVE,
        java.nio.file.StandardCopyOption.REPLACE_EXISTING);
  }

  private static Optional<Instant> startOf(ProcessHandle process) {
    return process.info().startInstant();
  }

  /** The program of that name as it was last started here. */
  static Optional<Program> read(Home home, String name) {
    return runFile(home, name)
        .map(
            node -> {
              List<String> command = new ArrayList<>();
              node.path("command").forEach(each -> command.add(each.asText()));
              return new Program(name, List.copyOf(command));
            });
  }

  /** Names of all programs started here. */
  static List<String> names(Home home) {
    if (!Files.isDirectory(home.run())) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(home.run())) {
      return files
          .map(each -> each.getFileName().toString())
          .filter(each -> each.endsWith(".json"))
          .map(each -> each.substring(0, each.length() - ".json".length()))
          .sorted()
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot list " + home.run(), e);
    }
  }

  private static Optional<ProcessHandle> find(Home home, String name) {
    return runFile(home, name)
        .flatMap(
            node ->
                ProcessHandle.of(node.path("pid").asLong())
                    .filter(ProcessHandle::isAlive)
                    .filter(each -> sameStart(each, node.path("started").asLong())));
  }

  private static boolean sameStart(ProcessHandle process, long started) {
    Duration apart =
        Duration.between(startOf(process).orElse(Instant.EPOCH), Instant.ofEpochMilli(started));
    // the kernel counts in ticks since boot, read back a moment apart
    return apart.abs().compareTo(Duration.ofSeconds(2)) < 0;
  }

  private static Optional<JsonNode> runFile(Home home, String name) {
    Path file = home.run().resolve(name + ".json");
    if (!Files.isRegularFile(file)) {
      return Optional.empty();
    }
    try {
      return Optional.of(new ObjectMapper().readTree(file.toFile()));
    } catch (IOException e) {
      throw new UncheckedIOException(file + " cannot be read; remove it and start again", e);
    }
  }
}
