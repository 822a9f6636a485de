package io.pilothouse.filesync;

import io.pilothouse.filesync.ContentIndex.Chunk;
import io.pilothouse.filesync.ContentIndex.Entry;
import io.pilothouse.filesync.ContentIndex.FileEntry;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.util.HexFormat;

/**
 * An index on disk, read entry by entry as often as needed: that of a million files does not fit
 * into an agent's memory.
 *
 * @param digest the SHA-256 of the file's bytes, which are canonical
 */
public record IndexFile(Path file, String digest) {
  private static final int BUFFER = 64 << 10;

  /** What a file system gives a file at a time, as most do. */
  private static final int BLOCK = 4 << 10;

  /** Takes entries one after the other. */
  public interface Visitor<X extends Exception> {
    void entry(Entry entry) throws IOException, X;
  }

  /**
   * Opens an index that must have a digest; refuses what is not the canonical form of a sound one.
   */
  public static IndexFile open(Path file, String digest) throws IOException {
    IndexFile found = check(file);
    if (!found.digest().equals(digest)) {
      throw new ContentException("the index in %s is not %s".formatted(file, digest));
    }
    return found;
  }

  /** Reads an index through; refuses what is not the canonical form of a sound one. */
  public static IndexFile check(Path file) throws IOException {
    String digest = Sha256.hex(file);
    MessageDigest canonical = Sha256.digest();
    try (InputStream in = new BufferedInputStream(Files.newInputStream(file), BUFFER);
        IndexReader reader = new IndexReader(in)) {
      IndexCheck check = new IndexCheck(reader.format());
      OutputStream out =
          new BufferedOutputStream(
              new DigestOutputStream(OutputStream.nullOutputStream(), canonical), BUFFER);
      try (IndexWriter writer = new IndexWriter(out, reader.format())) {
        for (Entry entry = reader.next(); entry != null; entry = reader.next()) {
          check.entry(entry);
          writer.write(entry);
        }
      }
    }
    if (!HexFormat.of().formatHex(canonical.digest()).equals(digest)) {
      throw ContentIndex.notCanonical();
    }
    return new IndexFile(file, digest);
  }

  /** All entries, in their order. */
  public <X extends Exception> void forEach(Visitor<X> visitor) throws IOException, X {
    this.<X>read((position, entry) -> visitor.entry(entry));
  }

  private interface PositionVisitor<X extends Exception> {
    void entry(long position, Entry entry) throws IOException, X;
  }

  private <X extends Exception> void read(PositionVisitor<X> visitor) throws IOException, X {
    try (InputStream in = new BufferedInputStream(Files.newInputStream(file), BUFFER);
        IndexReader reader = new IndexReader(in)) {
      for (Entry entry = reader.next(); entry != null; entry = reader.next()) {
        visitor.entry(reader.position(), entry);
      }
    }
  }

  /** Takes chunks where they are used. */
  public interface ChunkVisitor<X extends Exception> {
    void chunk(FileEntry file, long offset, Chunk chunk) throws IOException, X;
  }

  /** Takes chunks with the entry that they are of. */
  public interface PlaceVisitor {
    /**
     * A chunk's place.
     *
     * @param entry where the file's entry begins in the index
     */
    void chunk(int entry, long offset, Chunk chunk) throws IOException;
  }

  /** All chunks of all files, in their order. */
  public void forEachPlace(PlaceVisitor visitor) throws IOException {
    this.<IOException>read(
        (position, entry) -> {
          if (entry instanceof FileEntry each) {
            long offset = 0;
            for (Chunk chunk : each.chunks()) {
              visitor.chunk(Math.toIntExact(position), offset, chunk);
              offset += chunk.size();
            }
          }
        });
  }

  /** What all files take on a disk, in bytes: each a number of blocks, and nothing for holes. */
  public long bytesOnDisk() throws IOException {
    long[] sum = new long[1];
    this.<IOException>forEach(
        entry -> {
          if (entry instanceof FileEntry each) {
            long bytes = 0;
            for (Chunk chunk : each.chunks()) {
              bytes += chunk.equals(Zeros.CHUNK) ? 0 : chunk.size();
            }
            sum[0] += (bytes + BLOCK - 1) / BLOCK * BLOCK;
          }
        });
    return sum[0];
  }

  /** All chunks of all files, as often as they are used. */
  public <X extends Exception> void forEachChunk(ChunkVisitor<X> visitor) throws IOException, X {
    this.<X>forEach(
        entry -> {
          if (entry instanceof FileEntry each) {
            long offset = 0;
            for (Chunk chunk : each.chunks()) {
              visitor.chunk(each, offset, chunk);
              offset += chunk.size();
            }
          }
        });
  }
}
