package io.pilothouse.filesync.server;

import io.pilothouse.filesync.ContentException;
import io.pilothouse.filesync.ContentIndex;
import io.pilothouse.filesync.ContentIndex.Chunk;
import io.pilothouse.filesync.DurableFiles;
import io.pilothouse.filesync.Sha256;
import java.io.IOException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;

/**
 * Chunks and indexes in a directory, each under its hash. What is there is whole: a write is
 * verified, flushed and renamed into place. An index is only taken when all its chunks are there.
 */
public final class ContentStore {
  private final Path chunks;
  private final Path indexes;
  private final Path incoming;
  private final AtomicLong temporary = new AtomicLong();

  /** Opens or makes the store; what an earlier crash left half-written is removed. */
  public ContentStore(Path dir) throws IOException {
    this.chunks = dir.resolve("chunks");
    this.indexes = dir.resolve("index");
    this.incoming = dir.resolve("incoming");
    DurableFiles.deleteTree(incoming);
    for (Path each : List.of(chunks, indexes, incoming)) {
      Files.createDirectories(each);
    }
  }

  /** Whether the chunk is there. */
  public boolean hasChunk(String sha256) {
    return Files.isRegularFile(chunk(sha256));
  }

  /** A chunk's file. */
  public Optional<Path> chunkFile(String sha256) {
    return Optional.of(chunk(sha256)).filter(Files::isRegularFile);
  }

  /** An index's bytes. */
  public Optional<byte[]> index(String digest) throws IOException {
    try {
      return Optional.of(Files.readAllBytes(indexFile(digest)));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
  }

  /** Takes a chunk; refuses bytes that do not have that hash. */
  public void putChunk(String sha256, byte[] bytes) throws IOException {
    if (!Sha256.hex(bytes).equals(sha256)) {
      throw new ContentException("the bytes sent as chunk " + sha256 + " have another hash");
    }
    publish(bytes, chunk(sha256));
  }

  /**
   * Takes an index when all its chunks are there.
   *
   * @return hashes of the chunks that are missing; empty when it was taken
   */
  public List<String> putIndex(String digest, byte[] bytes) throws IOException {
    if (!Sha256.hex(bytes).equals(digest)) {
      throw new ContentException("the bytes sent as index " + digest + " have another hash");
    }
    List<String> missing = missing(ContentIndex.parse(bytes));
    if (missing.isEmpty()) {
      publish(bytes, indexFile(digest));
    }
    return missing;
  }

  /** Which chunks of an index are not there. */
  public List<String> missing(ContentIndex index) {
    return index.chunks().stream().map(Chunk::sha256).filter(each -> !hasChunk(each)).toList();
  }

  /** Digests of the contents that are there in full, sorted. */
  public List<String> held() throws IOException {
    List<String> held = new ArrayList<>();
    for (String digest : indexNames()) {
      Optional<byte[]> bytes = index(digest);
      if (bytes.isPresent() && missing(ContentIndex.parse(bytes.get())).isEmpty()) {
        held.add(digest);
      }
    }
    return held;
  }

  /** Names of all indexes, sorted. */
  public List<String> indexNames() throws IOException {
    try (Stream<Path> files = Files.list(indexes)) {
      return files
          .map(each -> each.getFileName().toString())
          .filter(Sha256::isHex)
          .sorted()
          .toList();
    }
  }

  /**
   * Verifies one chunk on disk and removes it when it is damaged, so that it is fetched anew.
   *
   * @return whether it was sound, or not there
   */
  public boolean scrub(Chunk chunk) throws IOException {
    Path file = chunk(chunk.sha256());
    byte[] bytes;
    try {
      bytes = Files.readAllBytes(file);
    } catch (NoSuchFileException e) {
      return true;
    }
    if (Sha256.hex(bytes).equals(chunk.sha256())) {
      return true;
    }
    Files.deleteIfExists(file);
    return false;
  }

  private void publish(byte[] bytes, Path to) throws IOException {
    Path fresh = incoming.resolve(Long.toString(temporary.incrementAndGet()));
    try {
      DurableFiles.write(fresh, bytes);
      Path parent = to.getParent();
      if (parent == null) {
        throw new IllegalStateException(to + " has no parent");
      }
      Files.createDirectories(parent);
      Files.move(fresh, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      DurableFiles.syncDirectory(parent);
    } catch (AtomicMoveNotSupportedException e) {
      throw new IOException(incoming + " must be on the same file system as " + to, e);
    } finally {
      Files.deleteIfExists(fresh);
    }
  }

  private Path chunk(String sha256) {
    requireHex(sha256);
    return chunks.resolve(sha256.substring(0, 2)).resolve(sha256.substring(2));
  }

  private Path indexFile(String digest) {
    requireHex(digest);
    return indexes.resolve(digest);
  }

  private static void requireHex(String hash) {
    if (!Sha256.isHex(hash)) {
      throw new IllegalArgumentException("\"" + hash + "\" is not a SHA-256 in lower-case hex");
    }
  }
}
