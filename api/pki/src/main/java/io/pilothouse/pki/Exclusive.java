package io.pilothouse.pki;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.locks.ReentrantLock;

/** One at a time changes what an authority has written, in whatever process. */
final class Exclusive {
  /** A file lock is of the process. */
  private static final ReentrantLock HERE = new ReentrantLock();

  private Exclusive() {}

  /** What is done alone. */
  interface Work<T> {
    T run() throws IOException;
  }

  /** What is done alone, for its effect. */
  interface Task {
    void run() throws IOException;
  }

  static void in(Path dir, Task task) throws IOException {
    var unused =
        in(
            dir,
            () -> {
              task.run();
              return dir;
            });
  }

  static <T> T in(Path dir, Work<T> work) throws IOException {
    HERE.lock();
    try (FileChannel channel =
        FileChannel.open(
            dir.resolve(".lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      var unused = channel.lock(); // ends with the channel
      return work.run();
    } finally {
      HERE.unlock();
    }
  }
}
