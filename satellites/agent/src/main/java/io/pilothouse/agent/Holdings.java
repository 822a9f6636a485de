package io.pilothouse.agent;

import io.pilothouse.filesync.Coming;
import io.pilothouse.filesync.IndexFile;
import io.pilothouse.filesync.Sha256;
import io.pilothouse.filesync.client.ChunkPlaces;
import io.pilothouse.filesync.client.Fetcher;
import io.pilothouse.filesync.client.Underway;
import io.pilothouse.filesync.server.Contents;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What this machine can hand on to its neighbours: chunks and indexes of the versions and the image
 * on its disk, and of what it is just fetching. Of what it wants itself and does not have yet, it
 * says that it is coming.
 */
final class Holdings implements Contents {
  private static final Logger log = LoggerFactory.getLogger(Holdings.class);

  /** How soon after something was wanted it has its turn, when nothing is being fetched. */
  private static final Duration TURN = Duration.ofSeconds(10);

  private final Underway underway;
  private final LongSupplier nanoTime;

  /** Digests that should be here. */
  private volatile Set<String> wanted = Set.of();

  private volatile long wantedAt;

  /** What is published, by digest. */
  private volatile Map<String, Published> published = Map.of();

  /** Chunks that were found damaged: not handed out again until the directory is looked at anew. */
  private final Set<String> damaged = ConcurrentHashMap.newKeySet();

  private record Published(Path directory, ChunkPlaces places) {}

  Holdings(Underway underway, LongSupplier nanoTime) {
    this.underway = underway;
    this.nanoTime = nanoTime;
  }

  /** These contents should be here now. */
  void want(Set<String> digests) {
    if (!wanted.equals(digests)) {
      wantedAt = nanoTime.getAsLong();
      wanted = Set.copyOf(digests);
    }
  }

  /**
   * These directories are published now.
   *
   * @param directories by digest of their content
   */
  synchronized void publish(Map<String, Path> directories) throws IOException {
    Map<String, Published> now = new ConcurrentHashMap<>();
    for (Map.Entry<String, Path> each : directories.entrySet()) {
      Published known = published.get(each.getKey());
      if (known != null && known.directory().equals(each.getValue())) {
        now.put(each.getKey(), known);
        continue;
      }
      if (Fetcher.isPublished(each.getKey(), each.getValue())) {
        IndexFile index = new IndexFile(Fetcher.indexFile(each.getValue()), each.getKey());
        ChunkPlaces places = ChunkPlaces.of(each.getValue(), index);
        now.put(each.getKey(), new Published(each.getValue(), places));
      }
    }
    Map<String, Published> before = published;
    published = now;
    before.forEach(
        (digest, each) -> {
          if (!each.equals(now.get(digest))) {
            each.places().close();
          }
        });
  }

  /** Files were restored: what was damaged may be sound again. */
  void restored() {
    damaged.clear();
  }

  /** How many contents are served in full. */
  int held() {
    return published.size();
  }

  @Override
  public Held chunk(String sha256) throws IOException {
    if (damaged.contains(sha256)) {
      return new Absent();
    }
    for (Published each : published.values()) {
      Optional<ChunkPlaces.Place> place = each.places().find(sha256);
      if (place.isPresent() && Files.isRegularFile(place.get().file())) {
        return new At(place.get().file(), place.get().offset(), place.get().size());
      }
    }
    Optional<ChunkPlaces.Place> came = underway.chunk(sha256);
    if (came.isPresent()) {
      return new At(came.get().file(), came.get().offset(), came.get().size());
    }
    boolean coming = underway.isBringingChunk(sha256) || wanted.stream().anyMatch(this::isNext);
    return coming ? new Soon() : new Absent();
  }

  /** Whether a content is wanted, and fetching it has not begun but will. */
  private boolean isNext(String digest) {
    return wanted.contains(digest)
        && !published.containsKey(digest)
        && !underway.isOf(digest)
        && (underway.isBusy() || nanoTime.getAsLong() - wantedAt < TURN.toNanos());
  }

  @Override
  public Held index(String digest) throws IOException {
    Published here = published.get(digest);
    Optional<Path> file =
        here == null ? underway.index(digest) : Optional.of(Fetcher.indexFile(here.directory()));
    try {
      if (file.isPresent()) {
        return new At(file.get(), 0, Files.size(file.get()));
      }
    } catch (NoSuchFileException e) {
      // published or removed in this moment: whoever asks again finds out
      return new Soon();
    }
    return underway.isBringing(digest) || isNext(digest) ? new Soon() : new Absent();
  }

  @Override
  public Optional<Coming> await(Collection<String> hashes) {
    return underway.await(hashes);
  }

  @Override
  public boolean isSoundIndex(String digest) throws IOException {
    // a damaged one is found by the rounds that look at what is staged
    return index(digest) instanceof At place && Sha256.hex(place.file()).equals(digest);
  }

  @Override
  public boolean isSoundChunk(String sha256) throws IOException {
    if (!(chunk(sha256) instanceof At place)) {
      return false;
    }
    byte[] bytes = new byte[Math.toIntExact(place.size())];
    try (RandomAccessFile file = new RandomAccessFile(place.file().toFile(), "r")) {
      file.seek(place.offset());
      file.readFully(bytes);
      if (Sha256.hex(bytes).equals(sha256)) {
        return true;
      }
    } catch (IOException e) {
      log.warn("chunk {} in {} cannot be read: {}", sha256, place.file(), e.toString());
    }
    log.warn("chunk {} in {} is damaged and not handed on", sha256, place.file());
    damaged.add(sha256);
    return false;
  }
}
