package io.pilothouse.filesync;

import io.pilothouse.filesync.ContentIndex.Chunk;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;

/**
 * A packed directory whose index is on the disk: that of a million files does not fit into memory.
 *
 * @param files how many there are, links apart
 * @param bytes of all files
 */
public record PackedFile(Path dir, IndexFile index, int files, long bytes) {

  /** Reads a chunk and verifies that it is still what was packed. */
  public byte[] read(PieceReader.Piece piece) throws IOException {
    return read(dir.resolve(piece.path()), piece.offset(), piece.chunk());
  }

  static byte[] read(Path file, long offset, Chunk chunk) throws IOException {
    byte[] bytes = new byte[chunk.size()];
    try (RandomAccessFile open = new RandomAccessFile(file.toFile(), "r")) {
      open.seek(offset);
      open.readFully(bytes);
    }
    if (!Sha256.hex(bytes).equals(chunk.sha256())) {
      throw new ContentException(file + " changed while it was being read; try again");
    }
    return bytes;
  }
}
