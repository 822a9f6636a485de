package io.pilothouse.dm.simulate;

import io.pilothouse.api.log.v1.VerdictReport;
import io.pilothouse.api.v1.Fleet;
import io.pilothouse.api.v1.MachineType;
import io.pilothouse.api.v1.Severity;
import io.pilothouse.api.v1.VerdictKind;
import io.pilothouse.api.v1.WatchdogSpec;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What each watchdog of the fleet says of a machine. An operator's own watchdogs are taken by what
 * their names speak of; an ailment that none of a type's watchdogs looks for is not seen, as it
 * would not be in the real fleet.
 */
final class Watchdogs {

  /** What a watchdog looks for. */
  private enum Looks {
    AT_DISKS,
    AT_PROCESSES,
    FOR_SLOWNESS,
    FROM_OUTSIDE,
    /** It speaks, so the machine and its agent live. */
    FOR_LIFE
  }

  private final World world;
  private final Map<String, List<WatchdogSpec>> byType = new HashMap<>();

  Watchdogs(World world, Fleet fleet) {
    this.world = world;
    for (MachineType type : fleet.getTypesList()) {
      byType.put(
          type.getName(),
          fleet.getWatchdogsList().stream()
              .filter(
                  each ->
                      type.getWatchdogsList().contains(each.getName())
                          || each.getTypesList().contains(type.getName()))
              .toList());
    }
  }

  List<WatchdogSpec> of(SimMachine machine) {
    return byType.getOrDefault(machine.place.type(), List.of());
  }

  private static Looks looks(WatchdogSpec spec) {
    String name = spec.getBuiltin().isEmpty() ? spec.getName() : spec.getBuiltin();
    if (name.contains("slow")) {
      return Looks.FOR_SLOWNESS;
    }
    if (spec.getRunner() == WatchdogSpec.Runner.REMOTE) {
      return Looks.FROM_OUTSIDE;
    }
    if (name.contains("disk") || name.contains("smart") || name.contains("kernel")) {
      return Looks.AT_DISKS;
    }
    return name.contains("process") || name.contains("crash") ? Looks.AT_PROCESSES : Looks.FOR_LIFE;
  }

  /** Whether a report of the watchdog about the machine would reach the leader now. */
  boolean isHeard(SimMachine machine, WatchdogSpec spec) {
    if (spec.getRunner() == WatchdogSpec.Runner.REMOTE) {
      return true;
    }
    return machine.isUp()
        && !machine.isInstaller()
        && machine.isReachable()
        && !machine.has(Sign.Kind.MUTE);
  }

  /** Its verdict now, without a sequence. */
  VerdictReport.Builder says(SimMachine machine, WatchdogSpec spec) {
    VerdictReport.Builder report =
        VerdictReport.newBuilder().setMachine(machine.name()).setWatchdog(spec.getName());
    Optional<Severity> falsely = world.noise.about(spec.getName(), machine.name());
    if (falsely.isPresent()) {
      return report
          .setKind(VerdictKind.ERROR)
          .setFault("check-failed")
          .setSeverity(falsely.get())
          .setText("the check failed");
    }
    return switch (looks(spec)) {
      case AT_DISKS ->
          machine
              .first(Sign.Kind.DISK_ERROR)
              .map(each -> error(report, each.sign()))
              .or(() -> machine.first(Sign.Kind.DISK_WARNING).map(each -> warning(report, each)))
              .orElseGet(() -> ok(report));
      case AT_PROCESSES -> said(machine, Sign.Kind.PROCESS_ERROR, report);
      case FOR_SLOWNESS -> said(machine, Sign.Kind.SLOW, report);
      case FROM_OUTSIDE ->
          machine.isUp() && !machine.isInstaller() && machine.isReachable()
              ? ok(report)
              : report
                  .setKind(VerdictKind.ERROR)
                  .setFault("no-answer")
                  .setSeverity(Severity.NORMAL)
                  .setText("no answer");
      case FOR_LIFE -> ok(report);
    };
  }

  private static VerdictReport.Builder said(
      SimMachine machine, Sign.Kind kind, VerdictReport.Builder report) {
    return machine.first(kind).map(each -> error(report, each.sign())).orElseGet(() -> ok(report));
  }

  private static VerdictReport.Builder error(VerdictReport.Builder report, Sign sign) {
    return report
        .setKind(VerdictKind.ERROR)
        .setFault(sign.fault())
        .setSeverity(sign.severity())
        .setText("found " + sign.fault());
  }

  private static VerdictReport.Builder warning(VerdictReport.Builder report, Ailment ailment) {
    return report
        .setKind(VerdictKind.WARNING)
        .setFault(ailment.sign().fault())
        .setText("found " + ailment.sign().fault());
  }

  private static VerdictReport.Builder ok(VerdictReport.Builder report) {
    return report.setKind(VerdictKind.OK);
  }
}
