package io.pilothouse.cli.support;

import io.pilothouse.cli.Home;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;

/** The ends of what the programs of a fleet on this machine printed. */
final class LogTails {
  private static final int MOST_OF_PROGRAM = 256 << 10;
  private static final int MOST_OF_MACHINE = 32 << 10;
  private static final int MOST_MACHINES = 50;

  private LogTails() {}

  /** Where each log is, by its file in the bundle. */
  static SortedMap<String, Path> find(Home home) throws IOException {
    SortedMap<String, Path> logs = new TreeMap<>();
    for (Path each : list(home.log())) {
      if (each.toString().endsWith(".log")) {
        logs.put("logs/" + each.getFileName(), each);
      }
    }
    list(home.machines()).stream()
        .map(each -> each.resolve("console.log"))
        .filter(Files::isRegularFile)
        .limit(MOST_MACHINES)
        .forEach(each -> logs.put("logs/machines/" + each.getName(each.getNameCount() - 2), each));
    return logs;
  }

  private static List<Path> list(Path dir) throws IOException {
    if (!Files.isDirectory(dir)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(dir)) {
      return new ArrayList<>(files.sorted().toList());
    }
  }

  /** The last lines, whole ones. */
  static String tail(String file, Path log) throws IOException {
    int most = file.startsWith("logs/machines/") ? MOST_OF_MACHINE : MOST_OF_PROGRAM;
    try (SeekableByteChannel channel = Files.newByteChannel(log)) {
      long from = Math.max(0, channel.size() - most);
      ByteBuffer bytes = ByteBuffer.allocate((int) (channel.size() - from));
      channel.position(from);
      while (bytes.hasRemaining() && channel.read(bytes) >= 0) {
        // until all of it is there
      }
      String text = new String(bytes.array(), 0, bytes.position(), StandardCharsets.UTF_8);
      return from == 0 ? text : text.substring(text.indexOf('\n') + 1);
    }
  }
}
