package io.pilothouse.filesync.client;

import io.pilothouse.filesync.Throttle;
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
 */
record Network(
    Throttle throttle, RandomGenerator random, Patience patience, Throttle.Sleeper sleeper) {

  static Network usual(Throttle throttle, RandomGenerator random) {
    return new Network(throttle, random, Patience.USUAL, duration -> Thread.sleep(duration));
  }

  /** Sources for one transfer. */
  Sources sources(List<String> addresses) {
    synchronized (random) {
      return new Sources(addresses, this, new SplittableRandom(random.nextLong()));
    }
  }

  ContentSource source(String address) {
    return new ContentSource(address, throttle, patience);
  }
}
