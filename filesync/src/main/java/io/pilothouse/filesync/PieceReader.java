package io.pilothouse.filesync;

import io.pilothouse.filesync.ContentIndex.Chunk;
import io.pilothouse.filesync.ContentIndex.Entry;
import io.pilothouse.filesync.ContentIndex.FileEntry;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.nio.file.Files;
import org.jspecify.annotations.Nullable;

/** The pieces that an index on disk is made of, one after the other, whenever they are wanted. */
public final class PieceReader implements AutoCloseable {
  private static final int BUFFER = 64 << 10;

  /**
   * A chunk where it is used.
   *
   * @param path of the file
   * @param offset of the chunk's first byte in it
   */
  public record Piece(String path, long offset, Chunk chunk) {}

  private final IndexReader reader;
  private @Nullable FileEntry file;
  private int next;
  private long offset;
  private boolean ended;

  public PieceReader(IndexFile index) throws IOException {
    this.reader =
        new IndexReader(new BufferedInputStream(Files.newInputStream(index.file()), BUFFER));
  }

  /** The next piece, or null at the end. */
  public @Nullable Piece next() throws IOException {
    while (file == null || next == file.chunks().size()) {
      Entry entry = ended ? null : reader.next();
      if (entry == null) {
        ended = true;
        return null;
      }
      file = entry instanceof FileEntry each ? each : null;
      next = 0;
      offset = 0;
    }
    Chunk chunk = file.chunks().get(next++);
    offset += chunk.size();
    return new Piece(file.path(), offset - chunk.size(), chunk);
  }

  @Override
  public void close() throws IOException {
    reader.close();
  }
}
