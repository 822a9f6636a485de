package io.pilothouse.cli.support;

import io.pilothouse.cli.Home;
import io.pilothouse.cli.Version;
import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What this program and the machine under it are. The environment stays out: it holds secrets. */
final class MachineFacts {
  private static final List<String> PROPERTIES =
      List.of(
          "java.version",
          "java.vm.name",
          "java.vm.version",
          "os.name",
          "os.version",
          "os.arch",
          "file.encoding",
          "user.timezone");

  private MachineFacts() {}

  static String text(Home home, Instant now) throws IOException {
    StringBuilder text = new StringBuilder();
    line(text, "pilot", Version.text());
    line(text, "time", now.toString());
    PROPERTIES.forEach(each -> line(text, each, System.getProperty(each, "")));
    Runtime runtime = Runtime.getRuntime();
    line(text, "processors", Integer.toString(runtime.availableProcessors()));
    line(text, "heap at most", (runtime.maxMemory() >> 20) + " MiB");
    line(text, "distribution", lines("/etc/os-release", "PRETTY_NAME"));
    line(text, "kernel", lines("/proc/version", ""));
    line(text, "load", lines("/proc/loadavg", ""));
    line(text, "memory", lines("/proc/meminfo", "Mem"));
    Path there = Files.exists(home.dir()) ? home.dir() : Path.of(".").toAbsolutePath();
    FileStore disk = Files.getFileStore(there);
    line(
        text,
        "disk of " + there,
        "%s MiB free of %s MiB, %s"
            .formatted(disk.getUsableSpace() >> 20, disk.getTotalSpace() >> 20, disk.type()));
    return text.toString();
  }

  private static void line(StringBuilder text, String what, String value) {
    text.append("%-16s %s%n".formatted(what, value));
  }

  /** Lines of a file that begin so; none where the system has no such file. */
  private static String lines(String file, String start) throws IOException {
    Path path = Path.of(file);
    if (!Files.isReadable(path)) {
      return "";
    }
    try (Stream<String> lines = Files.lines(path)) {
      return lines
          .filter(each -> each.startsWith(start))
          .map(each -> each.replaceAll("\\s+", " "))
          .limit(4)
          .collect(Collectors.joining("; "));
    }
  }
}
