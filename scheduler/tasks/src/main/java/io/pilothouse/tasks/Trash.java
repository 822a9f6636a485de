package io.pilothouse.tasks;

import io.pilothouse.filesync.DurableFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Directories that are to go, however much is in them: one is moved away at once, by one rename,
 * and deleted on a thread of its own. What is left when an agent ends, the next one deletes.
 */
final class Trash {
  private static final Logger log = LoggerFactory.getLogger(Trash.class);

  /** After one that cannot be deleted. */
  private static final Duration PAUSE = Duration.ofMinutes(1);

  private static final FileAttribute<?> OWNERS_ONLY =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));

  private final TaskDisk disk;
  private final AtomicBoolean busy = new AtomicBoolean();
  private volatile long notBefore = System.nanoTime();

  Trash(TaskDisk disk) {
    this.disk = disk;
  }

  /** Makes the place for them, while there is room for it. */
  static void make(TaskDisk disk) throws IOException {
    Files.createDirectories(disk.trash(), OWNERS_ONLY);
  }

  /**
   * Moves one away.
   *
   * @param tree of the tasks' disk; none is no failure
   */
  static void take(TaskDisk disk, Path tree) throws IOException {
    if (!Files.isDirectory(tree)) {
      return;
    }
    make(disk);
    Files.move(tree, disk.trash().resolve(UUID.randomUUID().toString()));
  }

  /**
   * Begins to delete what is there, unless that is under way.
   *
   * @return what deletes; empty when there is nothing to begin
   */
  Optional<Thread> empty() throws IOException {
    if (!Files.isDirectory(disk.trash()) || System.nanoTime() - notBefore < 0) {
      return Optional.empty();
    }
    List<Path> all;
    try (Stream<Path> list = Files.list(disk.trash())) {
      all = list.toList();
    }
    return !all.isEmpty() && busy.compareAndSet(false, true)
        ? Optional.of(Thread.ofPlatform().daemon().name("tasks-trash").start(() -> delete(all)))
        : Optional.empty();
  }

  private void delete(List<Path> all) {
    try {
      for (Path each : all) {
        DurableFiles.deleteTree(each);
      }
    } catch (IOException | RuntimeException e) {
      log.warn("what is in {} is deleted later: {}", disk.trash(), e.toString());
      notBefore = System.nanoTime() + PAUSE.toNanos();
    } finally {
      busy.set(false);
    }
  }
}
