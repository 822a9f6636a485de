package io.pilothouse.filesync.client;

import io.pilothouse.filesync.ContentIndex.Chunk;
import io.pilothouse.filesync.ContentIndex.Entry;
import io.pilothouse.filesync.ContentIndex.FileEntry;
import io.pilothouse.filesync.ContentIndex.LinkEntry;
import io.pilothouse.filesync.DurableFiles;
import io.pilothouse.filesync.FileSystemFlush;
import io.pilothouse.filesync.IndexFile;
import io.pilothouse.filesync.Modes;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Writes chunks to their places in a tree that nobody uses yet. A file of one chunk is made, filled
 * and closed at once, with its mode from the start; larger ones get theirs at the end. Chunks of
 * zeros leave holes.
 */
final class TreeWriter implements AutoCloseable {
  private static final int PIECE = 128 << 10;
  private static final int OWN = 0600;
  private static final int ALL = 0777;

  /** After so many bytes the disk is looked at: others write to it, too. */
  private static final int LOOK = 8 << 20;

  /** More files than this are flushed by one call for the whole file system. */
  private static final int FLUSHED_ONE_BY_ONE = 32;

  private final Path tree;
  private final boolean resumed;
  private final WritePoints points;
  private final DiskRoom room;
  private final AtomicInteger unseen = new AtomicInteger();
  private final OpenFiles large = new OpenFiles();

  /** Permission bits that new files do not get, whatever is asked for. */
  private final int umask;

  private Path lastParent;

  /** Entries so far, and the files of the first of them: few need no second look at the index. */
  private int entries;

  private final List<Made> first = new ArrayList<>();

  /**
   * A file to finish.
   *
   * @param large it was written in many chunks
   */
  private record Made(Path path, long size, int mode, boolean large) {}

  /**
   * Opens a tree.
   *
   * @param resumed whether an earlier call left files there, which may be sound
   */
  TreeWriter(Path tree, boolean resumed, WritePoints points, DiskRoom room) throws IOException {
    this.tree = tree;
    this.resumed = resumed;
    this.points = points;
    this.room = room;
    Files.createDirectories(tree);
    this.lastParent = tree;
    this.umask = umask(tree.resolveSibling("umask"));
  }

  private static int umask(Path probe) throws IOException {
    Files.deleteIfExists(probe);
    Files.createFile(probe, mode(ALL));
    int got = Modes.of(probe);
    Files.delete(probe);
    return ALL & ~got;
  }

  private static FileAttribute<Set<PosixFilePermission>> mode(int bits) {
    return PosixFilePermissions.asFileAttribute(Modes.permissions(bits));
  }

  /** Whether an earlier call left files, which may be sound. */
  boolean isResumed() {
    return resumed;
  }

  Path path(Entry entry) throws IOException {
    return Tree.resolve(tree, entry);
  }

