package io.pilothouse.filesync.client;

import io.pilothouse.filesync.ContentException;
import io.pilothouse.filesync.ContentIndex;
import io.pilothouse.filesync.ContentIndex.Chunk;
import io.pilothouse.filesync.ContentIndex.Entry;
import io.pilothouse.filesync.ContentIndex.FileEntry;
import io.pilothouse.filesync.ContentIndex.LinkEntry;
import io.pilothouse.filesync.DurableFiles;
import io.pilothouse.filesync.Modes;
import io.pilothouse.filesync.Sha256;
import io.pilothouse.filesync.Throttle;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.random.RandomGenerator;

/**
 * Brings content to a directory. Until everything is there and verified the target does not exist;
 * then it appears by one rename. A kill at any byte leaves work files beside it (in {@code
 * .NAME.work}) from which the next call goes on.
 */
public final class Fetcher {
  private final Throttle throttle;
  private final RandomGenerator random;
  private final Map<Path, Object> locks = new ConcurrentHashMap<>();

  /**
   * Makes a fetcher; all its transfers share one throttle.
   *
   * @param random chooses the source, so that a fleet spreads over the replicas
   */
  public Fetcher(Throttle throttle, RandomGenerator random) {
    this.throttle = throttle;
    this.random = random;
  }

  /** Where a published directory's index is kept: beside it, out of the content. */
  public static Path indexFile(Path target) {
    return target.resolveSibling(target.getFileName() + ".index");
  }

  /** The index a directory was published from, if it was. */
  public static Optional<ContentIndex> published(Path target) throws IOException {
    Path index = indexFile(target);
    return Files.isDirectory(target) && Files.isRegularFile(index)
        ? Optional.of(ContentIndex.parse(Files.readAllBytes(index)))
        : Optional.empty();
  }

  /**
   * Fetches, verifies and publishes; returns at once when that content is there already.
   *
   * @param digest of the index
   * @param target directory to appear
   * @param sources {@code host:port} of replicas that may have it
   */
  public ContentIndex fetch(String digest, Path target, List<String> sources)
      throws IOException, InterruptedException {
    Path key = target.toAbsolutePath().normalize();
    synchronized (locks.computeIfAbsent(key, each -> new Object())) {
      Optional<ContentIndex> there = published(key);
      if (there.isPresent() && there.get().digest().equals(digest)) {
        return there.get();
      }
      try {
        return fetchNow(digest, key, new Sources(sources, throttle, random));
      } catch (IOException e) {
        if (DiskFull.is(e)) {
          DurableFiles.deleteTree(work(key));
          throw new ContentException(
              "the disk is full: %s was not changed; free some space".formatted(key), e);
        }
        throw e;
      } finally {
        locks.remove(key);
      }
    }
  }

  /** Removes a published directory with its index and work files. */
  public static void remove(Path target) throws IOException {
    Files.deleteIfExists(indexFile(target));
    DurableFiles.deleteTree(target);
    DurableFiles.deleteTree(work(target));
  }

  private static ContentIndex fetchNow(String digest, Path target, Sources sources)
      throws IOException, InterruptedException {
    Path work = work(target);
    Path chunks = work.resolve("chunks");
    Files.createDirectories(chunks);
    ContentIndex index = sources.index(digest);
    LocalChunks local = LocalChunks.beside(target);
    for (Chunk chunk : index.chunks()) {
      Path file = chunks.resolve(chunk.sha256());
      if (Files.exists(file)) {
        continue; // verified when it was renamed there, and again when it is copied
      }
      Path partial = chunks.resolve(chunk.sha256() + ".part");
      Optional<byte[]> reused = local.read(chunk);
      if (reused.isPresent()) {
        Files.write(partial, reused.get());
      } else {
        sources.chunk(chunk, partial);
      }
      Files.move(partial, file, StandardCopyOption.ATOMIC_MOVE);
    }
    Path tree = work.resolve("tree");
    DurableFiles.deleteTree(tree);
    Files.createDirectories(tree);
    for (Entry entry : index.entries()) {
      write(tree, entry, chunks);
    }
    syncDirectories(tree);
    publish(tree, target, index);
    DurableFiles.deleteTree(work);
    return index;
  }

  private static void publish(Path tree, Path target, ContentIndex index) throws IOException {
    // without its index a directory counts as unpublished: a crash in between starts over
    Files.deleteIfExists(indexFile(target));
    DurableFiles.deleteTree(target);
    Files.move(tree, target, StandardCopyOption.ATOMIC_MOVE);
    DurableFiles.replace(indexFile(target), index.toBytes());
  }

  private static void write(Path tree, Entry entry, Path chunks) throws IOException {
    Path path = tree.resolve(entry.path());
    Files.createDirectories(path.getParent());
    switch (entry) {
      case LinkEntry link -> Files.createSymbolicLink(path, Path.of(link.target()));
      case FileEntry file -> writeFile(path, file, chunk -> chunks.resolve(chunk.sha256()));
    }
  }

  /** Finds the file that holds a chunk. */
  interface ChunkFiles {
    Path of(Chunk chunk);
  }

  /** Puts a file together from chunks, verifying each once more, and flushes it. */
  static void writeFile(Path path, FileEntry file, ChunkFiles chunks) throws IOException {
    try (OutputStream out =
        Files.newOutputStream(
            path, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING)) {
      for (Chunk chunk : file.chunks()) {
        Path source = chunks.of(chunk);
        byte[] bytes = Files.readAllBytes(source);
        if (!Sha256.hex(bytes).equals(chunk.sha256())) {
          Files.delete(source);
          throw new ContentException(
              "chunk %s changed on disk while %s was put together; it will be fetched again"
                  .formatted(chunk.sha256(), path));
        }
        out.write(bytes);
      }
    }
    Files.setPosixFilePermissions(path, permissions(file.mode()));
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  private static Set<PosixFilePermission> permissions(int mode) {
    Set<PosixFilePermission> permissions = Modes.permissions(mode);
    // a file that its owner cannot read could not be verified
    permissions.add(PosixFilePermission.OWNER_READ);
    return permissions;
  }

  private static void syncDirectories(Path tree) throws IOException {
    try (var walk = Files.walk(tree)) {
      for (Path dir :
          walk.filter(each -> Files.isDirectory(each, LinkOption.NOFOLLOW_LINKS)).toList()) {
        DurableFiles.syncDirectory(dir);
      }
    }
  }

  private static Path work(Path target) {
    return target.resolveSibling("." + target.getFileName() + ".work");
  }
}
