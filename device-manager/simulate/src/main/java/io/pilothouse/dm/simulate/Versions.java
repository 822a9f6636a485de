package io.pilothouse.dm.simulate;

import io.pilothouse.api.v1.Severity;
import io.pilothouse.api.v1.VersionRef;
import java.util.HashSet;
import java.util.Set;

/** Which versions are bad: their processes fail some time after they were switched on. */
final class Versions {
  private static final long EARLIEST = 40 * Spans.MINUTE;
  private static final long LATEST = 3 * Spans.HOUR;

  private final World world;
  private final Set<VersionRef> bad = new HashSet<>();

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

  private void breaks(SimMachine machine, VersionRef version) {
    if (machine.active().equals(version) && !machine.has(Sign.Kind.PROCESS_ERROR)) {
      Sign sign = new Sign(Sign.Kind.PROCESS_ERROR, "crash-loop", Severity.NORMAL, true);
      machine.suffers(new Ailment("bad-version", sign, Mend.OTHER_VERSION, world.agenda.now()));
    }
  }
}
