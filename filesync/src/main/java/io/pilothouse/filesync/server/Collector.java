package io.pilothouse.filesync.server;

import io.pilothouse.filesync.IndexFile;
import java.io.IOException;
import java.time.Duration;
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
  private final Map<String, Long> unneeded = new HashMap<>();

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
  }

  /**
   * One pass.
   *
   * @param named digests of contents that are not to be touched
   */
  public Collected collect(Set<String> named) throws IOException {
    int contents = contents(named);
    long seen = store.indexesTaken();
    Set<String> needed = needed();
    long now = nanoTime.getAsLong();
    List<String> all = store.chunkNames();
    Set<String> still = new HashSet<>();
    int chunks = 0;
    long bytes = 0;
    for (String chunk : all) {
      if (needed.contains(chunk)) {
        continue;
      }
      long since = unneeded.computeIfAbsent(chunk, each -> now);
      long freed = now - since < graceNanos ? -1 : store.removeChunk(chunk, seen);
      if (freed < 0) {
        still.add(chunk);
      } else {
        chunks++;
        bytes += freed;
      }
    }
    unneeded.keySet().retainAll(still);
    return new Collected(contents, chunks, bytes);
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

  private Set<String> needed() throws IOException {
    Set<String> needed = new HashSet<>();
    for (String digest : store.indexNames()) {
      Optional<IndexFile> index = store.known(digest);
      if (index.isPresent()) {
        index.get().forEachChunk((file, offset, chunk) -> needed.add(chunk.sha256()));
      }
    }
    return needed;
  }
}
