package io.pilothouse.filesync;

import io.pilothouse.filesync.ContentIndex.Chunk;
import io.pilothouse.filesync.ContentIndex.Entry;
import io.pilothouse.filesync.ContentIndex.FileEntry;
import io.pilothouse.filesync.ContentIndex.LinkEntry;
import java.io.IOException;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Cuts a directory into an index and chunks. The same files give the same digest anywhere. */
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

  /** Packs every file and link below a directory; directories without any are left out. */
  public static Packed pack(Path dir) throws IOException {
    if (!Files.isDirectory(dir)) {
      throw new ContentException(dir + " is not a directory: give the one that holds the files");
    }
    Path root = dir.toRealPath();
    List<Entry> entries = new ArrayList<>();
    Map<String, Place> places = new LinkedHashMap<>();
    Files.walkFileTree(
        root,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path path, BasicFileAttributes attributes)
              throws IOException {
            entries.add(entry(root, path, attributes, places));
            return FileVisitResult.CONTINUE;
          }
        });
    IndexCheck.check(entries);
    ContentIndex index = new ContentIndex(entries);
    if (index.toBytes().length > ContentIndex.MOST_BYTES) {
      throw new ContentException(dir + " has too many files for one content: split it");
    }
    return new Packed(dir, index, Map.copyOf(places));
  }

  private static Entry entry(
      Path root, Path path, BasicFileAttributes attributes, Map<String, Place> places)
      throws IOException {
    String name = root.relativize(path).toString();
    if (attributes.isSymbolicLink()) {
      return new LinkEntry(name, Files.readSymbolicLink(path).toString());
    }
    if (attributes.isRegularFile()) {
      return file(path, name, places);
    }
    throw new ContentException(
        path + " is a device, pipe or socket: only files and links can be shipped; remove it");
  }

  private static FileEntry file(Path path, String name, Map<String, Place> places)
      throws IOException {
    List<Chunk> chunks = new ArrayList<>();
    long size = 0;
    try (InputStream in = Files.newInputStream(path)) {
      byte[] buffer = new byte[ContentIndex.CHUNK];
      for (int read = fill(in, buffer); read > 0; read = fill(in, buffer)) {
        Chunk chunk = new Chunk(Sha256.hex(buffer, 0, read), read);
        places.putIfAbsent(chunk.sha256(), new Place(path, size));
        chunks.add(chunk);
        size += read;
      }
    }
    return new FileEntry(name, Modes.of(path), size, chunks);
  }

  private static int fill(InputStream in, byte[] buffer) throws IOException {
    return in.readNBytes(buffer, 0, buffer.length);
  }
}
