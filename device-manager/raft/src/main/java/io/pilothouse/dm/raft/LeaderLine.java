package io.pilothouse.dm.raft;

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
import org.jspecify.annotations.Nullable;

/**
 * A connection over which nothing is said: the system closes it when the process at its other end
 * ends. So does a server that has waited long enough for something to be said, or a port that takes
 * no new connections any more while old ones go on; so it is made anew every few seconds, and its
 * end means something only soon after that.
 */
final class LeaderLine {

  private static final int CONNECT_MS = 500;
  private static final int LOOK_MS = 500;
  private static final Duration RENEW = Duration.ofSeconds(4);
  private static final Duration FRESH = Duration.ofSeconds(6);

  private volatile boolean held;

  /** Whether there is one now. */
  boolean isHeld() {
    return held;
  }

  /**
   * Returns when it broke, could not be had, or is wanted no more.
   *
   * @return whether it broke, and another one could have been had a moment before
   */
  boolean hold(Peer peer, BooleanSupplier wanted) {
    @Nullable Socket line = connected(peer);
    long since = System.nanoTime();
    held = line != null;
    try {
      while (line != null && wanted.getAsBoolean()) {
        if (!isOpen(line)) {
          return System.nanoTime() - since < FRESH.toNanos();
        }
        if (System.nanoTime() - since > RENEW.toNanos()) {
          @Nullable Socket next = connected(peer);
          if (next != null) {
            close(line);
            line = next;
            since = System.nanoTime();
          }
        }
      }
      return false;
    } finally {
      held = false;
      close(line);
    }
  }

  /** Whether its machine is up and nothing listens at its port, at any of its addresses. */
  static boolean refuses(Peer peer) {
    try {
      for (InetAddress each : addresses(peer)) {
        try (Socket probe = connect(each, peer)) {
          if (!isOwn(probe)) {
            return false;
          }
        } catch (ConnectException e) {
          // at the next one, perhaps
        }
      }
      return true;
    } catch (IOException e) {
      return false; // no way there, or no answer: heartbeats tell
    }
  }

  private static @Nullable Socket connected(Peer peer) {
    try {
      for (InetAddress each : addresses(peer)) {
        try {
          Socket line = connect(each, peer);
          if (!isOwn(line)) {
            return line;
          }
          line.close();
        } catch (IOException e) {
          // at the next one, perhaps
        }
      }
    } catch (UnknownHostException e) {
      // Ratis says so
    }
    return null;
  }

  private static InetAddress[] addresses(Peer peer) throws UnknownHostException {
    return InetAddress.getAllByName(peer.raft().host());
  }

  private static Socket connect(InetAddress address, Peer peer) throws IOException {
    Socket socket = new Socket(Proxy.NO_PROXY);
    try {
      socket.connect(new InetSocketAddress(address, peer.raft().port()), CONNECT_MS);
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
