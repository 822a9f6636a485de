package io.pilothouse.dm.raft;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Files of the data directory, written so that a crash leaves the old or the new, never a part. */
final class DataFiles {

  private DataFiles() {}

  /** Makes a file or the names in a directory durable. */
  static void sync(Path path) throws IOException {
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  /** Replaces a small text file. */
  static void write(Path file, String text) throws IOException {
    Path fresh = file.resolveSibling(file.getFileName() + ".new");
    Files.writeString(fresh, text);
    sync(fresh);
    Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    sync(file.toAbsolutePath().getParent());
  }

  /**
   * Makes {@code target} a copy of a snapshot's database files. Table files are hard links: RocksDB
   * never changes one.
   */
  static void restore(List<Path> files, Path target) throws IOException {
    Path fresh = target.resolveSibling(target.getFileName() + ".new");
    deleteTree(fresh);
    Files.createDirectories(fresh);
    for (Path file : files) {
      Path to = fresh.resolve(file.getFileName());
      if (file.toString().endsWith(".sst")) {
        Files.createLink(to, file);
      } else {
        Files.copy(file, to);
        sync(to);
      }
    }
    sync(fresh);
    deleteTree(target);
    Files.move(fresh, target, StandardCopyOption.ATOMIC_MOVE);
    sync(target.toAbsolutePath().getParent());
  }

  /** Deletes a file or directory, if it is there. */
  static void deleteTree(Path root) throws IOException {
    if (!Files.exists(root)) {
      return;
    }
    Files.walkFileTree(
        root,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            Files.delete(file);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult postVisitDirectory(Path dir, @Nullable IOException e)
              throws IOException {
            if (e != null) {
              throw e;
            }
            Files.delete(dir);
            return FileVisitResult.CONTINUE;
          }
        });
  }

  /** Whether the directory is missing or holds nothing. */
  static boolean isEmpty(Path dir) throws IOException {
    if (!Files.isDirectory(dir)) {
      return !Files.exists(dir);
    }
    try (Stream<Path> files = Files.list(dir)) {
      return files.findAny().isEmpty();
    }
  }
}