  /**
   * Makes room for an entry: its directory; all of it when it has no bytes. Not for use by many
   * threads.
   */
  void prepare(Entry entry) throws IOException {
    Path path = path(entry);
    Path parent = DurableFiles.parent(path);
    if (!parent.equals(lastParent)) {
      Files.createDirectories(parent);
      lastParent = parent;
    }
    if (++entries <= FLUSHED_ONE_BY_ONE && entry instanceof FileEntry file) {
      first.add(made(file));
    }
    switch (entry) {
      case LinkEntry link -> {
        clear(path);
        Files.createSymbolicLink(path, path.getFileSystem().getPath(link.target()));
        points.reached("link made");
      }
      case FileEntry file -> {
        if (file.chunks().isEmpty()) {
          clear(path);
          create(path, file).close();
          points.reached("empty file made");
        } else if (file.chunks().size() > 1
            && !(resumed && Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS))) {
          clear(path);
          open(path, Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE), OWN).close();
        }
      }
    }
  }

  private void clear(Path path) throws IOException {
    if (resumed) {
      Files.deleteIfExists(path);
    }
  }

  /** Whether an earlier call has written a chunk to its place already. */
  boolean holds(Want.Place place, Chunk chunk, byte[] buffer) throws IOException {
    if (!resumed) {
      return false;
    }
    Path path = path(place.file());
    boolean whole = place.file().chunks().size() == 1;
    try {
      if (!Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS)
          || (whole && Files.size(path) != chunk.size())) {
        return false;
      }
    } catch (NoSuchFileException e) {
      return false;
    }
    if (!Tree.holds(path, place.offset(), chunk, buffer)) {
      return false;
    }
    if (whole) {
      Files.setPosixFilePermissions(path, Modes.permissions(Tree.writtenMode(place.file())));
    }
    return true;
  }

  /** Writes a verified chunk to its place. */
  void write(Want.Place place, ByteBuffer bytes) throws IOException {
    if (unseen.addAndGet(bytes.remaining()) >= LOOK) {
      unseen.set(0);
      room.look(tree);
    }
    Path path = path(place.file());
    if (place.file().chunks().size() == 1) {
      clear(path);
      try (FileChannel channel = create(path, place.file())) {
        write(channel, bytes, 0);
      }
    } else if (!isZero(bytes)) {
      large.with(path, channel -> write(channel, bytes, place.offset()));
    }
    points.reached("chunk written");
  }

  /** New, with the mode that it shall have. */
  private FileChannel create(Path path, FileEntry file) throws IOException {
    int wanted = Tree.writtenMode(file);
    // two names that this file system takes for one would else overwrite each other
    FileChannel channel =
        open(path, Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE), wanted);
    try {
      if ((wanted & umask) != 0) {
        Files.setPosixFilePermissions(path, Modes.permissions(wanted));
      }
      return channel;
    } catch (IOException e) {
      channel.close();
      throw e;
    }
  }

  private static FileChannel open(Path path, Set<? extends OpenOption> how, int mode)
      throws IOException {
    return FileChannel.open(path, how, mode(mode));
  }

  private static void write(FileChannel channel, ByteBuffer bytes, long offset) throws IOException {
    ByteBuffer left = bytes.duplicate();
    int end = left.limit();
    while (left.position() < end) {
      // in pieces: the JDK keeps a direct buffer as large as the largest one written
      left.limit(Math.min(end, left.position() + PIECE));
      channel.write(left, offset + left.position() - bytes.position());
    }
  }

  private static boolean isZero(ByteBuffer bytes) {
    int first = bytes.position();
    ByteBuffer shifted = bytes.slice(first, bytes.remaining() - 1);
    return bytes.get(first) == 0 && shifted.equals(bytes.slice(first + 1, bytes.remaining() - 1));
  }

  /** Closes the files that stay open between their chunks. */
  @Override
  public void close() throws IOException {
    large.close();
  }

  /** Gives the large files their lengths and modes, and flushes everything. */
  void finish(IndexFile index) throws IOException {
    close();
    boolean few = entries <= FLUSHED_ONE_BY_ONE;
    if (few) {
      for (Made each : first) {
        finish(each);
      }
    } else {
      index.forEach(
          entry -> {
            if (entry instanceof FileEntry file) {
              finish(made(file));
            }
          });
    }
    if (few) {
      for (Made each : first) {
        DurableFiles.sync(each.path());
      }
      DurableFiles.syncDirectories(tree);
    } else if (!FileSystemFlush.of(tree)) {
      index.forEach(
          entry -> {
            if (entry instanceof FileEntry file) {
              DurableFiles.sync(path(file));
            }
          });
      DurableFiles.syncDirectories(tree);
    }
    points.reached("tree flushed");
  }

  private Made made(FileEntry file) throws IOException {
    return new Made(path(file), file.size(), Tree.writtenMode(file), file.chunks().size() > 1);
  }

  private void finish(Made file) throws IOException {
    if (!file.large()) {
      return;
    }
    if (Files.size(file.path()) != file.size()) {
      try (RandomAccessFile open = new RandomAccessFile(file.path().toFile(), "rw")) {
        open.setLength(file.size());
      }
    }
    Files.setPosixFilePermissions(file.path(), Modes.permissions(file.mode()));
    points.reached("file finished");
  }
}
