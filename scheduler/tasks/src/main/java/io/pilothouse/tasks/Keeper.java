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
 * it ended. Only a parent learns that, and an agent that was restarted is none. Where there is no
 * room for it the shell waits until there is: until then the task counts as one that runs.
 *
 * @param startTicks tells it from a later process with the same pid
 * @param boot in which it was started; empty where an agent wrote none down
 */
record Keeper(long pid, long startTicks, String boot) {
  /** Field 22 of proc(5), stat, is the twentieth behind the name: when the task started. */
  private static final String SCRIPT =
      """
      meta=$1
      shift
      setsid "$@" <"$meta/command" &
      task=$!
      read -r stat <"/proc/$task/stat"
      read -r boot </proc/sys/kernel/random/boot_id
      set -- ${stat##*)}
      echo "$task ${20} $boot" >"$meta/pid.new" && mv "$meta/pid.new" "$meta/pid"
      wait $task
      status=$?
      until echo $status >"$meta/status.new" && mv "$meta/status.new" "$meta/status"; do
        [ -d "$meta" ] || exit
        sleep 1
      done 2>/dev/null
      """;

  /**
   * Starts a task.
   *
   * @param meta directory of its own for what it writes down; {@code command} in it is the task's
   *     standard input at first, see {@link TaskCommand}
   * @param environment of the keeper, with nothing of the task's: it may run as another user
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

  /** Of a process that {@link #start} started. */
  static Keeper of(Process process) throws IOException {
    // one that ended at once has no ticks left to read, and has written its status
    long ticks = ProcFs.startTicks(process.pid()).orElse(0);
    return new Keeper(process.pid(), ticks, ProcFs.bootId());
  }

  /** For the next agent. */
  void remember(Path meta) throws IOException {
    String text = "%d %d %s%n".formatted(pid, startTicks, boot);
    DurableFiles.replace(meta.resolve("keeper"), text.getBytes(StandardCharsets.UTF_8));
  }

  /** The one that an agent before this one started; empty when it came to none. */
  static Optional<Keeper> of(Path meta) throws IOException {
    return written(meta.resolve("keeper"));
  }

  /** A pid with what tells it from others; empty where less than that is written. */
  private static Optional<Keeper> written(Path file) throws IOException {
    List<String> words = words(file);
    try {
      return words.size() < 2
          ? Optional.empty()
          : Optional.of(
              new Keeper(
                  Long.parseLong(words.get(0)),
                  Long.parseLong(words.get(1)),
                  words.size() > 2 ? words.get(2) : ""));
    } catch (NumberFormatException e) {
      return Optional.empty(); // emptied by a power loss: then the process is gone, too
    }
  }

  boolean runs() {
    return ProcFs.runs(pid, startTicks) && (boot.isEmpty() || boot.equals(thisBoot()));
  }

  private static String thisBoot() {
    try {
      return ProcFs.bootId();
    } catch (IOException e) {
      return "unknown"; // then nothing is taken for what was started in another
    }
  }

  /**
   * The task's process, which leads its group and session; empty unless it is certain that it runs
   * and is no later one with its pid.
   */
  static OptionalLong task(Path meta) throws IOException {
    Optional<Keeper> written = written(meta.resolve("pid"));
    return written.filter(each -> !each.boot().isEmpty() && each.runs()).isPresent()
        ? OptionalLong.of(written.get().pid())
        : OptionalLong.empty();
  }

  /** The same by its parent, where nothing is written: on a full disk, or by an older agent. */
  OptionalLong child() {
    return runs()
        ? ProcessHandle.of(pid).stream()
            .flatMap(ProcessHandle::children)
            .mapToLong(ProcessHandle::pid)
            .filter(each -> ProcFs.stat(each).filter(at -> at.session() == each).isPresent())
            .findFirst()
        : OptionalLong.empty();
  }

  /** How it ended, as sh(1) tells; empty when nobody saw it. */
  static OptionalInt status(Path meta) throws IOException {
    List<String> words = words(meta.resolve("status"));
    try {
      return words.size() == 1
          ? OptionalInt.of(Integer.parseInt(words.getFirst()))
          : OptionalInt.empty();
    } catch (NumberFormatException e) {
      return OptionalInt.empty(); // emptied by a power loss
    }
  }

  private static List<String> words(Path file) throws IOException {
    return Files.isRegularFile(file)
        ? List.of(Files.readString(file).strip().split(" ", -1))
        : List.of();
  }
}
