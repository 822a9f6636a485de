package io.pilothouse.filesync.client;

import io.pilothouse.filesync.ContentException;
import io.pilothouse.filesync.ContentIndex;
import io.pilothouse.filesync.DiskFull;
import io.pilothouse.filesync.DurableFiles;
import io.pilothouse.filesync.IndexFile;
import io.pilothouse.filesync.Sha256;
import io.pilothouse.filesync.Throttle;
import io.pilothouse.tls.HttpConnections;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.random.RandomGenerator;

/**
 * Brings content to a directory. Until everything is there and verified the target does not exist;
 * then it appears by one rename. A kill at any byte leaves work files beside it (in {@code
 * .NAME.work}) from which the next call goes on. Safe for use by many threads: calls for one target
 * or one digest wait for each other.
 */
public final class Fetcher {
  private final Network network;
  private final WritePoints points;
  private final DiskRoom room;
  private final Scrubber sound;
  private final Underway underway = new Underway();

  /** Targets and digests that are being fetched; also the monitor to wait on. */
  private final Set<Object> busy = new HashSet<>();

  /**
   * Makes a fetcher; all its transfers share one throttle.
   *
   * @param random chooses the source, so that a fleet spreads over the replicas
   * @param connections to the sources
   */
  public Fetcher(Throttle throttle, RandomGenerator random, HttpConnections connections) {
    this(Network.usual(throttle, random, connections), WritePoints.NONE);
  }

  Fetcher(Network network, WritePoints points) {
    this(network, points, DiskRoom.OF_MACHINE);
  }

  Fetcher(Network network, WritePoints points, DiskRoom room) {
    this.network = network;
    this.points = points;
    this.room = room;
    this.sound = new Scrubber(Throttle.unlimited(), network);
  }

  /** What is being fetched now. */
  public Underway underway() {
    return underway;
  }

  /** Where a published directory's index is kept: beside it, out of the content. */
  public static Path indexFile(Path target) {
    return target.resolveSibling(target.getFileName() + ".index");
  }

  /** The digest a directory was published from; empty when it was not, or its index is damaged. */
  public static Optional<String> publishedDigest(Path target) throws IOException {
    return publishedIndex(target).map(IndexFile::digest);
  }

  /** The index of a published directory, read through once; empty when it is missing or damaged. */
  public static Optional<IndexFile> publishedIndex(Path target) throws IOException {
    try {
      return Files.isDirectory(target)
          ? Optional.of(IndexFile.check(indexFile(target)))
          : Optional.empty();
    } catch (NoSuchFileException | ContentException e) {
      return Optional.empty();
    }
  }

  /** Whether that very content is published there: reads its index once, and parses nothing. */
  public static boolean isPublished(String digest, Path target) throws IOException {
    try {
      return Files.isDirectory(target) && Sha256.hex(indexFile(target)).equals(digest);
    } catch (NoSuchFileException e) {
      return false;
    }
  }

  /** The index a directory was published from; empty when it was not, or its index is damaged. */
  public static Optional<ContentIndex> published(Path target) throws IOException {
    try {
      return Files.isDirectory(target)
          ? Optional.of(ContentIndex.parse(Files.readAllBytes(indexFile(target))))
          : Optional.empty();
    } catch (NoSuchFileException | ContentException e) {
      return Optional.empty();
    }
  }

  /**
   * Fetches, verifies and publishes; returns at once when that content is there already.
   *
   * @param digest of the index
   * @param target directory to appear
   * @param sources {@code host:port} of replicas that may have it
   */
  public Fetched fetch(String digest, Path target, List<String> sources)
      throws IOException, InterruptedException {
    return fetch(digest, target, network.among(sources));
  }

  /** The same, from wherever a route leads. */
  public Fetched fetch(String digest, Path target, Transfer transfer)
      throws IOException, InterruptedException {
    Path place = target.toAbsolutePath().normalize();
    enter(place, digest);
    try {
      Tree.recover(work(place), place);
      if (isPublished(digest, place)) {
        DurableFiles.deleteTree(work(place)); // a kill may have come just before
        return new Fetched(digest, 0);
      }
      return new Fetched(digest, fetchNow(digest, place, transfer));
    } catch (IOException e) {
      if (DiskFull.is(e)) {
        DurableFiles.deleteTree(work(place));
        throw new ContentException(
            "the disk is full: %s was not changed; free some space (%s)"
                .formatted(place, e.getMessage()),
            e);
      }
      throw e;
    } finally {
      underway.ends(digest);
      leave(place, digest);
    }
  }

