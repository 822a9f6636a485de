package io.pilothouse.tasks;

import io.pilothouse.filesync.DurableFiles;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The directories that tasks ran in. They are kept for those who look for why something ended: a
 * week on an empty disk, less the fuller it is (Mesos' rule), and never more than so many.
 *
 * @param keep after the end, on an empty disk
 * @param most of them, whatever their age
 * @param output that stdout and stderr may have each, in bytes; as much of before is kept
 */
record Sandboxes(TaskDisk disk, Duration keep, int most, long output) {
  private static final Logger log = LoggerFactory.getLogger(Sandboxes.class);

  /** So much of the disk is to stay free. */
  private static final double HEADROOM = 0.1;

  private record Ended(Path sandbox, Instant at) {}

  static Sandboxes usual(TaskDisk disk) {
    return new Sandboxes(disk, Duration.ofDays(7), 1000, 10L << 20);
  }

  /** From when on its age counts. */
  static void ended(Path sandbox, Instant at) throws IOException {
    Files.setLastModifiedTime(sandbox, FileTime.from(at));
  }

  /** Removes what is too old for the room that there is, or too many, oldest first. */
  void collect(Set<Path> inUse, Instant now) throws IOException {
    if (!Files.isDirectory(disk.frameworks())) {
      return;
    }
    List<Ended> ended = new ArrayList<>();
    for (Path sandbox : all()) {
      if (!inUse.contains(sandbox)) {
        ended.add(new Ended(sandbox, Files.getLastModifiedTime(sandbox).toInstant()));
      }
    }
    ended.sort(Comparator.comparing(Ended::at).thenComparing(Ended::sandbox));
    Instant oldest = now.minus(age());
    int over = ended.size() - most;
    for (int i = 0; i < ended.size(); i++) {
      if (i < over || ended.get(i).at().isBefore(oldest)) {
        remove(ended.get(i).sandbox());
      }
    }
  }

  /** How long they are kept now. */
  private Duration age() throws IOException {
    FileStore store = Files.getFileStore(disk.frameworks());
    double free =
        store.getTotalSpace() == 0 ? 0 : (double) store.getUsableSpace() / store.getTotalSpace();
    return Duration.ofMillis((long) (keep.toMillis() * Math.max(0, free - HEADROOM)));
  }

  private List<Path> all() throws IOException {
    List<Path> all = new ArrayList<>();
    for (Path framework : children(disk.frameworks())) {
      for (Path executor : children(framework.resolve("executors"))) {
        all.addAll(children(executor.resolve("runs")));
      }
    }
    return all;
  }

  /** Directories, and no links to such. */
  private static List<Path> children(Path dir) throws IOException {
    if (!Files.isDirectory(dir)) {
      return List.of();
    }
    try (Stream<Path> list = Files.list(dir)) {
      return list.filter(each -> Files.isDirectory(each, LinkOption.NOFOLLOW_LINKS)).toList();
    }
  }

  /** And what is empty without it. */
  private void remove(Path sandbox) throws IOException {
    log.info("{} is old enough: removed", sandbox);
    Trash.take(disk, sandbox);
    Path runs = DurableFiles.parent(sandbox);
    if (children(runs).isEmpty()) {
      DurableFiles.deleteTree(DurableFiles.parent(runs));
    }
    Path executors = DurableFiles.parent(DurableFiles.parent(runs));
    if (children(executors).isEmpty()) {
      DurableFiles.deleteTree(DurableFiles.parent(executors));
    }
  }

  /**
   * Begins outputs anew that are too long; what is written meanwhile may be lost. The directory is
   * its task's: a file is looked at, copied and cut through one channel, never through a link.
   */
  void bound(Path sandbox) throws IOException {
    for (String name : List.of("stdout", "stderr")) {
      Path file = sandbox.resolve(name);
      if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS) || Files.size(file) <= output) {
        continue;
      }
      try (FileChannel channel =
          FileChannel.open(
              file, StandardOpenOption.READ, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS)) {
        try {
          tail(channel, sandbox.resolve(name + ".1"));
        } catch (IOException e) {
          log.warn("{} begins anew, and what was in it cannot be kept: {}", file, e.toString());
        }
        channel.truncate(0); // the task goes on at the new end: it appends
      }
    }
  }

  private void tail(FileChannel from, Path to) throws IOException {
    Path fresh = to.resolveSibling(to.getFileName() + ".new");
    Files.deleteIfExists(fresh);
    try (FileChannel copy =
        FileChannel.open(fresh, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      long size = from.size();
      long at = Math.max(0, size - output);
      while (at < size) {
        long moved = from.transferTo(at, size - at, copy);
        if (moved <= 0) {
          break; // cut meanwhile
        }
        at += moved;
      }
    }
    Files.move(fresh, to, StandardCopyOption.REPLACE_EXISTING);
  }
}
