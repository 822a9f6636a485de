package io.pilothouse.tasks.fetch;

import java.time.Duration;

/**
 * What a fetch may take.
 *
 * @param file bytes of one download
 * @param unpacked bytes of all that one command's archives hold
 * @param members of one archive
 * @param cache bytes of all that is kept for the next task; 0 keeps nothing
 * @param connect wait for a connection
 * @param stall wait for the next bytes
 * @param whole time of one download with all its tries
 * @param tries of a download that breaks off
 * @param pause before the second try, doubled for each further one
 */
public record FetchLimits(
    long file,
    long unpacked,
    long members,
    long cache,
    Duration connect,
    Duration stall,
    Duration whole,
    int tries,
    Duration pause) {
  private static final long GIB = 1L << 30;

  /** As much as Mesos keeps unless it is told otherwise. */
  public static final long CACHE = 2 * GIB;

  /** The stall is Mesos' own. */
  public static FetchLimits usual(long cache) {
    return new FetchLimits(
        16 * GIB,
        32 * GIB,
        1_000_000,
        cache,
        Duration.ofSeconds(10),
        Duration.ofMinutes(1),
        Duration.ofHours(1),
        4,
        Duration.ofSeconds(1));
  }
}
