package io.pilothouse.dm.state;

import io.pilothouse.api.v1.AuditRecord;
import io.pilothouse.api.v1.Lifecycle;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.Provisioning;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * How long an install takes, from power-on into the installer to being back in service.
 *
 * @param measured of the last one of the type that the trail knows; else it is what the deadlines
 *     of its steps allow
 */
record InstallSpan(long ms, boolean measured) {
  /** POWERING, BOOTING, IMAGING, BURNING_IN, VERIFIED. */
  private static final int STEPS = 5;

  static final InstallSpan NONE = new InstallSpan(0, true);

  static InstallSpan of(Entities state, String type) {
    SortedMap<String, Long> begun = new TreeMap<>();
    Optional<InstallSpan> last = Optional.empty();
    for (AuditRecord each : state.audit()) {
      if (is(each, "PROVISIONING", Provisioning.Step.POWERING.name())) {
        begun.put(each.getMachine(), each.getAt());
      } else if (is(each, "LIFECYCLE", Lifecycle.IN_SERVICE.name())) {
        @Nullable Long from = begun.remove(each.getMachine());
        Optional<Machine> machine = state.machine(each.getMachine());
        if (from != null && machine.filter(of -> of.getType().equals(type)).isPresent()) {
          last = Optional.of(new InstallSpan(each.getAt() - from, true));
        }
      }
    }
    return last.orElseGet(
        () -> new InstallSpan(STEPS * Policies.provisioning(state).getStepDeadlineMs(), false));
  }

  private static boolean is(AuditRecord record, String kind, String to) {
    return record.getKind().equals(kind) && record.getTo().equals(to);
  }
}
