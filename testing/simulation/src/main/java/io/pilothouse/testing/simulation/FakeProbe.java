package io.pilothouse.testing.simulation;

import io.pilothouse.api.log.v1.VerdictReport;
import io.pilothouse.api.v1.VerdictKind;
import java.util.ArrayList;
import java.util.List;

/** The watchdog service: says of each machine whether it answers, as seen from outside. */
final class FakeProbe {
  private final World world;
  private long sequence;

  FakeProbe(World world) {
    this.world = world;
  }

  void start() {
    world.agenda.after(world.between(0, SimFleet.REPORT_EVERY_MS), this::round);
  }

  private void round() {
    sequence++;
    List<VerdictReport> reports = new ArrayList<>();
    for (FakeMachine machine : world.machines.values()) {
      boolean up = machine.answers();
      reports.add(
          VerdictReport.newBuilder()
              .setMachine(machine.name)
              .setWatchdog(SimFleet.REACHABLE)
              .setSequence(sequence)
              .setKind(up ? VerdictKind.OK : VerdictKind.ERROR)
              .setFault(up ? "" : "refused")
              .setText(up ? "answers" : "no answer")
              .build());
    }
    world.wire.send(() -> world.edge.verdicts("satellite/watchdog-1", reports));
    world.agenda.after(SimFleet.REPORT_EVERY_MS, this::round);
  }
}
