package io.pilothouse.filesync.server;

import io.pilothouse.filesync.DiskLow;
import io.pilothouse.filesync.DurableFiles;
import io.pilothouse.filesync.FileSystemFlush;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Where a store's files are written and flushed before they get their place, so that whatever has
 * its place is whole; and how much room of the disk must stay.
 */
final class Incoming {
  /** More directories than this are flushed by one call for the whole file system. */
  private static final int FEW = 16;

  private final Path directory;
  private final AtomicLong temporary = new AtomicLong();
  private volatile long keptFree;

  /** What an earlier crash left half-written is removed. */
  Incoming(Path directory) throws IOException {
    this.directory = directory;
    DurableFiles.deleteTree(directory);
    Files.createDirectories(directory);
  }

  Path directory() {
    return directory;
  }

  /** A file that nobody else writes. */
  Path fresh() {
    return directory.resolve(Long.toString(temporary.incrementAndGet()));
  }

  void keepFree(long bytes) {
    keptFree = bytes;
  }

  long free() {
    return directory.toFile().getUsableSpace();
  }

  void requireRoom(long bytes) throws DiskLow {
    long free = free();
    if (keptFree > 0 && free - bytes < keptFree) {
      throw new DiskLow(
          "the disk is almost full: %d MiB are free, %d MiB are kept free (--keep-free)"
              .formatted(free >> 20, keptFree >> 20));
    }
  }

  void publish(Path to, byte[] bytes) throws IOException {
    requireRoom(bytes.length);
    Path fresh = fresh();
    try {
      DurableFiles.write(fresh, bytes);
      DurableFiles.syncDirectory(moved(fresh, to));
    } finally {
      Files.deleteIfExists(fresh);
    }
  }

  /** The same of many, with one flush for all. */
  void publish(Map<Path, byte[]> files) throws IOException {
    requireRoom(files.values().stream().mapToLong(each -> each.length).sum());
    Map<Path, Path> fresh = new LinkedHashMap<>();
    try {
      for (Map.Entry<Path, byte[]> each : files.entrySet()) {
        Path file = fresh();
        fresh.put(file, each.getKey());
        Files.write(file, each.getValue());
      }
      if (!FileSystemFlush.of(directory)) {
        for (Path each : fresh.keySet()) {
          DurableFiles.sync(each);
        }
      }
      Set<Path> parents = new LinkedHashSet<>();
      for (Map.Entry<Path, Path> each : fresh.entrySet()) {
        parents.add(moved(each.getKey(), each.getValue()));
      }
      if (parents.size() <= FEW || !FileSystemFlush.of(directory)) {
        for (Path each : parents) {
          DurableFiles.syncDirectory(each);
        }
      }
    } finally {
      for (Path each : fresh.keySet()) {
        Files.deleteIfExists(each);
      }
    }
  }

  /** Gives a flushed file its place; returns the directory that is to be flushed. */
  private static Path moved(Path fresh, Path to) throws IOException {
    Path parent = DurableFiles.parent(to);
    if (!Files.isDirectory(parent)) {
      Files.createDirectories(parent);
      DurableFiles.syncDirectory(DurableFiles.parent(parent));
    }
    Files.move(fresh, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    return parent;
  }
}
