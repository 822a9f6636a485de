package io.pilothouse.filesync.server;

import io.pilothouse.filesync.ContentException;
import io.pilothouse.filesync.ContentIndex;
import io.pilothouse.filesync.ContentIndex.Chunk;
import io.pilothouse.filesync.DiskFault;
import io.pilothouse.filesync.DurableFiles;
import io.pilothouse.filesync.IndexFile;
import io.pilothouse.filesync.Sha256;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;

/**
 * Chunks and indexes in a directory, each under its hash. What is there is whole: a write is
 * verified, flushed and renamed into place. What the disk has damaged is removed as soon as
 * somebody reads or doubts it, so that it counts as missing and is fetched anew. An index is only
 * taken when all its chunks are there.
 */
public final class ContentStore implements Contents, AutoCloseable {
  /** One for each first byte of a hash. */
  static final int CHUNK_DIRECTORIES = 256;

  /** Of an index that cannot be taken, so many are named: whoever sends them looks again. */
  private static final int MOST_MISSING = 1000;

  /** At least. */
  private static final int INDEX_BYTES_A_CHUNK = 68;

  /** More chunks than this are flushed by one call for the whole file system. */
  private static final int FLUSHED_ONE_BY_ONE = 4;

  private final Path chunks;
  private final Path indexes;
  private final Incoming incoming;
  private final StoreLock lock;
  private final AtomicLong damaged = new AtomicLong();

  /** Which indexes were taken since the start, each with the number that it had then. */
  private final Map<String, Long> taken = new HashMap<>();

  private long indexesTaken;

  private final CompleteContents complete = new CompleteContents();

  /** Opens or makes the store; what an earlier crash left half-written is removed. */
  public ContentStore(Path dir) throws IOException {
    this.chunks = dir.resolve("chunks");
    this.indexes = dir.resolve("index");
    Files.createDirectories(dir);
    this.lock = new StoreLock(dir.resolve("lock"));
    this.incoming = new Incoming(dir.resolve("incoming"));
    for (Path each : List.of(chunks, indexes)) {
      Files.createDirectories(each);
    }
    DurableFiles.syncDirectory(dir);
  }

  /** Whether the chunk is there; its bytes are not looked at. */
  public boolean hasChunk(String sha256) {
    return Files.isRegularFile(chunkFile(sha256));
  }

  @Override
  public Held chunk(String sha256) throws IOException {
    return at(chunkFile(sha256), sha256);
  }

  @Override
  public Held index(String digest) throws IOException {
    return at(indexFile(digest), digest);
  }

  private Held at(Path file, String hash) throws IOException {
    try {
      return new At(file, 0, Files.size(file));
    } catch (NoSuchFileException e) {
      complete.missed(hash);
      return new Absent();
    }
  }

  @Override
  public boolean isSoundChunk(String sha256) throws IOException {
    return isSound(chunkFile(sha256), sha256);
  }

  @Override
  public boolean isSoundIndex(String digest) throws IOException {
    return isSound(indexFile(digest), digest);
  }

  private boolean isSound(Path file, String hash) throws IOException {
    try {
      if (Sha256.hex(file).equals(hash)) {
        return true;
      }
    } catch (NoSuchFileException e) {
      complete.missed(hash);
      return false;
    } catch (IOException e) {
      if (!DiskFault.is(e)) {
        throw e;
      }
    }
    damaged.incrementAndGet();
    complete.missed(hash);
    Files.deleteIfExists(file);
    return false;
  }

  /** A chunk's bytes, verified. */
  public Optional<byte[]> chunkBytes(String sha256) throws IOException {
    return isSoundChunk(sha256)
        ? Optional.of(Files.readAllBytes(chunkFile(sha256)))
        : Optional.empty();
  }

  /** An index's bytes, verified. */
  public Optional<byte[]> indexBytes(String digest) throws IOException {
    return isSoundIndex(digest)
        ? Optional.of(Files.readAllBytes(indexFile(digest)))
        : Optional.empty();
  }

