package io.pilothouse.filesync.client;

import io.pilothouse.filesync.ContentException;
import io.pilothouse.filesync.ContentIndex;
import io.pilothouse.filesync.ContentIndex.Chunk;
import io.pilothouse.filesync.ContentIndex.Entry;
import io.pilothouse.filesync.ContentIndex.FileEntry;
import io.pilothouse.filesync.ContentIndex.LinkEntry;
import io.pilothouse.filesync.DiskFull;
import io.pilothouse.filesync.DurableFiles;
import io.pilothouse.filesync.IndexFile;
import io.pilothouse.filesync.Modes;
import io.pilothouse.filesync.Sha256;
import io.pilothouse.filesync.Throttle;
import io.pilothouse.tls.HttpConnections;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;

/** Re-reads what was published, finds what has changed on disk, and restores it file by file. */
public final class Scrubber {
  /** To open a file costs the disk as much as to read so many bytes. */
  private static final int OPENING = 16 << 10;

  /** Of one pass, so that a directory that has lost all its files costs no more memory. */
  private static final int MOST_DAMAGES = 1000;

  /**
   * A file that is not what was published.
   *
   * @param path in the directory; empty when all of it is lost
   * @param what in words, for the report
   */
  public record Damage(String path, String what) {}

  private final Throttle disk;
  private final Network network;

  /**
   * Makes a scrubber.
   *
   * @param disk limits what a pass reads
   * @param network limits what restoring fetches
   * @param connections to whom it fetches from
   */
  public Scrubber(
      Throttle disk, Throttle network, RandomGenerator random, HttpConnections connections) {
    this(disk, Network.usual(network, random, connections));
  }

  Scrubber(Throttle disk, Network network) {
    this.disk = disk;
    this.network = network;
  }

  /**
   * Compares a published directory with its index: every byte, mode and link. A directory that is
   * removed or replaced meanwhile has no damage. Of very many damages the first are told; the next
   * pass tells more.
   */
  public List<Damage> check(Path target) throws IOException, InterruptedException {
    return check(target, Fetcher.publishedIndex(target));
  }

  /**
   * The same of a directory that must be of a certain content: a flipped bit can leave an index
   * that is sound, of something else.
   */
  public List<Damage> check(Path target, String digest) throws IOException, InterruptedException {
    return check(
        target, Fetcher.publishedIndex(target).filter(each -> each.digest().equals(digest)));
  }

  private List<Damage> check(Path target, Optional<IndexFile> index)
      throws IOException, InterruptedException {
    if (index.isEmpty()) {
      return List.of(new Damage("", "the directory or its index is missing or damaged"));
    }
    List<Damage> damages = new ArrayList<>();
    try {
      index
          .get()
          .<InterruptedException>forEach(
              entry -> {
                if (damages.size() < MOST_DAMAGES) {
                  check(target, entry)
                      .ifPresent(what -> damages.add(new Damage(entry.path(), what)));
                }
              });
    } catch (NoSuchFileException e) {
      return List.of(); // removed right after it was found
    }
    boolean unchanged = damages.isEmpty() || Fetcher.isPublished(index.get().digest(), target);
    return unchanged ? damages : List.of();
  }

  /** Whether a directory, published or not, has all that an index says, as it says. */
  boolean isSound(Path target, IndexFile index) throws IOException, InterruptedException {
    boolean[] sound = {true};
    index.<InterruptedException>forEach(
        entry -> sound[0] = sound[0] && check(target, entry).isEmpty());
    return sound[0];
  }

  /** What is wrong with an entry, in words. */
  private Optional<String> check(Path target, Entry entry) throws InterruptedException {
    try {
      if (!hasRealParents(target, entry)) {
        return Optional.of("is not in a directory any more");
      }
      Path path = Tree.resolve(target, entry);
      return switch (entry) {
        case LinkEntry link -> {
          boolean sound =
              Files.isSymbolicLink(path)
                  && Files.readSymbolicLink(path).toString().equals(link.target());
          yield sound ? Optional.empty() : Optional.of("is no longer a link to " + link.target());
        }
        case FileEntry file -> check(path, file);
      };
    } catch (IOException e) {
      return Optional.of("cannot be read: " + e.getMessage());
    }
  }

  private static boolean hasRealParents(Path target, Entry entry) throws ContentException {
    Path parent = target;
    for (Path name : target.relativize(Tree.resolve(target, entry))) {
      if (!parent.equals(target) && !Files.isDirectory(parent, LinkOption.NOFOLLOW_LINKS)) {
        return false;
      }
      parent = parent.resolve(name);
    }
    return true;
  }

