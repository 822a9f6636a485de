package io.pilothouse.tasks;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * Which processes have the other end of a connection on this machine: the kernel tells a socket's
 * inode by the addresses and ports of both ends, and a process's sockets by its descriptors
 * (proc(5)). By ports alone it would be anybody's who has the same one at 127.0.0.2.
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
   * @param from the caller's end, an address and no name
   * @param to ours
   */
  static Optional<LocalCaller> of(InetSocketAddress from, InetSocketAddress to) throws IOException {
    Set<String> local = written(from);
    Set<String> remote = written(to);
    for (String table : TABLES) {
      Path file = PROC.resolve("net").resolve(table);
      if (!Files.isReadable(file)) {
        continue; // a machine without IPv6
      }
      for (String line : Files.readAllLines(file, StandardCharsets.ISO_8859_1)) {
        String[] fields = line.strip().toUpperCase(Locale.ROOT).split("\\s+", -1);
        if (fields.length > INODE
            && local.contains(fields[LOCAL])
            && remote.contains(fields[REMOTE])
            && !fields[INODE].equals("0")) {
          return Optional.of(new LocalCaller(fields[INODE]));
        }
      }
    }
    return Optional.empty();
  }

  /** As the kernel writes an end; of IPv4 also as a socket of IPv6 has it. */
  private static Set<String> written(InetSocketAddress end) {
    byte[] address = end.getAddress().getAddress();
    Set<String> all = new HashSet<>(Set.of(written(address, end.getPort())));
    if (address.length == Integer.BYTES) {
      ByteBuffer mapped = ByteBuffer.allocate(4 * Integer.BYTES);
      mapped.putInt(2 * Integer.BYTES, 0xFFFF).put(3 * Integer.BYTES, address);
      all.add(written(mapped.array(), end.getPort()));
    }
    return all;
  }

  /** Word by word, each as this machine has it in memory. */
  private static String written(byte[] address, int port) {
    StringBuilder text = new StringBuilder();
    ByteBuffer words = ByteBuffer.wrap(address).order(ByteOrder.nativeOrder());
    while (words.hasRemaining()) {
      text.append("%08X".formatted(words.getInt()));
    }
    return text.append(":%04X".formatted(port)).toString();
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