  /**
   * Takes nothing more once so little room is left on the disk: what serves must be able to write
   * its logs, and a store that is full to the last byte cannot even be collected.
   */
  public void keepFree(long bytes) {
    incoming.keepFree(bytes);
  }

  /** Room that is left on the disk, in bytes. */
  public long free() {
    return incoming.free();
  }

  /** Makes the directories anew that somebody has removed under a running replica. */
  public void restoreDirectories() throws IOException {
    for (Path each : List.of(chunks, indexes, incoming.directory())) {
      if (!Files.isDirectory(each)) {
        Files.createDirectories(each);
        complete.clear();
      }
    }
  }

  /** Takes a chunk; refuses bytes that do not have that hash. */
  public void putChunk(String sha256, byte[] bytes) throws IOException {
    requireSound(sha256, bytes);
    incoming.publish(chunkFile(sha256), bytes);
  }

  /** Takes chunks, with one flush for all when they are many. */
  public void putChunks(Map<String, byte[]> bytes) throws IOException {
    if (bytes.size() <= FLUSHED_ONE_BY_ONE) {
      for (Map.Entry<String, byte[]> each : bytes.entrySet()) {
        putChunk(each.getKey(), each.getValue());
      }
      return;
    }
    Map<Path, byte[]> files = new LinkedHashMap<>();
    for (Map.Entry<String, byte[]> each : bytes.entrySet()) {
      requireSound(each.getKey(), each.getValue());
      files.put(chunkFile(each.getKey()), each.getValue());
    }
    incoming.publish(files);
  }

  private static void requireSound(String sha256, byte[] bytes) throws ContentException {
    if (!Sha256.hex(bytes).equals(sha256)) {
      throw new ContentException("the bytes sent as chunk " + sha256 + " have another hash");
    }
  }

  /**
   * Takes an index when all its chunks are there.
   *
   * @return hashes of chunks that are missing, the first thousand; empty when it was taken
   */
  public List<String> putIndex(String digest, byte[] bytes) throws IOException {
    return putIndex(digest, new ByteArrayInputStream(bytes));
  }

