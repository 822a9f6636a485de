package io.pilothouse.filesync.server;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** Keeps a directory for one process. */
final class StoreLock implements AutoCloseable {
  private final FileChannel channel;

  StoreLock(Path file) throws IOException {
    this.channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    boolean ours = false;
    try {
      ours = channel.tryLock() != null;
    } catch (OverlappingFileLockException e) {
      throw new IOException(file + " is locked by this very process", e);
    } finally {
      if (!ours) {
        channel.close();
      }
    }
    if (!ours) {
      throw new IOException(file + " is locked: another process uses this directory; stop it");
    }
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
