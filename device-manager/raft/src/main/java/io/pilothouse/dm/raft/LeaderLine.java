package io.pilothouse.dm.raft;

import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.function.BooleanSupplier;

/**
 * A connection over which nothing is said: the system closes it when the process at its other end
 * ends.
 */
final class LeaderLine {

  private static final int CONNECT_MS = 500;
  private static final int LOOK_MS = 500;

  /** Whoever closes it sooner than that does not want it. */
  private static final Duration SHORT = Duration.ofSeconds(1);

  private LeaderLine() {}

  /** Returns when it broke, could not be had, or is wanted no more; after a pause if too soon. */
  static void hold(Peer peer, BooleanSupplier wanted) throws InterruptedException {
    long began = System.nanoTime();
    try (Socket line = new Socket()) {
      line.connect(address(peer), CONNECT_MS);
      line.setSoTimeout(LOOK_MS);
      InputStream in = line.getInputStream();
      byte[] greeting = new byte[512];
      while (wanted.getAsBoolean()) {
        try {
          if (in.read(greeting) < 0) {
            break;
          }
        } catch (SocketTimeoutException e) {
          // it is silent, as it should be
        }
      }
    } catch (ConnectException e) {
      return; // refuses() tells why
    } catch (IOException e) {
      // broken, which is news as well
    }
    if (System.nanoTime() - began < SHORT.toNanos() && wanted.getAsBoolean() && !refuses(peer)) {
      Thread.sleep(SHORT);
    }
  }

  /** Whether its machine is up, and nothing listens at its port: not so of one that is cut off. */
  static boolean refuses(Peer peer) {
    try (Socket probe = new Socket()) {
      probe.connect(address(peer), CONNECT_MS);
      return false;
    } catch (ConnectException e) {
      return true;
    } catch (IOException e) {
      return false; // no way there, or no answer: heartbeats tell
    }
  }

  private static InetSocketAddress address(Peer peer) {
    return new InetSocketAddress(peer.raft().host(), peer.raft().port());
  }
}
