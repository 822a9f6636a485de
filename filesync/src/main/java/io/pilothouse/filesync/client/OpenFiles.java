package io.pilothouse.filesync.client;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Files that are written in many chunks by many threads, a few of which stay open between one chunk
 * and the next. One thread at a time writes to a file: the system lets no others in anyway, and has
 * them spin on a processor on which something could be hashed.
 */
final class OpenFiles implements AutoCloseable {
  /** From many neighbours chunks come in no order: with fewer each would open its file anew. */
  private static final int MOST = 64;

  private final LinkedHashMap<Path, Open> open = new LinkedHashMap<>(MOST, 0.75f, true);

  private static final class Open {
    private final FileChannel channel;
    private final ReentrantLock writing = new ReentrantLock();
    private int users;
    private boolean dropped;

    private Open(FileChannel channel) {
      this.channel = channel;
    }
  }

  /** What is done with an open file. */
  interface Work {
    void with(FileChannel channel) throws IOException;
  }

  void with(Path path, Work work) throws IOException {
    Open file = enter(path);
    try {
      file.writing.lock();
      try {
        work.with(file.channel);
      } finally {
        file.writing.unlock();
      }
    } finally {
      leave(file);
    }
  }

  private synchronized Open enter(Path path) throws IOException {
    Open file = open.get(path);
    if (file == null) {
      file = new Open(FileChannel.open(path, StandardOpenOption.WRITE));
      open.put(path, file);
      if (open.size() > MOST) {
        drop(open.pollFirstEntry().getValue());
      }
    }
    file.users++;
    return file;
  }

  private synchronized void leave(Open file) throws IOException {
    if (--file.users == 0 && file.dropped) {
      file.channel.close();
    }
  }

  /** Whoever still writes to it closes it. */
  private static void drop(Open file) throws IOException {
    file.dropped = true;
    if (file.users == 0) {
      file.channel.close();
    }
  }

  @Override
  public synchronized void close() throws IOException {
    for (Open each : open.values()) {
      each.channel.close();
    }
    open.clear();
  }
}
