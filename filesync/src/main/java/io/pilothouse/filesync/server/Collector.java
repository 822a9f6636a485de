package io.pilothouse.filesync.server;

import io.pilothouse.filesync.IndexFile;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongSupplier;

/**
 * Removes from a store what nobody names any more, once it has been so for a grace time without a
 * break: first the index, then, a grace time later, chunks that no other content needs. Time is
 * that of this process and not the files': a clock that jumps removes nothing, and a restart begins
 * the grace time anew. A crash leaves chunks without an index, which the next pass finds.
 */
public final class Collector {
  private static final int DIRECTORIES = ContentStore.CHUNK_DIRECTORIES;

  /** Of an index for each of its chunks, at least. */
  private static final int KEY_BYTES = 68;

  /** Chunks that are known to be needed at one time: some 12 MiB. */
  private static final int KEYS_AT_ONCE = 600_000;

  /** Chunks whose grace time runs at one time, some 20 MiB; that of others begins when it may. */
  private static final int MOST_UNNEEDED = 1_000_000;

  /**
   * What a pass removed.
   *
   * @param bytes of chunks
   */
  public record Collected(int contents, int chunks, long bytes) {}

  /** Since when, and which taking of its index that was about. */
  private record Unnamed(long since, long takenAs) {}

  private final ContentStore store;
  private final long graceNanos;
  private final LongSupplier nanoTime;
  private final Map<String, Unnamed> unnamed = new HashMap<>();

  /** When each pass began. */
  private final List<Long> passes = new ArrayList<>();

  /** By the directory that they are in: the number of the pass that found them so first. */
  private final ChunkKeys[] unneeded = new ChunkKeys[DIRECTORIES];

  private int unneededChunks;

  /**
   * Makes a collector.
   *
   * @param grace how long a content must have had no name, and a chunk no content
   */
  public Collector(ContentStore store, Duration grace) {
    this(store, grace, System::nanoTime);
  }

  Collector(ContentStore store, Duration grace, LongSupplier nanoTime) {
    this.store = store;
    this.graceNanos = grace.toNanos();
    this.nanoTime = nanoTime;
    Arrays.setAll(unneeded, each -> new ChunkKeys());
  }

  /**
   * One pass.
   *
   * @param named digests of contents that are not to be touched
   */
  public Collected collect(Set<String> named) throws IOException {
    int contents = contents(named);
    Pass pass = new Pass(store.indexesTaken());
    int parts = parts();
    for (int part = 0; part < parts; part++) {
      pass.collect(part * DIRECTORIES / parts, (part + 1) * DIRECTORIES / parts);
    }
    return new Collected(contents, pass.chunks, pass.bytes);
  }

  /** The indexes are read once for each part of the chunks, so that what is needed fits. */
  private int parts() throws IOException {
    long keys = 0;
    for (String digest : store.indexNames()) {
      keys += store.index(digest) instanceof Contents.At place ? place.size() / KEY_BYTES : 0;
    }
    return Math.clamp(keys / KEYS_AT_ONCE + 1, 1, DIRECTORIES);
  }

  /** Looks at all chunks once, directory by directory. */
  private final class Pass {
    private final long seen;
    private final int number;
    private int chunks;
    private long bytes;

    Pass(long seen) {
      this.seen = seen;
      passes.add(nanoTime.getAsLong());
      this.number = passes.size(); // of the first: 1, for 0 is none
    }

    void collect(int from, int to) throws IOException {
      ChunkKeys needed = needed(from, to);
      for (int directory = from; directory < to; directory++) {
        collect(directory, needed);
      }
    }

    private void collect(int directory, ChunkKeys needed) throws IOException {
      ChunkKeys before = unneeded[directory];
      ChunkKeys still = new ChunkKeys();
      store.forEachChunk(
          directory,
          sha256 -> {
            if (needed.number(sha256) == 0 && !isRemoved(sha256, before.number(sha256))) {
              int since = before.number(sha256);
              if (since != 0 || unneededChunks < MOST_UNNEEDED) {
                still.put(sha256, since != 0 ? since : number);
              }
            }
          });
      unneededChunks += still.size() - before.size();
      unneeded[directory] = still;
    }

    private boolean isRemoved(String sha256, int since) throws IOException {
      long first = passes.get((since == 0 ? number : since) - 1);
      if (passes.get(number - 1) - first < graceNanos) {
        return false;
      }
      long freed = store.removeChunk(sha256, seen);
      if (freed < 0) {
        return false;
      }
      chunks++;
      bytes += freed;
      return true;
    }

    private ChunkKeys needed(int from, int to) throws IOException {
      ChunkKeys needed = new ChunkKeys();
      for (String digest : store.indexNames()) {
        Optional<IndexFile> index = store.known(digest);
        if (index.isPresent()) {
          index
              .get()
              .forEachChunk(
                  (file, offset, chunk) -> {
                    int directory = Integer.parseInt(chunk.sha256(), 0, 2, 16);
                    if (directory >= from && directory < to) {
                      needed.put(chunk.sha256(), 1);
                    }
                  });
        }
      }
      return needed;
    }
  }

  private int contents(Set<String> named) throws IOException {
    long now = nanoTime.getAsLong();
    Set<String> still = new HashSet<>();
    int removed = 0;
    for (String digest : store.indexNames()) {
      if (named.contains(digest)) {
        continue;
      }
      long taken = store.takenAs(digest);
      Unnamed known = unnamed.get(digest);
      if (known == null || known.takenAs() != taken) {
        // uploaded again: whoever did so is about to name it
        known = new Unnamed(now, taken);
        unnamed.put(digest, known);
      }
      if (now - known.since() < graceNanos) {
        still.add(digest);
      } else {
        store.removeIndex(digest);
        removed++;
      }
    }
    unnamed.keySet().retainAll(still);
    return removed;
  }
}
