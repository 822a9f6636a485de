package io.pilothouse.testing.simulation.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/**
 * As many seeds as fit into a while, or so many by {@code -Dcluster.seeds=N}; or one, by {@code
 * -Dcluster.seed=N}.
 */
class ClusterTest {
  private static final long BUDGET = TimeUnit.SECONDS.toNanos(25);
  private static final int ENOUGH_FOR_ALL = 100;

  @Test
  void allHoldsForEverySeed() {
    String one = System.getProperty("cluster.seed", "");
    int seeds = Integer.getInteger("cluster.seeds", 0);
    long first = one.isEmpty() ? 1 : Long.parseLong(one);
    Summary total = new Summary();
    long start = System.nanoTime();
    long seed = first;
    do {
      total.add(new ClusterSimulation(seed++).run());
    } while (one.isEmpty() && (seeds > 0 ? seed <= seeds : System.nanoTime() - start < BUDGET));
    System.out.printf("%s; %.1f s%n", total, (System.nanoTime() - start) / 1e9);
    if (total.runs >= ENOUGH_FOR_ALL) {
      assertThat(
              new long[] {
                total.elections - total.runs,
                total.crashes,
                total.pauses,
                total.cuts,
                total.jumps,
                total.lostDisks,
                total.replaced,
                total.transfers,
                total.installs,
                total.powerCycles
              })
          .as("each kind of trouble came up: %s", total)
          .doesNotContain(0);
    }
  }

  @Test
  void theSameSeedIsTheSameRunToTheLastStep() {
    for (long seed = 1; seed <= 5; seed++) {
      assertThat(ClusterSimulation.fingerprint(seed))
          .as("seed %s", seed)
          .isEqualTo(ClusterSimulation.fingerprint(seed));
    }
    assertThat(ClusterSimulation.fingerprint(1)).isNotEqualTo(ClusterSimulation.fingerprint(2));
  }
}