  /** The same of a file, which stays: that of a million files does not fit into memory. */
  public List<String> putIndex(String digest, Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      return putIndex(digest, in);
    }
  }

  /** The same of bytes that come. */
  List<String> putIndex(String digest, InputStream in) throws IOException {
    incoming.requireRoom(in.available());
    Path fresh = incoming.fresh();
    try {
      Files.copy(in, fresh);
      DurableFiles.sync(fresh);
      return putFreshIndex(digest, fresh);
    } finally {
      Files.deleteIfExists(fresh);
    }
  }

  /** The same, of a flushed file in {@link Incoming}, which goes away. */
  private List<String> putFreshIndex(String digest, Path fresh) throws IOException {
    if (!Sha256.hex(fresh).equals(digest)) {
      throw new ContentException("the bytes sent as index " + digest + " have another hash");
    }
    IndexFile index = IndexFile.check(fresh);
    synchronized (taken) {
      // nothing may be collected between the look and the publishing
      List<String> missing = missing(index);
      if (missing.isEmpty()) {
        Files.move(
            fresh,
            indexFile(digest),
            StandardCopyOption.ATOMIC_MOVE,
            StandardCopyOption.REPLACE_EXISTING);
        DurableFiles.syncDirectory(indexes);
        taken.put(digest, ++indexesTaken);
      }
      return missing;
    }
  }

  /** Which chunks of an index are not there. */
  public List<String> missing(ContentIndex index) {
    return index.chunks().stream().map(Chunk::sha256).filter(each -> !hasChunk(each)).toList();
  }

  private List<String> missing(IndexFile index) throws IOException {
    Set<String> missing = new LinkedHashSet<>();
    index.forEachChunk(
        (file, offset, chunk) -> {
          if (missing.size() < MOST_MISSING && !hasChunk(chunk.sha256())) {
            missing.add(chunk.sha256());
          }
        });
    return List.copyOf(missing);
  }

  /** Digests of the contents that are there in full, sorted. */
  public List<String> held() throws IOException {
    List<String> held = new ArrayList<>();
    for (String digest : indexNames()) {
      if (complete.has(digest) || (isSoundIndex(digest) && isComplete(digest))) {
        held.add(digest);
      }
    }
    return held;
  }

  private boolean isComplete(String digest) throws IOException {
    IndexFile index = new IndexFile(indexFile(digest), digest);
    CompleteContents.Chunks chunks =
        new CompleteContents.Chunks(Files.size(index.file()) / INDEX_BYTES_A_CHUNK);
    boolean[] lacks = new boolean[1];
    index.forEachChunk(
        (file, offset, chunk) -> {
          lacks[0] = lacks[0] || !hasChunk(chunk.sha256());
          chunks.add(chunk.sha256());
        });
    if (!lacks[0]) {
      complete.add(digest, chunks);
    }
    return !lacks[0];
  }

  /** Takes nothing for granted that was found earlier: somebody may have removed files by hand. */
  public void lookAgain() {
    complete.clear();
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

  /** Takes hashes of chunks, one after the other. */
  public interface ChunkVisitor<X extends Exception> {
    void chunk(String sha256) throws IOException, X;
  }

  /** Bytes of a chunk's file; 0 when it is not there. */
  public long chunkSize(String sha256) {
    return chunkFile(sha256).toFile().length();
  }

  /** All chunks, whether an index needs them or not: their names do not fit into memory. */
  public <X extends Exception> void forEachChunk(ChunkVisitor<X> visitor) throws IOException, X {
    for (int directory = 0; directory < CHUNK_DIRECTORIES; directory++) {
      forEachChunk(directory, visitor);
    }
  }

  /** Those whose hashes begin with a byte. */
  <X extends Exception> void forEachChunk(int first, ChunkVisitor<X> visitor)
      throws IOException, X {
    ChunkDirectory.of(chunks, first).forEach(visitor);
  }

  /** The index of a content, whether all of its chunks are there or not. */
  Optional<IndexFile> known(String digest) throws IOException {
    return isSoundIndex(digest)
        ? Optional.of(new IndexFile(indexFile(digest), digest))
        : Optional.empty();
  }

  /** How many indexes were taken since the start. */
  long indexesTaken() {
    synchronized (taken) {
      return indexesTaken;
    }
  }

  /** The number of an index that was taken since the start; 0 when it was not. */
  long takenAs(String digest) {
    synchronized (taken) {
      return taken.getOrDefault(digest, 0L);
    }
  }

  /** Removes an index; its chunks stay until they are collected. */
  void removeIndex(String digest) throws IOException {
    synchronized (taken) {
      Files.deleteIfExists(indexFile(digest));
      DurableFiles.syncDirectory(indexes);
      taken.remove(digest);
      complete.remove(digest);
    }
  }

  /**
   * Removes a chunk, unless an index was taken since the caller looked which chunks are needed.
   *
   * @param seen what {@link #indexesTaken} was before that look
   * @return bytes that became free; negative when it was not removed
   */
  long removeChunk(String sha256, long seen) throws IOException {
    synchronized (taken) {
      if (indexesTaken != seen) {
        return -1;
      }
      Path file = chunkFile(sha256);
      long size = Files.isRegularFile(file) ? Files.size(file) : 0;
      Files.deleteIfExists(file);
      return size;
    }
  }

  /** How many chunks and indexes were found damaged and removed, since the start. */
  public long damagedFound() {
    return damaged.get();
  }

  private Path chunkFile(String sha256) {
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

  /** Lets another process have the directory. */
  @Override
  public void close() throws IOException {
    lock.close();
  }
}
