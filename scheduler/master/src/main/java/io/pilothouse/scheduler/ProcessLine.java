package io.pilothouse.scheduler;

import io.pilothouse.client.ServerAddress;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A connection over which nothing is said: the system closes it when the process at its other end
 * ends. So does a server that has waited long enough for something to be said, or a port that takes
 * no new connections any more while old ones go on; so it is made anew every few seconds, and its
 * end means something only soon after that, and if the port then refuses another.
 */
final class ProcessLine {
  private static final int CONNECT_MS = 500;
  private static final int LOOK_MS = 500;
  private static final Duration RENEW = Duration.ofSeconds(4);
  private static final Duration FRESH = Duration.ofSeconds(6);

  /** A process that ends closes its connections before its port, or after: it is asked again. */
  private static final long AGAIN_MS = 20;

  /** To a server that closes at once who says nothing. */
  private static final long LONGEST_MS = 1_000;

  private final ServerAddress at;
  private final LongSupplier nanoTime;
  private volatile @Nullable Socket line;
  private long since;

  ProcessLine(ServerAddress at, LongSupplier nanoTime) {
    this.at = at;
    this.nanoTime = nanoTime;
  }

  /** Whether there is one now. */
  boolean isHeld() {
    return line != null;
  }

  /**
   * Returns when the process has ended, or when that could not be seen here, or is wanted no more.
   *
   * @return whether it ended: there was a connection a moment ago, it broke, and another one was
   *     refused at all addresses of the name
   */
  boolean ends(BooleanSupplier wanted) throws InterruptedException {
    try {
      long pause = AGAIN_MS;
      if (isRefused()) {
        return false; // it was so before: nothing ended
      }
      while (line != null && wanted.getAsBoolean()) {
        if (isOpen(line)) {
          renew();
          pause = AGAIN_MS;
          continue;
        }
        if (age().compareTo(FRESH) > 0) {
          return false;
        }
        close(line);
        Thread.sleep(pause);
        pause = Math.min(2 * pause, LONGEST_MS);
        if (isRefused()) {
          return wanted.getAsBoolean();
        }
      }
      return false;
    } finally {
      close(line);
      line = null;
    }
  }

  private Duration age() {
    return Duration.ofNanos(nanoTime.getAsLong() - since);
  }

  private void renew() {
    @Nullable Socket before = line;
    if (age().compareTo(RENEW) > 0) {
      boolean unused = isRefused();
      if (line == null) {
        line = before; // of old age: its end will mean nothing
      } else {
        close(before);
      }
    }
  }

  /**
   * Takes a new line, if it can be had.
   *
   * @return whether the machine answers, and nothing listens there, at any of its addresses
   */
  private boolean isRefused() {
    line = null;
    try {
      for (InetAddress each : InetAddress.getAllByName(at.host())) {
        try {
          Socket fresh = connect(each);
          if (!fresh.getLocalSocketAddress().equals(fresh.getRemoteSocketAddress())) {
            since = nanoTime.getAsLong();
            line = fresh;
            return false;
          }
          fresh.close(); // on one host it may meet itself at a port that nobody listens at
        } catch (ConnectException e) {
          // at the next one, perhaps
        }
      }
      return true;
    } catch (IOException e) {
      return false; // no such name, no way there, no answer: the lease's time tells
    }
  }

  private Socket connect(InetAddress address) throws IOException {
    Socket socket = new Socket(Proxy.NO_PROXY);
    try {
      socket.connect(new InetSocketAddress(address, at.port()), CONNECT_MS);
      socket.setSoTimeout(LOOK_MS);
      return socket;
    } catch (IOException e) {
      socket.close();
      throw e;
    }
  }

  private static boolean isOpen(Socket line) {
    try {
      return line.getInputStream().read(new byte[512]) >= 0; // a server may greet
    } catch (SocketTimeoutException e) {
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  private static void close(@Nullable Socket line) {
    if (line != null) {
      try {
        line.close();
      } catch (IOException e) {
        // it is gone
      }
    }
  }
}
