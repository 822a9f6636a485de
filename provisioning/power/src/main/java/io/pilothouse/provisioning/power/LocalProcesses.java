package io.pilothouse.provisioning.power;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** Finds processes by the environment they were started with: {@code /proc/PID/environ}. */
public final class LocalProcesses {
  private static final Path PROC = Path.of("/proc");
  private static final Duration SCAN_PAUSE = Duration.ofMillis(10);

  private LocalProcesses() {}

  /**
   * Live processes that have all these variables, this one excepted. Those of other users cannot be
   * read and are not found.
   */
  public static List<ProcessHandle> withEnvironment(Map<String, String> variables) {
    return matching(environment -> environment.entrySet().containsAll(variables.entrySet()));
  }

  /**
   * Kills with SIGKILL, again and again until none is left: one may have started another meanwhile.
   *
   * @return those still there when the time was over; empty when all are gone
   */
  public static List<ProcessHandle> kill(Predicate<Map<String, String>> whose, Duration within)
      throws InterruptedException {
    long start = System.nanoTime();
    while (true) {
      List<ProcessHandle> found = matching(whose);
      if (found.isEmpty() || System.nanoTime() - start > within.toNanos()) {
        return found;
      }
      found.forEach(ProcessHandle::destroyForcibly);
      Thread.sleep(SCAN_PAUSE);
    }
  }

  static List<ProcessHandle> matching(Predicate<Map<String, String>> whose) {
    long self = ProcessHandle.current().pid();
    List<ProcessHandle> found = new ArrayList<>();
    for (long pid : pids()) {
      // the handle first: it remembers the start time, so that a pid which is given to another
      // process after its environment was read is not killed in its stead
      Optional<ProcessHandle> handle = pid == self ? Optional.empty() : ProcessHandle.of(pid);
      if (handle.isPresent() && environment(pid).filter(whose).isPresent()) {
        found.add(handle.get());
      }
    }
    return found;
  }

  private static List<Long> pids() {
    try (Stream<Path> entries = Files.list(PROC)) {
      return entries
          .map(each -> each.getFileName().toString())
          .filter(each -> each.chars().allMatch(c -> c >= '0' && c <= '9'))
          .map(Long::valueOf)
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot list processes: " + PROC + " is needed", e);
    }
  }

  private static Optional<Map<String, String>> environment(long pid) {
    String text;
    try {
      byte[] bytes = Files.readAllBytes(PROC.resolve(pid + "/environ"));
      text = new String(bytes, StandardCharsets.UTF_8);
    } catch (IOException e) {
      return Optional.empty(); // gone meanwhile, or another user's
    }
    if (text.isEmpty()) {
      return Optional.empty(); // a zombie, or the kernel's
    }
    Map<String, String> environment = new HashMap<>();
    for (int start = 0; start < text.length(); ) {
      int end = text.indexOf('\0', start);
      end = end < 0 ? text.length() : end;
      int equals = text.indexOf('=', start);
      if (equals > start && equals < end) {
        environment.putIfAbsent(text.substring(start, equals), text.substring(equals + 1, end));
      }
      start = end + 1;
    }
    return Optional.of(environment);
  }
}