  private void enter(Path place, String digest) throws InterruptedException {
    synchronized (busy) {
      while (busy.contains(place) || busy.contains(digest)) {
        busy.wait();
      }
      busy.add(place);
      busy.add(digest);
    }
  }

  private void leave(Path place, String digest) {
    synchronized (busy) {
      busy.remove(place);
      busy.remove(digest);
      busy.notifyAll();
    }
  }

  /** Removes a published directory with its index and work files; it is unpublished first. */
  public static void remove(Path target) throws IOException {
    DurableFiles.deleteTree(work(target));
    Files.deleteIfExists(indexFile(target));
    DurableFiles.deleteTree(target);
  }

  private long fetchNow(String digest, Path target, Transfer transfer)
      throws IOException, InterruptedException {
    Path work = work(target);
    Files.createDirectories(work);
    points.reached("work directory made");
    underway.begins(digest);
    long fetched;
    try (LocalChunks local = LocalChunks.beside(target)) {
      IndexFile index = index(digest, work, local, transfer);
      if (lacksOnlyItsIndex(target, index)) {
        Tree.publishIndex(work, target, points);
        fetched = 0;
      } else {
        fetched = fill(digest, index, target, local, transfer);
        Tree.publish(work, target, points);
      }
    }
    DurableFiles.deleteTree(work);
    return fetched;
  }

  /**
   * Whether all files are there: then they stay where they are, as somebody may be using them. A
   * flipped bit can leave an index that is sound, of something else, and as long as before.
   */
  private boolean lacksOnlyItsIndex(Path target, IndexFile index)
      throws IOException, InterruptedException {
    boolean indexLost =
        publishedDigest(target).isEmpty()
            || Files.size(indexFile(target)) == Files.size(index.file());
    return Files.isDirectory(target) && indexLost && sound.isSound(target, index);
  }

  private long fill(
      String digest, IndexFile index, Path target, LocalChunks local, Transfer transfer)
      throws IOException, InterruptedException {
    Path work = work(target);
    Path tree = work.resolve("tree");
    underway.knows(digest, index, tree);
    TreeFetch.Brought brought = sha256 -> underway.brought(digest, sha256);
    boolean resumed = Files.exists(tree);
    if (!resumed) {
      room.require(work, index.bytesOnDisk());
    }
    try (TreeWriter writer = new TreeWriter(tree, resumed, points, room)) {
      Gathering gathering =
          network.gathering(
              transfer, new PartialChunks(work.resolve("chunks")), TreeFetch.into(writer, brought));
      // most of it may be there, with its index lost
      boolean there = Files.isDirectory(target) && publishedDigest(target).isEmpty();
      Path unpublished = there ? target : null;
      new TreeFetch(writer, local, unpublished, gathering, brought).run(index);
      writer.finish(index);
      return gathering.fetchedBytes();
    }
  }

  /** What a fetch of another content left behind is no tree to go on with, but has chunks. */
  private IndexFile index(String digest, Path work, LocalChunks local, Transfer transfer)
      throws IOException, InterruptedException {
    Path file = work.resolve("index");
    if (Files.exists(file)) {
      if (Sha256.hex(file).equals(digest)) {
        return new IndexFile(file, digest);
      }
      Path stale = work.resolve("stale");
      Path staleIndex = work.resolve("stale.index");
      DurableFiles.deleteTree(stale);
      Files.move(file, staleIndex, StandardCopyOption.REPLACE_EXISTING);
      if (Files.exists(work.resolve("tree"))) {
        Files.move(work.resolve("tree"), stale);
        local.add(stale, new IndexFile(staleIndex, ""));
      }
    }
    // without its index nobody knows what a tree was to be
    DurableFiles.deleteTree(work.resolve("tree"));
    IndexFile index = network.sources(transfer).index(digest, file);
    points.reached("index named");
    return index;
  }

  private static Path work(Path target) {
    return target.resolveSibling("." + target.getFileName() + ".work");
  }
}
