package io.pilothouse.filesync;

import io.pilothouse.filesync.ContentIndex.Chunk;
import io.pilothouse.filesync.ContentIndex.FileEntry;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;

/** Reads and cuts files on the caller's thread, and hashes their chunks on others. */
final class Hashing implements AutoCloseable {
  private static final int MOST_THREADS = 8;

  /** Chunks in memory. */
  private static final int AHEAD = 64;

  private final ExecutorService threads =
      Executors.newFixedThreadPool(
          Math.min(MOST_THREADS, Runtime.getRuntime().availableProcessors()),
          Thread.ofPlatform().daemon().name("hash-", 0).factory());
  private final Semaphore room = new Semaphore(AHEAD);
  private final byte[] buffer = new byte[4 * Cutter.LARGEST];
  private final Found found;

  Hashing(Found found) {
    this.found = found;
  }

  /** Told of each chunk that was hashed, on any thread. */
  interface Found {
    void at(Chunk chunk, Packer.Place place);
  }

  /** A file whose last chunks are being hashed. */
  static final class Cut {
    private final String name;
    private final int mode;
    private final Chunks hashed = new Chunks();
    private final Deque<Future<Chunk>> coming = new ArrayDeque<>(1);
    private long size;

    private Cut(String name, int mode) {
      this.name = name;
      this.mode = mode;
    }

    private void add(Future<Chunk> chunk) throws IOException {
      coming.add(chunk);
      if (coming.size() > 2 * AHEAD) {
        take();
      }
    }

    private void take() throws IOException {
      try {
        Chunk chunk = coming.remove().get();
        hashed.append(chunk.sha256(), chunk.size());
      } catch (InterruptedException e) {
        throw interrupted();
      } catch (ExecutionException e) {
        throw new IllegalStateException("hashing does not fail", e.getCause());
      }
    }

    FileEntry entry() throws IOException {
      while (!coming.isEmpty()) {
        take();
      }
      return new FileEntry(name, mode, size, hashed);
    }
  }

  Cut file(Path path, String name) throws IOException {
    Cut cut = new Cut(name, Modes.of(path));
    try (InputStream in = Files.newInputStream(path)) {
      int from = 0;
      int to = in.readNBytes(buffer, 0, buffer.length);
      boolean all = to < buffer.length;
      while (from < to || !all) {
        if (!all && to - from < Cutter.LARGEST) {
          System.arraycopy(buffer, from, buffer, 0, to - from);
          to -= from;
          from = 0;
          int read = in.readNBytes(buffer, to, buffer.length - to);
          all = to + read < buffer.length;
          to += read;
          continue; // it may have ended at the buffer's last byte
        }
        boolean hole = Zeros.fill(buffer, from, to);
        int length = hole ? Zeros.CHUNK.size() : Cutter.cut(buffer, from, to);
        cut.add(
            hole
                ? zeros(path, cut.size)
                : hash(Arrays.copyOfRange(buffer, from, from + length), path, cut.size));
        from += length;
        cut.size += length;
      }
    }
    return cut;
  }

  private Future<Chunk> zeros(Path path, long offset) {
    found.at(Zeros.CHUNK, new Packer.Place(path, offset));
    return CompletableFuture.completedFuture(Zeros.CHUNK);
  }

  private Future<Chunk> hash(byte[] bytes, Path path, long offset) throws IOException {
    try {
      room.acquire();
    } catch (InterruptedException e) {
      throw interrupted();
    }
    return threads.submit(
        () -> {
          try {
            Chunk chunk = new Chunk(Sha256.hex(bytes), bytes.length);
            found.at(chunk, new Packer.Place(path, offset));
            return chunk;
          } finally {
            room.release();
          }
        });
  }

  private static IOException interrupted() {
    Thread.currentThread().interrupt();
    return new InterruptedIOException("stopped while packing");
  }

  @Override
  public void close() {
    threads.shutdownNow();
  }
}
