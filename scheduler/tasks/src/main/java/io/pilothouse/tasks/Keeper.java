package io.pilothouse.tasks;

import io.pilothouse.filesync.DurableFiles;
import io.pilothouse.processes.ProcFs;
import java.io.File;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * A small shell beside each task, in a session of its own, which waits for it and writes down how
 * it ended. Only a parent learns that, and an agent that was restarted is none.
 *
 * @param startTicks tells it from a later process with the same pid
 */
record Keeper(long pid, long startTicks) {
  private static final String SCRIPT =
      """
      meta=$1
      shift
      setsid "$@" &
      echo $! >"$meta/pid.new" && mv "$meta/pid.new" "$meta/pid"
      wait $!
      echo $? >"$meta/status.new" && mv "$meta/status.new" "$meta/status"
      """;

  /**
   * Starts a task.
   *
   * @param meta directory of its own for what it writes down
   * @param marks variables that the task has and this shell has not: whoever ends the task finds
   *     all of it by them, and must leave this
   */
  static Process start(
      Path meta,
      List<String> command,
      Path sandbox,
      Map<String, String> environment,
      Map<String, String> marks)
      throws IOException {
    List<String> all =
        new ArrayList<>(
            List.of("setsid", "/bin/sh", "-c", SCRIPT, "pilot-keep", meta.toString(), "env"));
    marks.forEach((name, value) -> all.add(name + "=" + value));
    all.addAll(command);
    ProcessBuilder builder =
        new ProcessBuilder(all)
            .directory(sandbox.toFile())
            .redirectInput(new File("/dev/null"))
            .redirectOutput(Redirect.appendTo(sandbox.resolve("stdout").toFile()))
            .redirectError(Redirect.appendTo(sandbox.resolve("stderr").toFile()));
    builder.environment().clear();
    builder.environment().putAll(environment);
    return builder.start();
  }

  /** Of a process that {@link #start} started; remembered for the next agent. */
  static Keeper remember(Path meta, Process process) throws IOException {
    // one that ended at once has no ticks left to read, and has written its status
    Keeper keeper = new Keeper(process.pid(), ProcFs.startTicks(process.pid()).orElse(0));
    String text = "%d %d%n".formatted(keeper.pid(), keeper.startTicks());
    DurableFiles.replace(meta.resolve("keeper"), text.getBytes(StandardCharsets.UTF_8));
    return keeper;
  }

  /** The one that an agent before this one started; empty when it came to none. */
  static Optional<Keeper> of(Path meta) throws IOException {
    List<Long> numbers = numbers(meta.resolve("keeper"));
    return numbers.size() == 2
        ? Optional.of(new Keeper(numbers.get(0), numbers.get(1)))
        : Optional.empty();
  }

  boolean runs() {
    return ProcFs.runs(pid, startTicks);
  }

  /** The task's process, which leads its group and session. */
  static OptionalLong task(Path meta) throws IOException {
    List<Long> numbers = numbers(meta.resolve("pid"));
    return numbers.size() == 1 ? OptionalLong.of(numbers.getFirst()) : OptionalLong.empty();
  }

  /** How it ended, as sh(1) tells; empty when nobody saw it. */
  static OptionalInt status(Path meta) throws IOException {
    List<Long> numbers = numbers(meta.resolve("status"));
    return numbers.size() == 1
        ? OptionalInt.of(Math.toIntExact(numbers.getFirst()))
        : OptionalInt.empty();
  }

  private static List<Long> numbers(Path file) throws IOException {
    if (!Files.isRegularFile(file)) {
      return List.of();
    }
    try {
      return List.of(Files.readString(file).strip().split(" ", -1)).stream()
          .map(Long::valueOf)
          .toList();
    } catch (NumberFormatException e) {
      return List.of(); // emptied by a power loss: then the process is gone, too
    }
  }
}
