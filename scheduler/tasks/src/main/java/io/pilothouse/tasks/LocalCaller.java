package io.pilothouse.tasks;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * Which processes have the other end of a connection on this machine: the kernel tells a socket's
 * inode by its ports, and a process's sockets by its descriptors (proc(5)).
 *
 * @param inode of the caller's socket
 */
record LocalCaller(String inode) {
  private static final Path PROC = Path.of("/proc");
  private static final List<String> TABLES = List.of("tcp", "tcp6");
  private static final int LOCAL = 1;
  private static final int REMOTE = 2;
  private static final int INODE = 9;

  /**
   * The one that is connected.
   *
   * @param port of the caller's end
   * @param to port of ours
   */
  static Optional<LocalCaller> of(int port, int to) throws IOException {
    String local = ":%04X".formatted(port);
    String remote = ":%04X".formatted(to);
    for (String table : TABLES) {
      Path file = PROC.resolve("net").resolve(table);
      if (!Files.isReadable(file)) {
        continue; // a machine without IPv6
      }
      for (String line : Files.readAllLines(file, StandardCharsets.ISO_8859_1)) {
        String[] fields = line.strip().toUpperCase(Locale.ROOT).split("\\s+", -1);
        if (fields.length > INODE
            && fields[LOCAL].endsWith(local)
            && fields[REMOTE].endsWith(remote)
            && !fields[INODE].equals("0")) {
          return Optional.of(new LocalCaller(fields[INODE]));
        }
      }
    }
    return Optional.empty();
  }

  /** Whether one of these processes has it open. */
  boolean isOf(Set<Long> pids) {
    return pids.stream().anyMatch(this::isOf);
  }

  private boolean isOf(long pid) {
    Path descriptors = PROC.resolve(Long.toString(pid)).resolve("fd");
    try (DirectoryStream<Path> all = Files.newDirectoryStream(descriptors)) {
      for (Path each : all) {
        if (target(each).equals("socket:[" + inode + "]")) {
          return true;
        }
      }
    } catch (IOException e) {
      return false; // it has ended, or is not ours to look at
    }
    return false;
  }

  private static String target(Path link) {
    try {
      return Files.readSymbolicLink(link).toString();
    } catch (IOException e) {
      return ""; // closed meanwhile
    }
  }
}
