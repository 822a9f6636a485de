package io.pilothouse.filesync;

import io.pilothouse.filesync.ContentIndex.Chunk;
import io.pilothouse.filesync.ContentIndex.Entry;
import io.pilothouse.filesync.ContentIndex.LinkEntry;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Cuts a directory into an index and chunks. The same files give the same digest anywhere; files
 * that were changed a little share most of their chunks with what they were.
 */
public final class Packer {

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
      byte[] bytes = new byte[chunk.size()];
      try (RandomAccessFile file = new RandomAccessFile(place.file().toFile(), "r")) {
        file.seek(place.offset());
        file.readFully(bytes);
      }
      if (!Sha256.hex(bytes).equals(chunk.sha256())) {
        throw new ContentException(place.file() + " changed while it was being read; try again");
      }
      return bytes;
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
    if (!Files.isDirectory(dir)) {
      throw new ContentException(dir + " is not a directory: give the one that holds the files");
    }
    Path root = dir.toRealPath();
    List<Entry> entries = new ArrayList<>();
    Map<String, Place> places = new ConcurrentHashMap<>();
    try (Hashing hashing = new Hashing(places)) {
      List<Hashing.Cut> files = new ArrayList<>();
      Files.walkFileTree(
          root,
          new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path path, BasicFileAttributes attributes)
                throws IOException {
              String name = root.relativize(path).toString();
              if (attributes.isSymbolicLink()) {
                entries.add(new LinkEntry(name, Files.readSymbolicLink(path).toString()));
              } else if (attributes.isRegularFile()) {
                files.add(hashing.file(path, name));
              } else {
                throw new ContentException(
                    path
                        + " is a device, pipe or socket: only files and links can be shipped;"
                        + " remove it");
              }
              return FileVisitResult.CONTINUE;
            }
          });
      for (Hashing.Cut each : files) {
        entries.add(each.entry());
      }
    }
    ContentIndex index = new ContentIndex(entries);
    IndexCheck check = new IndexCheck(index.format());
    CaseClash clash = new CaseClash();
    for (Entry each : index.entries()) {
      check.entry(each);
      clash.entry(each);
    }
    return new Packed(dir, index, places);
  }
}
