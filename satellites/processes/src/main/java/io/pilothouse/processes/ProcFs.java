package io.pilothouse.processes;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.LongPredicate;
import java.util.stream.Stream;

/** Reads of a process what tells it from a later one with the same pid (proc(5), stat). */
public final class ProcFs {
  private static final Path PROC = Path.of("/proc");
  private static final Path BOOT = PROC.resolve("sys/kernel/random/boot_id");

  /** Whatever the kernel's own clock does, this is what it tells programs (USER_HZ). */
  private static final long TICKS_A_SECOND = 100;

  private static final int STATE = 0;
  private static final int GROUP = 2;
  private static final int SESSION = 3;
  private static final int START_TIME = 19;

  /**
   * A process that has not ended.
   *
   * @param startTicks when it started, in clock ticks since boot
   */
  public record Stat(long group, long session, long startTicks) {}

  private ProcFs() {}

  /** When the process started, in clock ticks since boot; empty when it has ended. */
  public static OptionalLong startTicks(long pid) {
    Optional<Stat> stat = stat(pid);
    return stat.isPresent() ? OptionalLong.of(stat.get().startTicks()) : OptionalLong.empty();
  }

  /** Empty for a process that has ended, waited for or not. */
  public static Optional<Stat> stat(long pid) {
    try {
      String stat = Files.readString(process(pid).resolve("stat"), StandardCharsets.ISO_8859_1);
      // the second field is the command in parentheses, which may hold spaces and parentheses
      String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
      boolean ended = fields[STATE].equals("Z") || fields[STATE].equals("X");
      return ended
          ? Optional.empty()
          : Optional.of(
              new Stat(
                  Long.parseLong(fields[GROUP]),
                  Long.parseLong(fields[SESSION]),
                  Long.parseLong(fields[START_TIME])));
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /** Pids of those that hold. */
  public static List<Long> pids(LongPredicate which) throws IOException {
    try (Stream<Path> processes = Files.list(PROC)) {
      return processes
          .map(each -> each.getFileName().toString())
          .filter(each -> Character.isDigit(each.charAt(0)))
          .map(Long::valueOf)
          .filter(which::test)
          .toList();
    }
  }

  /** Whether any process of a group or session runs. */
  public static boolean groupRuns(long leader) throws IOException {
    return !pids(pid -> isOf(leader, pid)).isEmpty();
  }

  /** Whether a process is of the group or of the session of a leader. */
  public static boolean isOf(long leader, long pid) {
    return stat(pid).filter(each -> each.group() == leader || each.session() == leader).isPresent();
  }

  /** What a process was started with; empty when it has ended, or may not be read. */
  public static Map<String, String> environment(long pid) {
    try {
      byte[] bytes = Files.readAllBytes(process(pid).resolve("environ"));
      Map<String, String> variables = new HashMap<>();
      for (String each : new String(bytes, StandardCharsets.UTF_8).split("\0", -1)) {
        int at = each.indexOf('=');
        if (at > 0) {
          variables.put(each.substring(0, at), each.substring(at + 1));
        }
      }
      return variables;
    } catch (IOException e) {
      return Map.of();
    }
  }

  /**
   * How long ago a process started, by the clock of those ticks: it never jumps.
   *
   * @throws IOException when the kernel does not tell
   */
  public static Duration age(long startTicks) throws IOException {
    String uptime = Files.readString(PROC.resolve("uptime"), StandardCharsets.ISO_8859_1);
    double seconds = Double.parseDouble(uptime.substring(0, uptime.indexOf(' ')));
    return Duration.ofMillis(Math.round(seconds * 1000) - startTicks * 1000 / TICKS_A_SECOND);
  }

  /** Whether the process that started at {@code ticks} still runs. */
  public static boolean runs(long pid, long ticks) {
    OptionalLong now = startTicks(pid);
    return now.isPresent() && now.getAsLong() == ticks;
  }

  /** Which boot this is: pids and ticks of another mean nothing now (random(4)). */
  public static String bootId() throws IOException {
    return Files.readString(BOOT, StandardCharsets.ISO_8859_1).strip();
  }

  private static Path process(long pid) {
    return PROC.resolve(Long.toString(pid));
  }
}
