package io.pilothouse.testing.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.v1.Incident;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** Many seeds, more by {@code -Dsimulation.seeds=N}; or one, by {@code -Dsimulation.seed=N}. */
class SimulationTest {
  private static final int ENOUGH_FOR_ALL = 50;

  @Test
  void allHoldsForEverySeed() {
    String one = System.getProperty("simulation.seed", "");
    int seeds = Integer.getInteger("simulation.seeds", 100);
    long first = one.isEmpty() ? 1 : Long.parseLong(one);
    long last = one.isEmpty() ? seeds : first;
    long entries = 0;
    Map<Incident.Kind, Integer> incidents = new TreeMap<>();
    long start = System.nanoTime();
    for (long seed = first; seed <= last; seed++) {
      Simulation simulation = new Simulation(seed);
      simulation.run();
      entries += simulation.entries();
      simulation
          .state()
          .incidents()
          .forEach(each -> incidents.merge(each.getKind(), 1, Integer::sum));
    }
    if (seeds >= ENOUGH_FOR_ALL && one.isEmpty()) {
      assertThat(incidents)
          .as("incidents of every kind came up")
          .containsOnlyKeys(
              Incident.Kind.CORRELATION, Incident.Kind.MASS_FAILURE, Incident.Kind.WATCHDOG_NOISE);
    }
    System.out.printf(
        "%s seeds, %s log entries, incidents %s, %.1f s%n",
        last - first + 1, entries, incidents, (System.nanoTime() - start) / 1e9);
  }
}
