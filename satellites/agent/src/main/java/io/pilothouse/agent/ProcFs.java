package io.pilothouse.agent;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;
import java.util.stream.Stream;

/** Reads of a process what tells it from a later one with the same pid (proc(5), stat). */
final class ProcFs {
  private static final Path PROC = Path.of("/proc");
  private static final int STATE = 0;
  private static final int GROUP = 2;
  private static final int START_TIME = 19;

  private ProcFs() {}

  /** When the process started, in clock ticks since boot; empty when it has ended. */
  static OptionalLong startTicks(long pid) {
    return field(PROC.resolve(Long.toString(pid)), START_TIME);
  }

  /** Whether any process of a group runs. */
  static boolean groupRuns(long group) throws IOException {
    try (Stream<Path> processes = Files.list(PROC)) {
      return processes
          .filter(each -> Character.isDigit(each.getFileName().toString().charAt(0)))
          .map(each -> field(each, GROUP))
          .anyMatch(each -> each.isPresent() && each.getAsLong() == group);
    }
  }

  /** A field of the process; empty when it has ended. */
  private static OptionalLong field(Path process, int field) {
    try {
      String stat = Files.readString(process.resolve("stat"));
      // the second field is the command in parentheses, which may hold spaces and parentheses
      String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
      boolean ended = fields[STATE].equals("Z") || fields[STATE].equals("X");
      return ended ? OptionalLong.empty() : OptionalLong.of(Long.parseLong(fields[field]));
    } catch (IOException e) {
      return OptionalLong.empty();
    }
  }

  /** Whether the process that started at {@code ticks} still runs. */
  static boolean runs(long pid, long ticks) {
    OptionalLong now = startTicks(pid);
    return now.isPresent() && now.getAsLong() == ticks;
  }
}
