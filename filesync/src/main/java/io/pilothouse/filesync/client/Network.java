package io.pilothouse.filesync.client;

import io.pilothouse.filesync.Hold;
import io.pilothouse.filesync.Throttle;
import io.pilothouse.filesync.TransferClass;
import io.pilothouse.tls.HttpConnections;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;

/**
 * What all transfers of one program share.
 *
 * @param throttle limits their bytes
 * @param random chooses sources; need not be safe for use by many threads
 * @param patience with replicas
 * @param sleeper waits for busy replicas
 * @param connections to replicas, with TLS or plain
 */
record Network(
    Throttle throttle,
    RandomGenerator random,
    Patience patience,
    Throttle.Sleeper sleeper,
    HttpConnections connections) {

  /** Over plain connections. */
  Network(Throttle throttle, RandomGenerator random, Patience patience, Throttle.Sleeper sleeper) {
    this(throttle, random, patience, sleeper, HttpConnections.PLAIN);
  }

  static Network usual(Throttle throttle, RandomGenerator random, HttpConnections connections) {
    return new Network(
        throttle, random, Patience.USUAL, duration -> Thread.sleep(duration), connections);
  }

  /** A bulk transfer from replicas that are all alike. */
  Transfer among(List<String> addresses) {
    synchronized (random) {
      return Transfer.bulk(Route.among(addresses, random));
    }
  }

  /** Sources for one transfer. */
  Sources sources(Transfer transfer) {
    synchronized (random) {
      return new Sources(transfer, this, new SplittableRandom(random.nextLong()));
    }
  }

  Gathering gathering(Transfer transfer, PartialChunks partials, Gathering.Taker taker) {
    synchronized (random) {
      SplittableRandom own = new SplittableRandom(random.nextLong());
      return new Gathering(transfer, this, own, partials, taker);
    }
  }

  ContentSource source(Route.Source source, TransferClass transferClass) {
    List<Throttle> limits = new ArrayList<>(source.limits());
    limits.add(throttle);
    Duration hold = source.awaited() ? Hold.LONGEST : Duration.ZERO;
    Duration read = hold.plus(source.neighbour() ? patience.neighbour() : patience.read());
    return new ContentSource(
        source.address(), connections, new Limits(transferClass, limits), patience, read, hold);
  }

  /**
   * Before a source is asked again that had too much to do, or has it on its way: not all machines
   * of a fleet at the same moment.
   *
   * @param held how long it has held the request: so much is over
   */
  Duration pause(RandomGenerator random, Duration held) {
    long busy = patience.busy().toNanos();
    long pause = busy + random.nextLong(busy / 2 + 1) - held.toNanos();
    return Duration.ofNanos(Math.max(0, pause));
  }
}
