package io.pilothouse.filesync.client;

import io.pilothouse.filesync.Coming;
import io.pilothouse.filesync.IndexFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What a fetcher is bringing now, so that a machine can hand on what it has of a content before all
 * of it is there, and say of the rest that it is coming. Safe for use by many threads.
 */
public final class Underway {
  /** For so long without a new chunk, others may still count on a transfer. */
  private static final Duration STALLED = Duration.ofSeconds(30);

  private final LongSupplier nanoTime;
  private final Map<String, Transferring> transfers = new ConcurrentHashMap<>();
  private final Arrivals arrivals = new Arrivals();

  /** What is to come, and a bit for each chunk that has come. */
  private record Known(Path index, ChunkPlaces places, AtomicIntegerArray came) {
    boolean has(int row) {
      return (came.get(row / Integer.SIZE) & (1 << (row % Integer.SIZE))) != 0;
    }

    void add(int row) {
      came.getAndUpdate(row / Integer.SIZE, bits -> bits | (1 << (row % Integer.SIZE)));
    }
  }

  private static final class Transferring {
    private volatile long progressedAt;
    private volatile @Nullable Known known;

    private Transferring(long now) {
      this.progressedAt = now;
    }
  }

  Underway() {
    this(System::nanoTime);
  }

  Underway(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
  }

  void begins(String digest) {
    transfers.put(digest, new Transferring(nanoTime.getAsLong()));
  }

  /**
   * The index is here.
   *
   * @param index verified
   * @param tree where the files are written
   */
  void knows(String digest, IndexFile index, Path tree) throws IOException {
    ChunkPlaces places = ChunkPlaces.of(tree, index);
    AtomicIntegerArray came = new AtomicIntegerArray(places.rows() / Integer.SIZE + 1);
    Transferring transfer = transfers.get(digest);
    if (transfer == null) {
      places.close();
      return;
    }
    transfer.known = new Known(index.file(), places, came);
    transfer.progressedAt = nanoTime.getAsLong();
    arrivals.changed(); // the index came, and it is known now which chunks will not
  }

  /** A verified chunk is in all its places. */
  void brought(String digest, String sha256) {
    Transferring transfer = transfers.get(digest);
    Known known = transfer == null ? null : transfer.known;
    if (transfer != null && known != null) {
      int row = known.places().row(sha256);
      if (row >= 0) {
        known.add(row);
      }
      transfer.progressedAt = nanoTime.getAsLong();
      arrivals.came(sha256);
    }
  }

  void ends(String digest) {
    Transferring ended = transfers.remove(digest);
    Known known = ended == null ? null : ended.known;
    if (known != null) {
      known.places().close();
    }
    arrivals.changed();
  }

  /**
   * Begins a wait for chunks and indexes that transfers bring.
   *
   * @return empty when too many wait already
   */
  public Optional<Coming> await(Collection<String> hashes) {
    return arrivals.await(hashes);
  }

  /** How many wait for what transfers bring. */
  int waiting() {
    return arrivals.waiting();
  }

  /** Where a chunk is of a content that is not published yet. */
  public Optional<ChunkPlaces.Place> chunk(String sha256) throws IOException {
    for (Transferring each : transfers.values()) {
      Known known = each.known;
      int row = known == null ? -1 : known.places().row(sha256);
      if (known != null && row >= 0 && known.has(row)) {
        Optional<ChunkPlaces.Place> place = known.places().place(row);
        if (place.isPresent() && isThere(place.get())) {
          return place;
        }
      }
    }
    return Optional.empty();
  }

  /**
   * False for zeros at a file's end, which are a hole as yet; and when all is published just now.
   */
  private static boolean isThere(ChunkPlaces.Place place) throws IOException {
    try {
      return Files.size(place.file()) >= place.offset() + place.size();
    } catch (NoSuchFileException e) {
      return false;
    }
  }

  /** The index of a content that is not published yet. */
  public Optional<Path> index(String digest) {
    Transferring transfer = transfers.get(digest);
    return Optional.ofNullable(transfer == null ? null : transfer.known).map(Known::index);
  }

  /** Whether a transfer of that content has begun, be it stalled. */
  public boolean isOf(String digest) {
    return transfers.containsKey(digest);
  }

  /** Whether any transfer gets on. */
  public boolean isBusy() {
    return transfers.values().stream().anyMatch(this::getsOn);
  }

  /** Whether a transfer that gets on belongs to that content. */
  public boolean isBringing(String digest) {
    Transferring transfer = transfers.get(digest);
    return transfer != null && getsOn(transfer);
  }

  /** Whether a transfer that gets on needs that chunk, or may: its index is not here yet. */
  public boolean isBringingChunk(String sha256) {
    return transfers.values().stream()
        .filter(this::getsOn)
        .map(each -> each.known)
        .anyMatch(known -> known == null || known.places().row(sha256) >= 0);
  }

  private boolean getsOn(Transferring transfer) {
    return nanoTime.getAsLong() - transfer.progressedAt < STALLED.toNanos();
  }
}
