package io.pilothouse.agent;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.pilothouse.client.ServerAddress;
import io.pilothouse.kit.Rounds;
import io.pilothouse.processes.Cgroups;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** As much of the agent as offers are about. */
final class OfferedAgent {
  private final Offers offers;
  private final List<Rounds> rounds = new ArrayList<>();

  /**
   * Of web-01.
   *
   * @param home the machine's disk
   */
  OfferedAgent(OfferedFleet fleet, Path home) {
    this(fleet, OfferedFleet.MACHINE, home);
  }

  OfferedAgent(OfferedFleet fleet, String machine, Path home) {
    Disk disk = new Disk(home);
    SimpleMeterRegistry meters = new SimpleMeterRegistry();
    Wanted wanted = new Wanted(machine, fleet.client(machine), disk, true);
    Surroundings around =
        new Surroundings(
            disk,
            Cgroups.none("a test"),
            new Readiness("127.0.0.1", 80),
            Map.of("PATH", "/usr/bin:/bin", "PILOT_MACHINE", machine),
            80,
            () -> {});
    offers =
        new Offers(
            new Offers.Setting(
                machine,
                OfferedFleet.BOOT,
                new ServerAddress("127.0.0.1", 81),
                around,
                () -> Cgroups.none("a test"),
                new TaskOptions()),
            wanted,
            Optional.empty());
    rounds.add(new Rounds("pull", Duration.ofMillis(20), wanted::pull, meters));
    rounds.getFirst().start();
    Rounds tasks = new Rounds("tasks", Duration.ofMillis(200), offers::round, meters);
    rounds.add(tasks);
    offers.start(tasks);
  }

  void stops() {
    rounds.forEach(Rounds::close);
    offers.close();
  }
}
