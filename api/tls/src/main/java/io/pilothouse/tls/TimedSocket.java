package io.pilothouse.tls;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.Proxy;
import java.net.Socket;
import java.net.SocketTimeoutException;

/**
 * A plain socket whose reads all end at one moment, those of a handshake on top of it, too. A
 * socket's own time-out is for each read: who sends a byte now and then would hold it for ever.
 */
public final class TimedSocket extends Socket {
  private final long deadline;

  /**
   * Not connected yet.
   *
   * @param deadline by {@link System#nanoTime}
   */
  public TimedSocket(long deadline) {
    super(Proxy.NO_PROXY);
    this.deadline = deadline;
  }

  /**
   * Milliseconds that are left, at least one: 0 would mean for ever.
   *
   * @throws SocketTimeoutException when none are
   */
  public int millisLeft() throws SocketTimeoutException {
    long left = (deadline - System.nanoTime()) / 1_000_000;
    if (left <= 0) {
      throw new SocketTimeoutException("the time is up");
    }
    return (int) Math.min(left, Integer.MAX_VALUE);
  }

  @Override
  public InputStream getInputStream() throws IOException {
    return new FilterInputStream(super.getInputStream()) {
      @Override
      public int read() throws IOException {
        setSoTimeout(millisLeft());
        return super.read();
      }

      @Override
      public int read(byte[] bytes, int offset, int length) throws IOException {
        setSoTimeout(millisLeft());
        return super.read(bytes, offset, length);
      }
    };
  }
}
