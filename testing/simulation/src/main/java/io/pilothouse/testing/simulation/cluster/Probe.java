package io.pilothouse.testing.simulation.cluster;

import io.pilothouse.api.log.v1.VerdictReport;
import io.pilothouse.api.v1.VerdictKind;
import java.util.List;

/** The watchdog service: says of each machine whether it answers, as seen from outside. */
final class Probe {
  private static final long EVERY = 2_500;

  private final World world;
  private final Caller caller;
  private long sequence = 1L << 20;

  Probe(World world) {
    this.world = world;
    this.caller = new Caller(world, true);
  }

  void start() {
    sequence++;
    List<VerdictReport> reports =
        world.plants.values().stream()
            .map(
                each ->
                    VerdictReport.newBuilder()
                        .setMachine(each.name)
                        .setWatchdog("reachable")
                        .setSequence(sequence)
                        .setKind(each.isUp() ? VerdictKind.OK : VerdictKind.ERROR)
                        .setFault(each.isUp() ? "" : "refused")
                        .setText(each.isUp() ? "answers" : "no answer")
                        .build())
            .toList();
    Edge.Report report = new Edge.Report("satellite/watchdog-1", null, reports);
    caller.ask(
        (edge, onAnswer) -> edge.report(caller.address(), report, onAnswer),
        EVERY,
        EVERY / 2,
        answer -> {});
    world.agenda.after(EVERY, this::start);
  }
}
