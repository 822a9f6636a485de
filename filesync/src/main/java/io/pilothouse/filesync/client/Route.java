package io.pilothouse.filesync.client;

import io.pilothouse.filesync.Throttle;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * Whom a transfer asks for what: an ordered chain of sources for each chunk, as the owner in the
 * rack, then that of the scale unit, then the deployment replicas. What this disk has already is
 * never asked for. Whoever is in the chain can refuse, but not deceive: all bytes are verified.
 *
 * <p>One route serves one transfer or many; it is called by many threads.
 */
public interface Route {

  /**
   * Somebody who may have content.
   *
   * @param address {@code host:port}
   * @param limits that bytes from there go through besides the machine's own, as the uplink of the
   *     rack for a source outside of it
   * @param neighbour an agent, not a replica: one that says nothing is given up sooner, as others
   *     have what it has
   * @param awaited when it is busy or has it on its way: come back to it rather than ask the next,
   *     for as long as the route still names it
   */
  record Source(String address, List<Throttle> limits, boolean neighbour, boolean awaited) {
    public Source {
      limits = List.copyOf(limits);
    }

    public static Source of(String address) {
      return new Source(address, List.of(), false, false);
    }
  }

  /** How a source answered. */
  enum Outcome {
    /** It sent what was asked for. */
    SENT,
    /** It does not have it. */
    LACKS,
    /** It will have it: it is on its way there. */
    SOON,
    /** It sheds load. */
    BUSY,
    /** It is down, too slow, broke off, or said what nobody understands. */
    FAILED,
    /** The bytes were not those that the hash names. */
    LIED
  }

  /**
   * The sources to ask for a chunk or an index, best first; each at most once. Asked anew before
   * each try: whoever is not named any more has used up its patience.
   *
   * @param hash of the chunk, or the digest of the index
   */
  List<Source> sources(String hash);

  /**
   * Whether one that is awaited has answered, whatever it was: until then few of them are asked at
   * a time, for all may be dead.
   */
  default boolean hasLiveNeighbour() {
    return true;
  }

  /** Told after each answer, so that who is dead or busy can be put last from then on. */
  default void answered(Source source, Outcome outcome) {}

  /**
   * When to bring a chunk: those with lower numbers first, those with equal ones in the order of
   * the files. An owner brings first what others will ask it for.
   */
  default int turn(String hash) {
    return 0;
  }

  /** Replicas that are all alike: at random, those that failed in this transfer last. */
  static Route among(List<String> addresses, RandomGenerator random) {
    return new RandomRoute(addresses.stream().map(Source::of).toList(), random.nextLong());
  }
}
