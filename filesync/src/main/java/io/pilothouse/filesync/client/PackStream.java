package io.pilothouse.filesync.client;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.time.Duration;

/**
 * Reads an answer with many chunks into one buffer, in large pieces, and hands the chunks out where
 * they are: nothing is copied but what a piece has cut in two.
 */
final class PackStream {
  /** What the JDK takes from a socket at most, and what goes through the limits at once. */
  private static final int PIECE = 128 << 10;

  private final InputStream in;
  private final byte[] buffer;
  private final Limits limits;
  private final Duration patience;

  /** What was read and not handed out yet. */
  private int from;

  private int to;

  /** How long the peer let us wait for this chunk. */
  private long waited;

  /**
   * Starts at an answer's first byte.
   *
   * @param buffer with room for the longest chunk, and for an int
   * @param patience with a peer that sends a chunk slowly
   */
  PackStream(InputStream in, byte[] buffer, Limits limits, Duration patience) {
    this.in = in;
    this.buffer = buffer;
    this.limits = limits;
    this.patience = patience;
  }

  /** The four bytes before each chunk. */
  int number() throws IOException, InterruptedException {
    waited = 0;
    return next(Integer.BYTES).getInt();
  }

  /** The next bytes, valid until more are asked for; they stay where they are when it fails. */
  ByteBuffer next(int length) throws IOException, InterruptedException {
    if (from == to || buffer.length - from < length) {
      System.arraycopy(buffer, from, buffer, 0, to - from);
      to -= from;
      from = 0;
    }
    while (to - from < length) {
      read(length);
    }
    ByteBuffer bytes = ByteBuffer.wrap(buffer, from, length);
    from += length;
    return bytes;
  }

  private void read(int length) throws IOException, InterruptedException {
    long before = System.nanoTime();
    int read = in.read(buffer, to, Math.min(PIECE, buffer.length - to));
    waited += System.nanoTime() - before;
    if (read < 0) {
      throw new IOException("Premature EOF");
    }
    to += read;
    limits.take(read);
    if (to - from < length && waited > patience.toNanos()) {
      throw new IOException("only %d bytes came in %s".formatted(to - from, patience));
    }
  }

  /** What came of a chunk whose end did not. */
  ByteBuffer rest() {
    return ByteBuffer.wrap(buffer, from, to - from);
  }
}
