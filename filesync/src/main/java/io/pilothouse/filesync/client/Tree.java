package io.pilothouse.filesync.client;

import io.pilothouse.filesync.ContentException;
import io.pilothouse.filesync.ContentIndex.Chunk;
import io.pilothouse.filesync.ContentIndex.Entry;
import io.pilothouse.filesync.ContentIndex.FileEntry;
import io.pilothouse.filesync.DurableFiles;
import io.pilothouse.filesync.Sha256;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/** Puts a tree of files in a directory's place. */
final class Tree {
  private static final int OWNER_READ = 0400;
  private static final int PIECE = 128 << 10;

  private Tree() {}

  /** Where an entry is; refuses names that this process cannot write. */
  static Path resolve(Path tree, Entry entry) throws ContentException {
    try {
      return tree.resolve(entry.path());
    } catch (InvalidPathException e) {
      throw new ContentException(
          "the name \"%s\" cannot be written here: start this program with a UTF-8 locale (LC_ALL)"
              .formatted(entry.path()),
          e);
    }
  }

  /** Whether a file has exactly a chunk's bytes somewhere; they are in the buffer then. */
  static boolean holds(Path file, long offset, Chunk chunk, byte[] buffer) {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      ByteBuffer bytes = ByteBuffer.wrap(buffer, 0, chunk.size());
      while (bytes.hasRemaining()) {
        bytes.limit(Math.min(chunk.size(), bytes.position() + PIECE));
        if (channel.read(bytes, offset + bytes.position()) < 0) {
          return false;
        }
        bytes.limit(chunk.size());
      }
    } catch (IOException e) {
      return false; // not there, or not readable: it can be had elsewhere
    }
    return Sha256.hex(buffer, 0, chunk.size()).equals(chunk.sha256());
  }

  /** A file that its owner cannot read could not be verified. */
  static int writtenMode(FileEntry file) {
    return file.mode() | OWNER_READ;
  }

  /**
   * Puts a finished tree, with its index beside it, in the target's place. All that needs room on
   * the disk is written before the first rename; a failure afterwards puts the old version back. A
   * kill in between leaves the target without an index, that is unpublished, and the next fetch
   * goes on.
   */
  static void publish(Path work, Path target, WritePoints points) throws IOException {
    Path parent = DurableFiles.parent(target);
    Path indexFile = Fetcher.indexFile(target);
    Path freshIndex = work.resolve("index");
    Path old = work.resolve("old");
    Path oldIndex = work.resolve("old.index");
    DurableFiles.sync(freshIndex);
    DurableFiles.deleteTree(old);
    Files.deleteIfExists(oldIndex);
    points.reached("index flushed");
    try {
      if (Files.exists(target, LinkOption.NOFOLLOW_LINKS)) {
        moveIfThere(indexFile, oldIndex);
        points.reached("old index aside");
        Files.move(target, old, StandardCopyOption.ATOMIC_MOVE);
      } else {
        Files.deleteIfExists(indexFile);
      }
      DurableFiles.syncDirectory(parent);
      points.reached("old tree aside");
      Files.move(work.resolve("tree"), target, StandardCopyOption.ATOMIC_MOVE);
      points.reached("tree published");
      DurableFiles.syncDirectory(parent);
      Files.move(freshIndex, indexFile, StandardCopyOption.ATOMIC_MOVE);
      DurableFiles.syncDirectory(parent);
    } catch (IOException e) {
      putBack(work, target, e);
      throw e;
    }
    points.reached("index published");
  }

  /** Puts an index beside a tree that is there already, and stays as it is. */
  static void publishIndex(Path work, Path target, WritePoints points) throws IOException {
    Path freshIndex = work.resolve("index");
    DurableFiles.sync(freshIndex);
    points.reached("index flushed");
    Files.move(freshIndex, Fetcher.indexFile(target), StandardCopyOption.ATOMIC_MOVE);
    DurableFiles.syncDirectory(DurableFiles.parent(target));
    points.reached("index published");
  }

  private static void putBack(Path work, Path target, IOException failure) {
    try {
      if (Files.exists(work.resolve("index"))) {
        if (!Files.exists(work.resolve("tree"))) {
          Files.move(target, work.resolve("tree"), StandardCopyOption.ATOMIC_MOVE);
        }
        recover(work, target);
      }
    } catch (IOException e) {
      failure.addSuppressed(e);
    }
  }

  /** Puts the old version back that a kill found moved aside, with nothing in its place yet. */
  static void recover(Path work, Path target) throws IOException {
    Path old = work.resolve("old");
    Path oldIndex = work.resolve("old.index");
    Path indexFile = Fetcher.indexFile(target);
    if (!Files.exists(oldIndex) || Files.exists(indexFile)) {
      return;
    }
    if (Files.exists(old)) {
      if (Files.exists(target, LinkOption.NOFOLLOW_LINKS)) {
        return; // the new tree is there, only its index is not
      }
      Files.move(old, target, StandardCopyOption.ATOMIC_MOVE);
    }
    Files.move(oldIndex, indexFile, StandardCopyOption.ATOMIC_MOVE);
    DurableFiles.syncDirectory(DurableFiles.parent(target));
  }

  private static void moveIfThere(Path from, Path to) throws IOException {
    if (Files.exists(from, LinkOption.NOFOLLOW_LINKS)) {
      Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
    }
  }
}
