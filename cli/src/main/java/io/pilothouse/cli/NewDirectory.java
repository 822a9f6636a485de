package io.pilothouse.cli;

import io.pilothouse.filesync.DurableFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.stream.Stream;

/** A directory on its way: beside its place until it is whole and on the disk. */
public final class NewDirectory implements AutoCloseable {
  private final Path target;
  private final Path unfinished;
  private boolean finished;

  /**
   * Begins it; what an earlier try has left is removed.
   *
   * @param target where it appears; must not be there, or be an empty directory
   */
  public NewDirectory(Path target) throws IOException {
    this.target = target.toAbsolutePath().normalize();
    this.unfinished = this.target.resolveSibling(this.target.getFileName() + ".unfinished");
    DurableFiles.deleteTree(unfinished);
    Files.createDirectories(unfinished);
  }

  /** Refuses a directory that holds anything. */
  public static void requireNew(Path target) throws IOException {
    if (Files.exists(target) && !isEmptyDirectory(target)) {
      throw new CliException(
          ExitCode.REFUSED, "NOT_EMPTY", target + " exists already", "choose a new directory");
    }
  }

  /** Where its files are until it is finished. */
  public Path unfinished() {
    return unfinished;
  }

  /**
   * Writes a file and the directories that it is in.
   *
   * @param executable for all who may read it
   */
  public void write(String file, byte[] bytes, boolean executable) throws IOException {
    Path path = unfinished.resolve(file);
    Files.createDirectories(DurableFiles.parent(path));
    DurableFiles.write(path, bytes);
    if (executable) {
      Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwxr-xr-x"));
    }
  }

  /** Brings it to its place. */
  public void finish() throws IOException {
    DurableFiles.syncDirectories(unfinished);
    Files.deleteIfExists(target); // an empty one
    Files.move(unfinished, target);
    DurableFiles.syncDirectory(DurableFiles.parent(target));
    finished = true;
  }

  @Override
  public void close() throws IOException {
    if (!finished) {
      DurableFiles.deleteTree(unfinished);
    }
  }

  private static boolean isEmptyDirectory(Path dir) throws IOException {
    if (!Files.isDirectory(dir)) {
      return false;
    }
    try (Stream<Path> files = Files.list(dir)) {
      return files.findAny().isEmpty();
    }
  }
}
