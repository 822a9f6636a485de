package io.pilothouse.filesync.client;

import io.pilothouse.filesync.ContentIndex.Chunk;
import io.pilothouse.filesync.ContentIndex.FileEntry;
import io.pilothouse.filesync.IndexFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;

/**
 * Fills a tree with the files of an index, window by window, so that the memory needed does not
 * grow with the content: of each window first what is in the tree already, then what this disk has
 * elsewhere, then what sources have.
 */
final class TreeFetch {
  /** Places of chunks in a window. */
  private static final int WINDOW = 1 << 13;

  private final TreeWriter writer;
  private final LocalChunks local;
  private final @Nullable Path unpublished;
  private final Gathering gathering;
  private final Brought brought;
  private final Map<String, Want> window = new LinkedHashMap<>();
  private int places;

  /** Told of each chunk that is in all its places now; called by many threads. */
  interface Brought {
    Brought NOBODY = sha256 -> {};

    void brought(String sha256);
  }

  /**
   * Prepares a fetch.
   *
   * @param unpublished a tree of this very index that only lacks its index; its files are looked at
   *     where the index says
   */
  TreeFetch(
      TreeWriter writer,
      LocalChunks local,
      @Nullable Path unpublished,
      Gathering gathering,
      Brought brought) {
    this.writer = writer;
    this.local = local;
    this.unpublished = unpublished;
    this.gathering = gathering;
    this.brought = brought;
  }

  void run(IndexFile index) throws IOException, InterruptedException {
    index.<InterruptedException>forEach(
        entry -> {
          writer.prepare(entry);
          if (entry instanceof FileEntry file) {
            long offset = 0;
            for (Chunk chunk : file.chunks()) {
              want(chunk, new Want.Place(file, offset));
              offset += chunk.size();
            }
          }
        });
    bringWindow();
  }

  private void want(Chunk chunk, Want.Place place) throws IOException, InterruptedException {
    window.computeIfAbsent(chunk.sha256(), each -> new Want(chunk)).places.add(place);
    if (++places >= WINDOW) {
      bringWindow();
    }
  }

  private void bringWindow() throws IOException, InterruptedException {
    gathering.bring(lookHere(window.values()));
    window.clear();
    places = 0;
  }

  /** Takes what is on this disk; returns what is not. */
  private List<Want> lookHere(Collection<Want> wants) throws IOException, InterruptedException {
    if (!writer.isResumed() && unpublished == null && local.isEmpty()) {
      return List.copyOf(wants);
    }
    int largest = wants.stream().mapToInt(each -> each.chunk.size()).max().orElse(0);
    Queue<Want> left = new ConcurrentLinkedQueue<>(wants);
    Queue<Want> missing = new ConcurrentLinkedQueue<>();
    Crew.run(
        Math.min(Crew.SIZE, wants.size()),
        () -> {
          byte[] buffer = new byte[largest];
          for (Want want = left.poll(); want != null; want = left.poll()) {
            if (isHere(want, buffer)) {
              brought.brought(want.chunk.sha256());
            } else {
              missing.add(want);
            }
          }
        });
    List<Want> inOrder = new ArrayList<>(wants);
    inOrder.retainAll(new HashSet<>(missing));
    return inOrder;
  }

  private boolean isHere(Want want, byte[] buffer) throws IOException {
    List<Want.Place> empty = new ArrayList<>(want.places.size());
    for (Want.Place each : want.places) {
      if (!writer.holds(each, want.chunk, buffer)) {
        empty.add(each);
      }
    }
    boolean found = empty.isEmpty();
    if (!found) {
      found =
          (empty.size() < want.places.size() && reads(want, buffer))
              || isInUnpublished(want, buffer)
              || local.read(want.chunk, buffer);
      if (found) {
        for (Want.Place each : empty) {
          writer.write(each, ByteBuffer.wrap(buffer, 0, want.chunk.size()));
        }
      }
    }
    return found;
  }

  /** From one of its places to which it was written already. */
  private boolean reads(Want want, byte[] buffer) throws IOException {
    for (Want.Place each : want.places) {
      if (writer.holds(each, want.chunk, buffer)) {
        return true;
      }
    }
    return false;
  }

  private boolean isInUnpublished(Want want, byte[] buffer) throws IOException {
    if (unpublished == null) {
      return false;
    }
    Want.Place first = want.places.getFirst();
    return Tree.holds(Tree.resolve(unpublished, first.file()), first.offset(), want.chunk, buffer);
  }

  /** Verified bytes go to all their places. */
  static Gathering.Taker into(TreeWriter writer, Brought brought) {
    return (want, bytes) -> {
      for (Want.Place each : want.places) {
        writer.write(each, bytes);
      }
      brought.brought(want.chunk.sha256());
    };
  }
}
