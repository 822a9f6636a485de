package io.pilothouse.filesync;

import io.pilothouse.filesync.ContentIndex.Chunk;
import io.pilothouse.filesync.ContentIndex.Entry;
import io.pilothouse.filesync.ContentIndex.FileEntry;
import io.pilothouse.filesync.ContentIndex.LinkEntry;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Cuts a directory into an index and chunks. The same files give the same digest anywhere; files
 * that were changed a little share most of their chunks with what they were.
 */
public final class Packer {
  private static final int BUFFER = 64 << 10;

  /** Entries that are being hashed. */
  private static final int AHEAD = 1024;

  /**
   * A packed directory.
   *
   * @param places where each chunk is found
   */
  public record Packed(Path dir, ContentIndex index, Map<String, Place> places) {

    /** Reads a chunk and verifies that it is still what was packed. */
    public byte[] read(Chunk chunk) throws IOException {
      Place place = places.get(chunk.sha256());
      if (place == null) {
        throw new ContentException("no chunk " + chunk.sha256() + " in " + dir);
      }
      return PackedFile.read(place.file(), place.offset(), chunk);
    }
  }

  /** A chunk's first byte in a file. */
  public record Place(Path file, long offset) {}

  private Packer() {}

  /**
   * Packs every file and link below a directory; directories without any are left out. Hashes on as
   * many threads as there are processors, up to a few.
   */
  public static Packed pack(Path dir) throws IOException {
    Map<String, Place> places = new ConcurrentHashMap<>();
    List<Entry> entries = new ArrayList<>();
    entries(dir, (chunk, place) -> places.putIfAbsent(chunk.sha256(), place), entries::add);
    return new Packed(dir, new ContentIndex(entries), places);
  }

  /**
   * The same, with the index in a file: it needs little memory, however many files there are.
   *
   * @param index the file to be written; outside of the directory
   */
  public static PackedFile pack(Path dir, Path index) throws IOException {
    MessageDigest digest = Sha256.digest();
    int[] files = new int[1];
    long[] bytes = new long[1];
    try (OutputStream out =
            new BufferedOutputStream(
                new DigestOutputStream(Files.newOutputStream(index), digest), BUFFER);
        IndexWriter writer = new IndexWriter(out, ContentIndex.FORMAT)) {
      entries(
          dir,
          (chunk, place) -> {},
          entry -> {
            writer.write(entry);
            if (entry instanceof FileEntry file) {
              files[0]++;
              bytes[0] += file.size();
            }
          });
    }
    String name = HexFormat.of().formatHex(digest.digest());
    return new PackedFile(dir.toRealPath(), new IndexFile(index, name), files[0], bytes[0]);
  }

  /** Takes entries in their order. */
  private interface Sink {
    void entry(Entry entry) throws IOException;
  }

  /** An entry that may still be hashed. */
  private interface Coming {
    Entry entry() throws IOException;
  }

  private static void entries(Path dir, Hashing.Found found, Sink sink) throws IOException {
    if (!Files.isDirectory(dir)) {
      throw new ContentException(dir + " is not a directory: give the one that holds the files");
    }
    IndexCheck check = new IndexCheck(ContentIndex.FORMAT);
    CaseClash clash = new CaseClash();
    Sink checked =
        entry -> {
          check.entry(entry);
          clash.entry(entry);
          sink.entry(entry);
        };
    try (Hashing hashing = new Hashing(found)) {
      Deque<Coming> coming = new ArrayDeque<>();
      TreeWalk.walk(
          dir.toRealPath(),
          (path, name, attributes) -> {
            if (attributes.isSymbolicLink()) {
              LinkEntry link = new LinkEntry(name, Files.readSymbolicLink(path).toString());
              coming.add(() -> link);
            } else if (attributes.isRegularFile()) {
              coming.add(hashing.file(path, name)::entry);
            } else {
              throw new ContentException(
                  path
                      + " is a device, pipe or socket: only files and links can be shipped;"
                      + " remove it");
            }
            if (coming.size() > AHEAD) {
              checked.entry(coming.remove().entry());
            }
          });
      while (!coming.isEmpty()) {
        checked.entry(coming.remove().entry());
      }
    }
  }
}
