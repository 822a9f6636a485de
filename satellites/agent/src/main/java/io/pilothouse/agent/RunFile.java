package io.pilothouse.agent;

import io.pilothouse.filesync.DurableFiles;
import java.io.IOException;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Properties;

/**
 * What a restarted agent needs to find a process again: pid and start time, so that a later process
 * with the same pid is not taken for it.
 *
 * @param version that it runs, as NAME@VERSION
 */
record RunFile(long pid, long startTicks, String version) {

  static Optional<RunFile> read(Path file) throws IOException {
    if (!Files.isRegularFile(file)) {
      return Optional.empty();
    }
    Properties properties = new Properties();
    try {
      properties.load(new StringReader(Files.readString(file)));
      return Optional.of(
          new RunFile(
              Long.parseLong(properties.getProperty("pid", "")),
              Long.parseLong(properties.getProperty("start_ticks", "")),
              properties.getProperty("version", "")));
    } catch (IllegalArgumentException e) {
      return Optional.empty(); // damaged by a power loss: then the process is gone, too
    }
  }

  void write(Path file) throws IOException {
    Files.createDirectories(file.getParent());
    String text = "pid=%d%nstart_ticks=%d%nversion=%s%n".formatted(pid, startTicks, version);
    DurableFiles.replace(file, text.getBytes(StandardCharsets.UTF_8));
  }

  boolean runs() {
    return ProcFs.runs(pid, startTicks);
  }
}