  private Optional<String> check(Path path, FileEntry file)
      throws IOException, InterruptedException {
    if (!Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS)) {
      return Optional.of("is missing");
    }
    long offset = 0;
    disk.take(OPENING);
    try (InputStream in = Files.newInputStream(path)) {
      for (Chunk chunk : file.chunks()) {
        disk.take(chunk.size());
        byte[] bytes = in.readNBytes(chunk.size());
        if (!Sha256.hex(bytes).equals(chunk.sha256())) {
          return Optional.of(
              "has wrong bytes between %d and %d".formatted(offset, offset + chunk.size()));
        }
        offset += chunk.size();
      }
      if (in.read() >= 0) {
        return Optional.of("is longer than " + file.size() + " bytes");
      }
    }
    int mode = Modes.of(path);
    return mode == Tree.writtenMode(file)
        ? Optional.empty()
        : Optional.of("has mode %o, not %o".formatted(mode, Tree.writtenMode(file)));
  }

  /** Files in a published directory that are not in its index, sorted: no damage, but of note. */
  public static List<String> extras(Path target) throws IOException {
    Optional<IndexFile> index = Fetcher.publishedIndex(target);
    if (index.isEmpty()) {
      return List.of();
    }
    Set<Path> known = new HashSet<>();
    index.get().forEach(entry -> known.add(Tree.resolve(target, entry)));
    try (Stream<Path> walk = Files.walk(target)) {
      return walk.filter(each -> !Files.isDirectory(each, LinkOption.NOFOLLOW_LINKS))
          .filter(each -> !known.contains(each))
          .map(each -> target.relativize(each).toString())
          .sorted()
          .toList();
    }
  }

  /**
   * Restores one damaged file or link by one rename. What is sound on this disk, in the damaged
   * file too, is not fetched again.
   */
  public void restore(Path target, Damage damage, List<String> sources)
      throws IOException, InterruptedException {
    restore(target, damage, network.among(sources));
  }

  /** The same, from wherever a route leads. */
  public void restore(Path target, Damage damage, Transfer transfer)
      throws IOException, InterruptedException {
    Entry entry = entry(target, damage.path());
    Path work = target.resolveSibling("." + target.getFileName() + ".restore");
    try {
      Files.createDirectories(work);
      Path fresh = work.resolve("file");
      DurableFiles.deleteTree(fresh);
      write(fresh, entry, target, work, transfer);
      replace(target, entry, fresh);
      DurableFiles.deleteTree(work);
    } catch (IOException e) {
      if (DiskFull.is(e)) {
        DurableFiles.deleteTree(work);
        throw new ContentException("the disk is full: free some space", e);
      }
      throw e;
    }
  }

  private static Entry entry(Path target, String path) throws IOException {
    IndexFile index =
        Fetcher.publishedIndex(target)
            .filter(each -> !path.isEmpty())
            .orElseThrow(() -> new ContentException(target + " must be fetched anew"));
    List<Entry> found = new ArrayList<>(1);
    index.forEach(
        each -> {
          if (each.path().equals(path)) {
            found.add(each);
          }
        });
    if (found.isEmpty()) {
      throw new ContentException(path + " is not in the index");
    }
    return found.getFirst();
  }

  private void write(Path fresh, Entry entry, Path target, Path work, Transfer transfer)
      throws IOException, InterruptedException {
    Path tree = work.resolve("tree");
    DurableFiles.deleteTree(tree);
    // it takes a damaged file's place: a disk that is almost full must be mended, too
    TreeWriter writer = new TreeWriter(tree, false, WritePoints.NONE, DiskRoom.ALL);
    Path file = work.resolve("index");
    ContentIndex alone = new ContentIndex(List.of(entry));
    Files.write(file, alone.toBytes());
    IndexFile index = new IndexFile(file, alone.digest());
    Gathering gathering =
        network.gathering(
            transfer,
            new PartialChunks(work.resolve("chunks")),
            TreeFetch.into(writer, TreeFetch.Brought.NOBODY));
    try (LocalChunks local = LocalChunks.beside(target)) {
      new TreeFetch(writer, local, null, gathering, TreeFetch.Brought.NOBODY).run(index);
    }
    writer.finish(index);
    Files.move(Tree.resolve(tree, entry), fresh, StandardCopyOption.ATOMIC_MOVE);
  }

  private static void replace(Path target, Entry entry, Path fresh) throws IOException {
    Path path = Tree.resolve(target, entry);
    Path parent = target;
    for (Path name : target.relativize(path)) {
      if (!parent.equals(target) && !Files.isDirectory(parent, LinkOption.NOFOLLOW_LINKS)) {
        // a link that has taken the place of a directory may lead anywhere
        Files.deleteIfExists(parent);
        Files.createDirectory(parent);
      }
      parent = parent.resolve(name);
    }
    if (Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) {
      DurableFiles.deleteTree(path);
    }
    Files.move(fresh, path, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    DurableFiles.syncDirectory(DurableFiles.parent(path));
  }
}
