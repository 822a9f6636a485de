package io.pilothouse.watchdog;

import java.io.ByteArrayOutputStream;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;

/**
 * What a script writes to one of its streams: read to the end on a thread of its own, only the
 * beginning is kept.
 *
 * <p>The stream is a named pipe and not the JDK's: when a process ends, the JDK reads its pipe
 * until it is empty, and what the script left behind can keep it full until the memory ends. A
 * reader of this one can be sent home, and then whoever still writes gets SIGPIPE. The thread is a
 * platform thread: a read of a file would hold a virtual one's carrier.
 */
final class ScriptOutput {
  private static final Duration GIVE_UP = Duration.ofMillis(100);

  private final Path fifo;
  private final int most;
  private final RandomAccessFile opener;
  private final FileInputStream in;
  private final ByteArrayOutputStream kept = new ByteArrayOutputStream();
  private volatile boolean givenUp;
  private Thread thread = Thread.ofPlatform().unstarted(() -> {});

  /**
   * Opens the reading end, so that a writer can open its own without waiting.
   *
   * @param most bytes to keep
   */
  ScriptOutput(Path fifo, int most) throws IOException {
    this.fifo = fifo;
    this.most = most;
    this.opener = new RandomAccessFile(fifo.toFile(), "rw");
    try {
      this.in = new FileInputStream(fifo.toFile());
    } catch (IOException e) {
      opener.close();
      throw e;
    }
  }

  /** Starts to read, once the writer has it open: from then on its end is the end. */
  void read() throws IOException {
    opener.close();
    thread = Thread.ofPlatform().name("script-output").daemon().start(this::drain);
  }

  private void drain() {
    byte[] buffer = new byte[8192];
    try (InputStream from = in) {
      for (int read = from.read(buffer); read >= 0 && !givenUp; read = from.read(buffer)) {
        synchronized (kept) {
          kept.write(buffer, 0, Math.min(read, most - kept.size()));
        }
      }
    } catch (IOException e) {
      synchronized (kept) {
        // it becomes the text that people see, where the output is cut off
        kept.writeBytes((" (cannot be read on: " + e + ")").getBytes(StandardCharsets.UTF_8));
      }
    }
  }

  /** Waits for the end of the stream; false when something still holds it open. */
  boolean ended(Duration wait) throws InterruptedException {
    return thread.join(wait);
  }

  /** Stops reading, whoever still writes. */
  void giveUp() throws IOException {
    givenUp = true;
    opener.close();
    if (thread.getState() == Thread.State.NEW) {
      in.close(); // never read from
    } else if (!isOver()) {
      // it waits for bytes: one will wake it
      try (RandomAccessFile waker = new RandomAccessFile(fifo.toFile(), "rw")) {
        waker.write(0);
        isOver(); // else the byte could be gone, with the waker, before it was read
      }
    }
  }

  private boolean isOver() {
    try {
      return thread.join(GIVE_UP);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // the caller's own waiting ends; this goes on
      return false;
    }
  }

  /** What was kept, as UTF-8; bytes that are not become U+FFFD. */
  String text() {
    synchronized (kept) {
      return kept.toString(StandardCharsets.UTF_8);
    }
  }
}
