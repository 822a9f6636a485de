package io.pilothouse.filesync;

import io.pilothouse.filesync.ContentIndex.Chunk;
import io.pilothouse.filesync.ContentIndex.FileEntry;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
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
  private final Map<String, Packer.Place> places;

  Hashing(Map<String, Packer.Place> places) {
    this.places = places;
  }

  /** A file whose chunks are being hashed. */
  record Cut(String name, int mode, long size, List<Future<Chunk>> chunks) {
    FileEntry entry() throws IOException {
      List<Chunk> hashed = new ArrayList<>(chunks.size());
      for (Future<Chunk> each : chunks) {
        try {
          hashed.add(each.get());
        } catch (InterruptedException e) {
          throw interrupted();
        } catch (ExecutionException e) {
          throw new IllegalStateException("hashing does not fail", e.getCause());
        }
      }
      return new FileEntry(name, mode, size, hashed);
    }
  }

  Cut file(Path path, String name) throws IOException {
    List<Future<Chunk>> chunks = new ArrayList<>(1);
    long size = 0;
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
        chunks.add(
            hole
                ? zeros(path, size)
                : hash(Arrays.copyOfRange(buffer, from, from + length), path, size));
        from += length;
        size += length;
      }
    }
    return new Cut(name, Modes.of(path), size, chunks);
  }

  private Future<Chunk> zeros(Path path, long offset) {
    places.putIfAbsent(Zeros.CHUNK.sha256(), new Packer.Place(path, offset));
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
            places.putIfAbsent(chunk.sha256(), new Packer.Place(path, offset));
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
