package io.pilothouse.dm.simulate;

import io.pilothouse.api.v1.Severity;
import io.pilothouse.api.v1.VersionRef;
import java.util.HashSet;
import java.util.Set;

/**
 * Which versions are bad: their processes fail some time after they were switched on. An image that
 * is bad does so some time after it was written; machines that have had it for long are well.
 */
final class Versions {
  private static final long EARLIEST = 40 * Spans.MINUTE;
  private static final long LATEST = 3 * Spans.HOUR;

  private final World world;
  private final Set<VersionRef> bad = new HashSet<>();
  private final Set<VersionRef> badImages = new HashSet<>();

  Versions(World world) {
    this.world = world;
  }

  void isBad(VersionRef version) {
    bad.add(version);
  }

  boolean isGood(VersionRef version) {
    return !bad.contains(version);
  }

  /** A machine begins to run a version. */
  void begins(SimMachine machine, VersionRef version) {
    if (bad.contains(version)) {
      world.agenda.after(
          Chance.between(machine.random, EARLIEST, LATEST), () -> breaks(machine, version));
    }
  }

  void isBadImage(VersionRef image) {
    badImages.add(image);
  }

  /** What is written from now on lasts; what was written before is as bad as it was. */
  void isMendedImage(VersionRef image) {
    badImages.remove(image);
  }

  void imagesAreMended() {
    badImages.clear();
  }

  /** An image is on the machine's disk. */
  void written(SimMachine machine, VersionRef image) {
    if (badImages.contains(image)) {
      int writing = machine.writings();
      world.agenda.after(
          Chance.between(machine.random, EARLIEST, LATEST),
          () -> {
            if (machine.writings() == writing) {
              world.tally.count("image-bad");
              suffers(machine, "image-bad", Mend.RE_IMAGE);
            }
          });
    }
  }

  private void breaks(SimMachine machine, VersionRef version) {
    if (machine.active().equals(version) && !machine.has(Sign.Kind.PROCESS_ERROR)) {
      suffers(machine, "bad-version", Mend.OTHER_VERSION);
    }
  }

  private void suffers(SimMachine machine, String cause, Mend mend) {
    Sign sign = new Sign(Sign.Kind.PROCESS_ERROR, "crash-loop", Severity.NORMAL, true);
    machine.suffers(new Ailment(cause, sign, mend, world.agenda.now()));
  }
}
