package io.pilothouse.client;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * Which server to ask next: the one that answered last, else the one that a replica named as
 * leader, else the next in the list. A server that stayed silent is not followed for a moment even
 * when others still name it: a hung leader keeps its office until the others elect a new one.
 *
 * <p>Soft state; losing it costs a redirect.
 */
final class Rotation {
  private static final long SUSPECT_NANOS = 1_000_000_000L;

  private final List<ServerAddress> servers;
  private final boolean anyAnswers;
  private final LongSupplier nanoTime;
  private final Map<ServerAddress, Long> silentAt = new HashMap<>();
  private ServerAddress current;

  /**
   * @param anyAnswers whether another server does as well as one that is busy
   */
  Rotation(List<ServerAddress> servers, int start, boolean anyAnswers, LongSupplier nanoTime) {
    this.servers = List.copyOf(servers);
    this.anyAnswers = anyAnswers;
    this.current = servers.get(start);
    this.nanoTime = nanoTime;
  }

  synchronized ServerAddress current() {
    return current;
  }

  synchronized void answered(ServerAddress server) {
    silentAt.remove(server);
  }

  /** Moves on from a server that failed; true when a leader was named that is worth asking now. */
  synchronized boolean failed(ServerAddress server, TryNextException failure) {
    if (failure.isSilent()) {
      silentAt.put(server, nanoTime.getAsLong());
    } else {
      silentAt.remove(server);
    }
    ServerAddress named = failure.leader().orElse(server);
    if (!named.equals(server) && !suspect(named)) {
      current = named;
      return true;
    }
    moveOn(server);
    return false;
  }

  /** Moves on from a server that is busy, where another does as well; false where only one does. */
  synchronized boolean busy(ServerAddress server) {
    silentAt.remove(server);
    if (!anyAnswers) {
      return false;
    }
    moveOn(server);
    return true;
  }

  private void moveOn(ServerAddress from) {
    if (current.equals(from)) {
      // an address that is in no list (a named leader) has index -1: on to the first
      current = servers.get((servers.indexOf(from) + 1) % servers.size());
    }
  }

  private boolean suspect(ServerAddress server) {
    Long at = silentAt.get(server);
    return at != null && nanoTime.getAsLong() - at < SUSPECT_NANOS;
  }
}
