package io.pilothouse.filesync.client;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.Semaphore;

/**
 * Room in memory for the answers that are being received: a few at a time, however many requests
 * wait for theirs.
 */
final class Room {
  private static final int BUFFER = 256 << 10;

  private final Semaphore few;
  private final Deque<byte[]> free = new ArrayDeque<>();

  Room(int answers) {
    this.few = new Semaphore(answers);
  }

  /**
   * A buffer, once there is room; whoever has it gives it back.
   *
   * @param least bytes that it has
   */
  byte[] take(int least) throws InterruptedException {
    few.acquire();
    byte[] buffer;
    synchronized (free) {
      buffer = free.poll();
    }
    return buffer == null || buffer.length < least ? new byte[Math.max(BUFFER, least)] : buffer;
  }

  void giveBack(byte[] buffer) {
    synchronized (free) {
      free.push(buffer);
    }
    few.release();
  }
}
