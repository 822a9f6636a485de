package io.pilothouse.testing.simulation;

import org.junit.jupiter.api.Test;

/** Many seeds, more by {@code -Dsimulation.seeds=N}; or one, by {@code -Dsimulation.seed=N}. */
class SimulationTest {

  @Test
  void allHoldsForEverySeed() {
    String one = System.getProperty("simulation.seed", "");
    int seeds = Integer.getInteger("simulation.seeds", 100);
    long first = one.isEmpty() ? 1 : Long.parseLong(one);
    long last = one.isEmpty() ? seeds : first;
    long entries = 0;
    long start = System.nanoTime();
    for (long seed = first; seed <= last; seed++) {
      Simulation simulation = new Simulation(seed);
      simulation.run();
      entries += simulation.entries();
    }
    System.out.printf(
        "%s seeds, %s log entries, %.1f s%n",
        last - first + 1, entries, (System.nanoTime() - start) / 1e9);
  }
}
