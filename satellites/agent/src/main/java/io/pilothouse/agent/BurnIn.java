package io.pilothouse.agent;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.SplittableRandom;

/**
 * Tries the hardware before it may serve: writes patterns to the disk and to memory and reads them
 * back.
 */
final class BurnIn {
  private static final int PIECE = 1 << 20;
  private static final int DISK_PIECES = 8;
  private static final int MEMORY_ROUNDS = 4;

  private final Path dir;

  BurnIn(Path dir) {
    this.dir = dir;
  }

  void run() throws IOException {
    memory();
    disk();
  }

  private static void memory() throws IOException {
    for (int round = 0; round < MEMORY_ROUNDS; round++) {
      byte[] expected = pattern(round);
      byte[] copy = expected.clone();
      for (int i = 0; i < copy.length; i++) {
        if (copy[i] != expected[i]) {
          throw new IOException("memory: byte %d of a copy differs".formatted(i));
        }
      }
    }
  }

  private void disk() throws IOException {
    Path file = dir.resolve("burn-in");
    try {
      try (FileChannel out =
          FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
        for (int piece = 0; piece < DISK_PIECES; piece++) {
          ByteBuffer buffer = ByteBuffer.wrap(pattern(piece));
          while (buffer.hasRemaining()) {
            out.write(buffer);
          }
        }
        out.force(true);
      }
      try (FileChannel in = FileChannel.open(file, StandardOpenOption.READ)) {
        for (int piece = 0; piece < DISK_PIECES; piece++) {
          ByteBuffer buffer = ByteBuffer.allocate(PIECE);
          for (int read = 0; buffer.hasRemaining() && read >= 0; ) {
            read = in.read(buffer);
          }
          if (!ByteBuffer.wrap(pattern(piece)).equals(buffer.flip())) {
            throw new IOException("disk: MiB %d reads back other bytes".formatted(piece));
          }
        }
      }
    } finally {
      Files.deleteIfExists(file);
    }
  }

  private static byte[] pattern(int seed) {
    byte[] bytes = new byte[PIECE];
    new SplittableRandom(seed).nextBytes(bytes);
    return bytes;
  }
}
