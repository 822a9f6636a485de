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
import java.util.concurrent.atomic.AtomicBoolean;
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

  /** How holding one ended. */
  public enum End {
    /** It broke, and another one could have been had a moment before. */
    BROKE,
    /** None could be had: the machine is up and nothing listens at the port. */
    REFUSED,
    /** It is wanted no more, could not be had, or broke of old age. */
    UNKNOWN
  }

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

  /** Returns when it broke, could not be had, or is wanted no more. */
  public End hold(String host, int port, BooleanSupplier wanted) {
    AtomicBoolean refused = new AtomicBoolean(true);
    @Nullable Socket line = connected(host, port, refused);
    long since = nanoTime.getAsLong();
    if (line == null) {
      return refused.get() ? End.REFUSED : End.UNKNOWN;
    }
    held = true;
    try {
      while (wanted.getAsBoolean()) {
        if (!isOpen(line)) {
          return nanoTime.getAsLong() - since < FRESH.toNanos() ? End.BROKE : End.UNKNOWN;
        }
        if (nanoTime.getAsLong() - since > RENEW.toNanos()) {
          @Nullable Socket next = connected(host, port, refused);
          if (next != null) {
            close(line);
            line = next;
            since = nanoTime.getAsLong();
          }
        }
      }
      return End.UNKNOWN;
    } finally {
      held = false;
      close(line);
    }
  }

  /** Whether the machine is up and nothing listens at the port, at any of its addresses. */
  public static boolean refuses(String host, int port) {
    AtomicBoolean refused = new AtomicBoolean(true);
    @Nullable Socket line = connected(host, port, refused);
    close(line);
    return line == null && refused.get();
  }

  /**
   * Null when none can be had.
   *
   * @param refused false from then on when that was not because nothing listens
   */
  private static @Nullable Socket connected(String host, int port, AtomicBoolean refused) {
    try {
      for (InetAddress each : InetAddress.getAllByName(host)) {
        try {
          Socket line = connect(each, port);
          if (!isOwn(line)) {
            return line;
          }
          line.close();
        } catch (ConnectException e) {
          // at the next one, perhaps
        } catch (IOException e) {
          refused.set(false); // no way there, or no answer: it may run
        }
      }
    } catch (UnknownHostException e) {
      refused.set(false); // whoever has to talk to it says so
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
