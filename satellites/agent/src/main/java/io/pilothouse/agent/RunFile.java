package io.pilothouse.agent;

import io.pilothouse.filesync.DurableFiles;
import io.pilothouse.processes.ProcFs;
import java.io.IOException;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * What a restarted agent needs to find a process again: pid and start time, so that a later process
 * with the same pid is not taken for it.
 *
 * @param version that it runs, as NAME@VERSION
 * @param directory of which version it was started in; another one when it was reloaded since
 */
record RunFile(long pid, long startTicks, String version, String directory) {
  private static final String ENDING = ".properties";

  static Path of(Disk disk, String process) {
    return disk.run().resolve(process + ENDING);
  }

  /** Those of all processes, by name. */
  static Map<String, RunFile> all(Disk disk) throws IOException {
    Map<String, RunFile> all = new TreeMap<>();
    if (!Files.isDirectory(disk.run())) {
      return all;
    }
    List<Path> files;
    try (Stream<Path> list = Files.list(disk.run())) {
      files = list.filter(each -> each.toString().endsWith(ENDING)).toList();
    }
    for (Path file : files) {
      String name = file.getFileName().toString();
      Optional<RunFile> run = read(file);
      if (run.isPresent()) {
        all.put(name.substring(0, name.length() - ENDING.length()), run.get());
      }
    }
    return all;
  }

  static Optional<RunFile> read(Path file) throws IOException {
    if (!Files.isRegularFile(file)) {
      return Optional.empty();
    }
    Properties properties = new Properties();
    try {
      properties.load(new StringReader(Files.readString(file)));
      String version = properties.getProperty("version", "");
      return Optional.of(
          new RunFile(
              Long.parseLong(properties.getProperty("pid", "")),
              Long.parseLong(properties.getProperty("start_ticks", "")),
              version,
              properties.getProperty("directory", version)));
    } catch (IllegalArgumentException e) {
      return Optional.empty(); // damaged by a power loss: then the process is gone, too
    }
  }

  void write(Path file) throws IOException {
    Files.createDirectories(file.getParent());
    String text =
        "pid=%d%nstart_ticks=%d%nversion=%s%ndirectory=%s%n"
            .formatted(pid, startTicks, version, directory);
    DurableFiles.replace(file, text.getBytes(StandardCharsets.UTF_8));
  }

  boolean runs() {
    return ProcFs.runs(pid, startTicks);
  }
}
