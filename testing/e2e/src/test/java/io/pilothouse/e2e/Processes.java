package io.pilothouse.e2e;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Which processes belong to a fleet, by their environment, whoever started them. */
final class Processes {
  private Processes() {}

  /** All live processes that were started with this PILOT_HOME. */
  static List<ProcessHandle> of(Path home) {
    String mark = "PILOT_HOME=" + home;
    try (Stream<ProcessHandle> all = ProcessHandle.allProcesses()) {
      return all.filter(each -> environment(each).contains(mark)).toList();
    }
  }

  /** The agent of a machine, not what keeps it running. */
  static List<ProcessHandle> agents(Path home, String machine) {
    String mark = "PILOT_MACHINE=" + machine;
    return of(home).stream()
        .filter(each -> environment(each).contains(mark))
        .filter(each -> each.info().command().orElse("").endsWith("/java"))
        .filter(each -> commandLine(each).contains("io.pilothouse.agent.Main"))
        .toList();
  }

  /** All of it, however long. */
  static String commandLine(ProcessHandle process) {
    return String.join(" ", words(process, "cmdline"));
  }

  /** For messages: pid and command of each. */
  static List<String> describe(List<ProcessHandle> processes) {
    List<String> lines = new ArrayList<>();
    for (ProcessHandle process : processes) {
      lines.add(process.pid() + " " + process.info().commandLine().orElse("(ended meanwhile)"));
    }
    return lines;
  }

  private static List<String> environment(ProcessHandle process) {
    return words(process, "environ");
  }

  private static List<String> words(ProcessHandle process, String name) {
    Path file = Path.of("/proc", Long.toString(process.pid()), name);
    try {
      return List.of(new String(Files.readAllBytes(file), StandardCharsets.UTF_8).split("\0", -1));
    } catch (IOException e) {
      // it ended, or is another user's and so none of ours
      return List.of();
    }
  }
}
