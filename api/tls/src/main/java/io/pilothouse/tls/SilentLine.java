package io.pilothouse.tls;

import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A connection over which nothing is said, not even a handshake: the system closes it when the
 * process at its other end ends. So does a server that has waited long enough for something to be
 * said, or a port that takes no new connections any more while old ones go on; so it is made anew
 * every few seconds, and its end means something only soon after that, and if the port {@link
 * #refuses} another.
 */
public final class SilentLine {

  private static final int CONNECT_MS = 500;
  private static final int LOOK_MS = 500;
  private static final Duration RENEW = Duration.ofSeconds(4);
  private static final Duration FRESH = Duration.ofSeconds(6);

  private final LongSupplier nanoTime;
  private volatile boolean held;

  /**
   * @param nanoTime a clock that never jumps, ns
   */
  public SilentLine(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
  }

  /** Whether there is one now. */
  public boolean isHeld() {
    return held;
  }

  /**
   * Returns when it broke, could not be had, or is wanted no more.
   *
   * @return whether it broke, and another one could have been had a moment before
   */
  public boolean hold(String host, int port, BooleanSupplier wanted) {
    @Nullable Socket line = connected(host, port);
    long since = nanoTime.getAsLong();
    held = line != null;
    try {
      while (line != null && wanted.getAsBoolean()) {
        if (!isOpen(line)) {
          return nanoTime.getAsLong() - since < FRESH.toNanos();
        }
        if (nanoTime.getAsLong() - since > RENEW.toNanos()) {
          @Nullable Socket next = connected(host, port);
          if (next != null) {
            close(line);
            line = next;
            since = nanoTime.getAsLong();
          }
        }
      }
      return false;
    } finally {
      held = false;
      close(line);
    }
  }

  /** Whether the machine is up and nothing listens at the port, at any of its addresses. */
  public static boolean refuses(String host, int port) {
    try {
      for (InetAddress each : InetAddress.getAllByName(host)) {
        try (Socket probe = connect(each, port)) {
          if (!isOwn(probe)) {
            return false;
          }
        } catch (ConnectException e) {
          // at the next one, perhaps
        }
      }
      return true;
    } catch (IOException e) {
      return false; // no such name, no way there, or no answer: it may run
    }
  }

  private static @Nullable Socket connected(String host, int port) {
    try {
      for (InetAddress each : InetAddress.getAllByName(host)) {
        try {
          Socket line = connect(each, port);
          if (!isOwn(line)) {
            return line;
          }
          line.close();
        } catch (IOException e) {
          // at the next one, perhaps
        }
      }
    } catch (UnknownHostException e) {
      // whoever has to talk to it says so
    }
    return null;
  }

  private static Socket connect(InetAddress address, int port) throws IOException {
    Socket socket = new Socket(Proxy.NO_PROXY);
    try {
      socket.connect(new InetSocketAddress(address, port), CONNECT_MS);
      socket.setSoTimeout(LOOK_MS);
      return socket;
    } catch (IOException e) {
      socket.close();
      throw e;
    }
  }

  /** On one host a connection to a port that nobody listens at may meet itself there. */
  private static boolean isOwn(Socket socket) {
    return socket.getLocalSocketAddress().equals(socket.getRemoteSocketAddress());
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
