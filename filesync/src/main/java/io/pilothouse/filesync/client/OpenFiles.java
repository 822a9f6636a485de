package io.pilothouse.filesync.client;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Files that are written in many chunks by many threads, a few of which stay open between one chunk
 * and the next.
 */
final class OpenFiles implements AutoCloseable {
  /** From many neighbours chunks come in no order: with fewer each would open its file anew. */
  private static final int MOST = 64;

  private final LinkedHashMap<Path, FileChannel> open = new LinkedHashMap<>(MOST, 0.75f, true);
  private final Map<FileChannel, Integer> users = new HashMap<>();

  /** What is done with an open file. */
  interface Work {
    void with(FileChannel channel) throws IOException;
  }

  void with(Path path, Work work) throws IOException {
    FileChannel channel = enter(path);
    try {
      work.with(channel);
    } finally {
      leave(channel);
    }
  }

  private synchronized FileChannel enter(Path path) throws IOException {
    FileChannel channel = open.get(path);
    if (channel == null) {
      channel = FileChannel.open(path, StandardOpenOption.WRITE);
      open.put(path, channel);
      if (open.size() > MOST) {
        drop(open.pollFirstEntry().getValue());
      }
    }
    users.merge(channel, 1, Integer::sum);
    return channel;
  }

  private synchronized void leave(FileChannel channel) throws IOException {
    users.computeIfPresent(channel, (each, count) -> count == 1 ? null : count - 1);
    if (!users.containsKey(channel) && !open.containsValue(channel)) {
      channel.close();
    }
  }

  /** Whoever still writes to it closes it. */
  private void drop(FileChannel channel) throws IOException {
    if (!users.containsKey(channel)) {
      channel.close();
    }
  }

  @Override
  public synchronized void close() throws IOException {
    for (FileChannel each : open.values()) {
      each.close();
    }
    open.clear();
  }
}
