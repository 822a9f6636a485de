package io.pilothouse.filesync;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;

/**
 * The paths of single entries of an index on disk, which stays open: whoever knows where entries
 * begin needs no path in memory. Reads are not broken off by interrupts, which would close the file
 * for all others. Safe for use by many threads.
 */
public final class IndexPaths implements AutoCloseable {
  /** More than the longest path has as JSON: 1024 characters of three bytes, or two and a \. */
  private static final int LONGEST = 4096;

  private final RandomAccessFile file;

  public IndexPaths(Path index) throws IOException {
    this.file = new RandomAccessFile(index.toFile(), "r");
  }

  /**
   * The path of an entry.
   *
   * @param entry its first byte
   */
  public String path(int entry) throws IOException {
    byte[] bytes = new byte[LONGEST];
    int length = 0;
    synchronized (file) {
      file.seek(entry);
      for (int read = 0; read >= 0 && length < bytes.length; length += Math.max(0, read)) {
        read = file.read(bytes, length, bytes.length - length);
      }
    }
    return IndexReader.path(bytes, length);
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}
