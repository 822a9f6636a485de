package io.pilothouse.watchdog;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/**
 * Reads one stream of a process to its end on a thread of its own, and keeps the beginning: a
 * script that floods its output neither blocks nor fills the memory.
 */
final class ScriptOutput {
  private final int most;
  private final ByteArrayOutputStream kept = new ByteArrayOutputStream();
  private final Thread thread;

  ScriptOutput(InputStream in, int most) {
    this.most = most;
    this.thread = Thread.ofVirtual().name("script-output").start(() -> drain(in));
  }

  private void drain(InputStream in) {
    byte[] buffer = new byte[8192];
    try (in) {
      for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
        synchronized (kept) {
          kept.write(buffer, 0, Math.min(read, most - kept.size()));
        }
      }
    } catch (IOException e) {
      // the stream was closed because its process was given up; what came before is kept
      Thread.currentThread().interrupt();
    }
  }

  /** Waits for the end of the stream; false when something still holds it open. */
  boolean ended(Duration wait) throws InterruptedException {
    return thread.join(wait);
  }

  /** What was kept, as UTF-8; bytes that are not become U+FFFD. */
  String text() {
    synchronized (kept) {
      return kept.toString(StandardCharsets.UTF_8);
    }
  }
}
