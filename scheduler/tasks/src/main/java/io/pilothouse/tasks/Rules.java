package io.pilothouse.tasks;

import io.pilothouse.api.v1.OfferPolicy;
import io.pilothouse.manifests.offers.OfferCheck;
import java.time.Duration;

/**
 * What each task of a machine may use beside what it was given, as the machine's type says. For
 * what starts from now on, and at once for disk.
 *
 * @param pids processes and threads at most
 * @param disk whether one that uses more disk than it has is ended
 * @param diskEvery how often what it uses is looked at
 * @param ownPids whether those without an image have a name space of process ids, where the machine
 *     permits it
 */
public record Rules(int pids, boolean disk, Duration diskEvery, boolean ownPids) {
  /** Mesos' container_disk_watch_interval. */
  private static final Duration DISK_EVERY = Duration.ofSeconds(15);

  /** Where nothing is said. */
  static final Rules USUAL = of(OfferPolicy.getDefaultInstance());

  /** Where all see each other. */
  public Rules(int pids, boolean disk, Duration diskEvery) {
    this(pids, disk, diskEvery, false);
  }

  /** Of a type. */
  public static Rules of(OfferPolicy offers) {
    int pids = offers.getTaskPids() == 0 ? OfferCheck.PIDS : offers.getTaskPids();
    return new Rules(pids, !offers.getDiskNotEnforced(), DISK_EVERY, offers.getPidNamespaces());
  }
}
